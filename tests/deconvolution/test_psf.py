import numpy as np
import pytest

from gpu_course.deconvolution import psf
from gpu_course.devices import to_numpy
from gpu_course.errors import CourseError

VOXEL = (0.25, 0.1, 0.1)
WATER = {"wavelength": 0.52, "numerical_aperture": 1.1, "refractive_index": 1.33}
SHAPES = [(9, 15, 15), (8, 16, 16), (9, 16, 15), (8, 15, 20), (15, 15), (16, 12)]

every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def library(name):
    if name == "numpy":
        return np.asarray
    torch = pytest.importorskip("torch")
    return torch.asarray


def voxel(shape):
    return VOXEL[-len(shape) :]


def mirrored_about_centre(volume):
    """Return whether the part that has a mirror image about n // 2 equals it."""
    odd = volume[tuple(slice(1 - n % 2, None) for n in volume.shape)]
    return np.allclose(odd, np.flip(odd), atol=1e-4 * odd.max())


def makers():
    return {
        "gaussian": lambda shape: psf.gaussian(shape, (0.5, 0.2, 0.2)[-len(shape) :], voxel(shape)),
        "widefield": lambda shape: psf.theoretical(shape, voxel(shape), **WATER),
        "confocal": lambda shape: psf.theoretical(shape, voxel(shape), kind="confocal", **WATER),
    }


