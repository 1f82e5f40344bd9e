"""The simulated volumes: exact truth, believable shape, honest noise."""

import numpy as np
import pytest
from scipy import ndimage

from gpu_course import images
from gpu_course.errors import CourseError
from gpu_course.images import phantoms


@pytest.fixture(scope="module")
def tissue():
    return phantoms.nuclei_phantom((32, 96, 96), seed=5)


def test_every_label_is_one_piece_and_bright_where_it_is(tissue):
    count = tissue.labels.max()
    assert count > 8
    for number in range(1, count + 1):
        piece = tissue.labels == number
        assert ndimage.label(piece)[1] == 1
        assert tissue.object[piece].min() > 0
    assert not tissue.object[tissue.labels == 0].any()


def test_pieces_cut_off_and_crumbs_are_dropped():
    labels = np.zeros((4, 10, 30), np.int32)
    labels[:, :, :10] = 5
    labels[:, :, 12:14] = 5  # the same nucleus again, cut off by another
    labels[:, :, 20:25] = 9
    labels[0, 0, 29] = 7  # a crumb
    kept = phantoms.whole_pieces(labels)
    assert set(np.unique(kept)) == {0, 1, 2}
    assert (kept == 1).sum() == 400
    assert not kept[:, :, 10:20].any()
    assert (kept[:, :, 20:25] == 2).all()


def test_some_nuclei_touch(tissue):
    # Two different objects in direct contact along y.
    one, other = tissue.labels[:, :-1], tissue.labels[:, 1:]
    contact = (one != other) & (one > 0) & (other > 0)
    assert contact.sum() > 10


def test_nuclei_have_the_size_asked_for_in_micrometres(tissue):
    # Only nuclei away from the faces are whole.
    inner = np.zeros(tissue.labels.shape, bool)
    inner[1:-1, 1:-1, 1:-1] = True
    cut = set(np.unique(tissue.labels[~inner]))
    volumes = np.bincount(tissue.labels.ravel()) * np.prod(tissue.voxel_size)
    whole = [v for n, v in enumerate(volumes) if n and n not in cut]
    radius = np.cbrt(3 * np.median(whole) / (4 * np.pi))
    assert 2.4 < radius < 4.0


def test_they_are_no_perfect_ellipsoids(tissue):
    # An ellipsoid is convex; bumpy and squeezed nuclei lack some of their bounding ellipsoid.
    spread = [tissue.object[tissue.labels == n].std() / tissue.object[tissue.labels == n].mean()
              for n in range(1, tissue.labels.max() + 1)]  # fmt: skip
    assert np.median(spread) > 0.15  # mottled, not flat


def test_same_seed_same_tissue_other_seed_other_tissue(tissue):
    again = phantoms.nuclei_phantom((32, 96, 96), seed=5)
    np.testing.assert_array_equal(tissue.object, again.object)
    np.testing.assert_array_equal(tissue.labels, again.labels)
    other = phantoms.nuclei_phantom((32, 96, 96), seed=6)
    assert np.mean((tissue.labels > 0) != (other.labels > 0)) > 0.1


def test_the_number_of_nuclei_differs_between_scenes():
    counts = {phantoms.nuclei_phantom((24, 64, 64), seed=s).labels.max() for s in range(5)}
    assert len(counts) > 1


def test_sphere_is_round_in_micrometres_and_its_volume_is_right():
    sphere = phantoms.sphere_phantom((64, 128, 128), radius=4.0, voxel_size=(0.3, 0.1, 0.1))
    volume = (sphere.labels > 0).sum() * 0.3 * 0.1 * 0.1
    assert volume == pytest.approx(4 / 3 * np.pi * 4**3, rel=0.01)
    centre = ndimage.center_of_mass(sphere.labels)
    np.testing.assert_allclose(centre, (32, 64, 64), atol=0.01)
    reach = [np.ptp(axis) + 1 for axis in np.nonzero(sphere.labels)]
    assert reach[0] * 0.3 == pytest.approx(reach[1] * 0.1, abs=0.4)
    assert set(np.unique(sphere.object)) == {0.0, 100.0}