@every_shape
@pytest.mark.parametrize("kind", makers())
def test_centre_is_half_the_size_and_the_sum_is_one(kind, shape):
    made = makers()[kind](shape)
    assert made.shape == shape
    assert made.dtype == np.float32
    assert made.sum() == pytest.approx(1, abs=1e-5)
    assert np.unravel_index(made.argmax(), shape) == tuple(n // 2 for n in shape)
    assert mirrored_about_centre(made)
    assert (made >= 0).all()
    # Cut too small on purpose, so that its border is bright.
    assert [fault for fault in psf.check(made) if "border" not in fault] == []


def test_gaussian_has_the_width_asked_for():
    made = psf.gaussian((41, 61, 61), (0.6, 0.3, 0.2), (0.2, 0.1, 0.1)).astype(float)
    for axis, (step, sigma) in enumerate([(0.2, 0.6), (0.1, 0.3), (0.1, 0.2)]):
        x = (np.arange(made.shape[axis]) - made.shape[axis] // 2) * step
        profile = made.sum(axis=tuple(a for a in range(3) if a != axis))
        assert np.sqrt((profile * x**2).sum()) == pytest.approx(sigma, rel=0.01)


def width(profile, step):
    """Full width at half maximum of a profile with its maximum in the middle, in its unit."""
    middle = profile.argmax()
    right = profile[middle:] / profile[middle]
    last = np.flatnonzero(right < 0.5)[0]
    part = (right[last - 1] - 0.5) / (right[last - 1] - right[last])
    return 2 * (last - 1 + part) * step


def test_widefield_is_as_wide_as_theory_says():
    # Scalar theory of a small aperture: Airy's disc is 0.51 λ/NA wide at half its height.
    made = psf.theoretical((41, 41), 0.1, wavelength=0.52, numerical_aperture=0.4,
                           refractive_index=1.0, model="scalar")  # fmt: skip
    assert width(made[20], 0.1) == pytest.approx(0.51 * 0.52 / 0.4, rel=0.03)


def test_every_plane_of_a_widefield_psf_holds_about_the_same_light_but_not_of_a_confocal_one():
    shape, size = (11, 81, 81), (0.2, 0.08, 0.08)
    widefield = psf.theoretical(shape, size, **WATER).sum(axis=(1, 2))
    confocal = psf.theoretical(shape, size, kind="confocal", **WATER).sum(axis=(1, 2))
    assert widefield[0] > 0.85 * widefield[5]
    assert confocal[0] < 0.25 * confocal[5]


def test_confocal_with_a_wide_pinhole_is_the_excitation_and_with_a_small_one_sharper():
    shape, size = (9, 31, 31), (0.25, 0.06, 0.06)
    laser = psf.theoretical(shape, size, **{**WATER, "wavelength": 0.488})
    made = [
        psf.theoretical(shape, size, kind="confocal", excitation=0.488, pinhole=p, **WATER)
        for p in (15, 1, 0.25)
    ]
    np.testing.assert_allclose(made[0], laser, atol=0.06 * laser.max())
    assert made[0].max() < made[1].max() < made[2].max()


def test_at_depth_a_mismatch_spreads_the_light_and_the_centre_stays_in_the_middle():
    oil = {"wavelength": 0.52, "numerical_aperture": 1.3, "sample_index": 1.33}
    made = [psf.theoretical((31, 21, 21), (0.2, 0.1, 0.1), depth=d, **oil) for d in (0, 5, 10)]
    assert [int(one.argmax() // 441) for one in made] == [15, 15, 15]
    assert made[0].max() > 1.3 * made[1].max() > 1.5 * made[2].max()
    # ... and without a mismatch, depth changes nothing.
    same = [psf.theoretical((9, 15, 15), VOXEL, depth=d, **WATER) for d in (0, 20)]
    np.testing.assert_allclose(*same, atol=1e-3 * same[0].max())


@pytest.mark.parametrize("name", ["numpy", "torch"])
def test_crop_keeps_the_share_and_the_centre(name):
    made = psf.gaussian((16, 40, 41), (0.4, 0.25, 0.25), VOXEL)
    given = library(name)(made)
    cut = psf.crop(given, 0.95)
    assert type(cut) is type(given)
    cut = to_numpy(cut)
    assert cut.dtype == np.float32
    assert all(n % 2 and n < m for n, m in zip(cut.shape, made.shape, strict=True))
    assert cut.sum() == pytest.approx(1, abs=1e-5)
    assert np.unravel_index(cut.argmax(), cut.shape) == tuple(n // 2 for n in cut.shape)
    part = made[
        tuple(
            slice(m // 2 - n // 2, m // 2 + n // 2 + 1)
            for n, m in zip(cut.shape, made.shape, strict=True)
        )
    ]
    assert 0.95 <= part.sum() < 0.985
    np.testing.assert_allclose(cut, part / part.sum(), rtol=1e-4)


def test_crop_of_everything_changes_nothing():
    made = psf.gaussian((8, 9), 0.3, 0.1)
    assert psf.crop(made, 1.0).shape == (8, 9)
    np.testing.assert_allclose(psf.crop(made, 1.0), made, rtol=1e-6)


def with_change(change):
    made = psf.gaussian((9, 21, 21), (0.4, 0.2, 0.2), VOXEL)
    return change(made)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda p: p * 3, "sum"),
        (lambda p: np.roll(p, 1, axis=2), "centre"),
        (lambda p: p - 0.1 * p.max(), "negative"),
        (lambda p: (p + 0.1 * p.max()) / (p + 0.1 * p.max()).sum(), "border"),
        (lambda p: np.where(p == p.max(), np.nan, p), "NaN"),
        (lambda p: p * 0, "zero"),
        (lambda p: p * 1j, "complex"),
        (lambda p: p[None], "shape"),
    ],
)
def test_check_names_the_fault(change, says):
    faults = psf.check(with_change(change))
    assert any(says in fault for fault in faults)


def test_check_compares_with_the_image():
    made = with_change(lambda p: p)
    assert psf.check(made, np.zeros((9, 21, 21))) == []
    assert "larger than the image" in psf.check(made, np.zeros((5, 64, 64)))[0]
    assert "axes" in psf.check(made, np.zeros((64, 64)))[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"wavelength": 520}, "nm"),
        ({"wavelength": -1}, "green"),
        ({"numerical_aperture": 1.4}, "always smaller"),
        ({"refractive_index": 0.5}, "between 1"),
        ({"depth": -3}, "depth"),
        ({"kind": "lightsheet"}, "kind"),
        ({"kind": "confocal", "pinhole": 0}, "pinhole"),
        ({"kind": "confocal", "excitation": 488}, "nm"),
        ({"voxel_size": None}, "metadata"),
        ({"voxel_size": (250, 100, 100)}, "nm"),
        ({"voxel_size": (0.25, 0.1)}, "2 numbers for 3"),
        ({"voxel_size": (0.25, 0.1, 0.2)}, "square"),
        ({"voxel_size": 0}, "above 0"),
        ({"shape": (9,)}, "shape"),
    ],
)
def test_impossible_optics_are_refused_with_a_cure(change, says):
    options = {"shape": (9, 15, 15), "voxel_size": VOXEL, **WATER, **change}
    with pytest.raises(CourseError, match=says):
        psf.theoretical(options.pop("shape"), options.pop("voxel_size"), **options)


def test_crop_refuses_what_it_cannot_keep():
    with pytest.raises(CourseError, match="share"):
        psf.crop(np.ones((3, 3)), 0)
    with pytest.raises(CourseError, match="no light"):
        psf.crop(np.zeros((3, 3)))