def test_blur_keeps_the_light_and_spreads_it_along_z():
    point = np.zeros((33, 41, 41), np.float32)
    point[16, 20, 20] = 1e6
    scene = phantoms.Phantom(point, (point > 0).astype(np.int32), (0.5, 0.25, 0.25))
    image = phantoms.image_of(scene, blur=(1.0, 0.25, 0.25), background=0).astype(float)
    assert image.sum() == pytest.approx(1e6, rel=0.01)
    along_z = image.sum(axis=(1, 2))
    along_y = image.sum(axis=(0, 2))
    z, y = np.arange(33) - 16, np.arange(41) - 20
    assert np.sqrt((along_z * z**2).sum() / along_z.sum()) == pytest.approx(2.0, rel=0.03)
    assert np.sqrt((along_y * y**2).sum() / along_y.sum()) == pytest.approx(1.0, rel=0.05)


def test_noise_is_that_of_counted_photons():
    flat = phantoms.Phantom(
        np.zeros((20, 50, 50), np.float32), np.zeros((20, 50, 50), np.int32), (1, 1, 1)
    )
    image = phantoms.image_of(flat, background=40, photons=2, seed=3)
    assert image.dtype == np.uint16
    assert image.mean() == pytest.approx(80, rel=0.01)
    assert image.var() == pytest.approx(80, rel=0.05)
    assert not np.array_equal(image, phantoms.image_of(flat, background=40, photons=2, seed=4))


def test_the_loaded_sets_keep_what_was_before_the_lens():
    for name in ("nuclei-3d", "sphere"):
        sample = images.load(name, size="small")
        assert sample.image.shape == phantoms.SHAPES["small"]
        assert sample.truth.dtype == np.float32
        np.testing.assert_array_equal(sample.truth > 0, sample.labels > 0)
        assert sample.facts["blur"] == phantoms.BLUR
        assert len(sample.voxel_size) == 3
    assert sample.facts["radius"] == pytest.approx(2.4)


SMALL = (16, 32, 32)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shape": (16, 32)}, {"shape": (0, 32, 32)}, {"shape": (16.5, 32, 32)}, {"shape": None},
        {"shape": "16"}, {"voxel_size": 0.5}, {"voxel_size": (0, 1, 1)}, {"voxel_size": None},
        {"voxel_size": (500, 250, 250)}, {"voxel_size": (5e-4, 2e-4, 2e-4)},
        {"voxel_size": ("0,5",) * 3}, {"radius": -1}, {"radius": float("nan")}, {"radius": "3"},
        {"radius": 3200}, {"radius": True},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("phantom", [phantoms.nuclei_phantom, phantoms.sphere_phantom])
def test_a_phantom_has_a_shape_and_lengths(phantom, wrong):
    with pytest.raises(CourseError):
        phantom(**{"shape": SMALL} | wrong)


@pytest.mark.parametrize(
    "wrong", [{"seed": -1}, {"seed": "1"}, {"seed": None}, {"density": -1}, {"density": np.nan}]
)
def test_tissue_has_a_seed_and_a_density(wrong):
    with pytest.raises(CourseError):
        phantoms.nuclei_phantom(SMALL, **wrong)


@pytest.mark.parametrize("intensity", [-5, float("nan"), float("inf"), "100", None])
def test_a_sphere_sends_light(intensity):
    with pytest.raises(CourseError, match="intensity"):
        phantoms.sphere_phantom(SMALL, intensity=intensity)


@pytest.mark.parametrize(
    "wrong",
    [
        {"blur": (1, 1)}, {"blur": -1}, {"blur": None}, {"blur": "1"}, {"background": -5},
        {"background": np.nan}, {"background": 1e20}, {"photons": -1}, {"photons": "1"},
        {"seed": -1}, {"seed": 0.5},
    ],
    ids=str,
)  # fmt: skip
def test_a_picture_has_widths_and_photons(wrong):
    with pytest.raises(CourseError):
        phantoms.image_of(phantoms.sphere_phantom(SMALL), **wrong)


def test_numbers_of_numpy_and_lists_are_numbers():
    one = phantoms.nuclei_phantom(np.array(SMALL), seed=np.int64(3), voxel_size=[0.5, 0.25, 0.25])
    other = phantoms.nuclei_phantom(SMALL, seed=3)
    np.testing.assert_array_equal(one.object, other.object)
    assert one.voxel_size == other.voxel_size
    picture = phantoms.image_of(one, seed=np.int64(2))
    np.testing.assert_array_equal(picture, phantoms.image_of(other, seed=2))
