"""Richardson–Lucy is right to the border, holds the traps of public codes, and stays finite."""

from itertools import product

import array_api_compat
import numpy as np
import pytest
from scipy import signal

from gpu_course.deconvolution import convolve, memory_needed, richardson_lucy
from gpu_course.deconvolution._forward_model import LEAST_SEEN, Imaging
from gpu_course.deconvolution.psf import gaussian
from gpu_course.deconvolution.stopping import noise_deviance
from gpu_course.errors import CourseError

WAYS = {
    "plain": {"acceleration": None},
    "accelerated": {},
    "tv": {"tv": 0.01},
    "circular": {"boundary": "circular"},
}
every_way = pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)


def blob(*shape, sigma=1.5):
    return gaussian(shape, sigma, 1.0)


def photographed(seed=0, shape=(12, 24, 25), psf=None, background=3.0, photons=80.0):
    """Return truth, image and PSF of a scene cut from a larger one: light enters from outside."""
    psf = blob(7, 9, 9) if psf is None else psf
    rng = np.random.default_rng(seed)
    large = np.zeros([n + p - 1 for n, p in zip(shape, psf.shape, strict=True)], np.float32)
    for _ in range(14):
        corner = [rng.integers(0, n - 3) for n in large.shape]
        large[tuple(slice(c, c + rng.integers(2, 6)) for c in corner)] = rng.uniform(0.3, 1)
    blurred = np.maximum(convolve(large * photons, psf, mode="valid"), 0) + background
    window = tuple(
        slice(p - 1 - p // 2, p - 1 - p // 2 + n) for n, p in zip(shape, psf.shape, strict=True)
    )
    return large[window] * photons, rng.poisson(blurred).astype(np.float32), psf


def reference(image, psf, iterations, background):
    """Richardson–Lucy in float64 by direct sums over all that the PSF reaches, as in books."""
    image, psf = image.astype(float), psf.astype(float)
    psf = psf / psf.sum()
    mirrored = psf[(slice(None, None, -1),) * psf.ndim]
    seen = signal.convolve(np.ones_like(image), mirrored, method="direct")
    gain = np.where(seen >= LEAST_SEEN * seen.max(), 1 / np.maximum(seen, 1e-300), 0)
    estimate = np.where(gain > 0, max(image.mean() - background, 1e-3 * image.max()), 0)
    for _ in range(iterations):
        model = signal.convolve(estimate, psf, mode="valid", method="direct") + background
        estimate = estimate * gain * signal.convolve(image / model, mirrored, method="direct")
    begin = [p - 1 - p // 2 for p in psf.shape]
    return estimate[tuple(slice(b, b + n) for b, n in zip(begin, image.shape, strict=True))]


@pytest.mark.parametrize("psf", [(5, 7, 7), (4, 6, 7), (5, 5)])
def test_it_is_the_textbook_in_float64(psf):
    shape = (9, 14, 15)[-len(psf) :]
    _, image, psf = photographed(1, shape, blob(*psf))
    expected = reference(image, psf, 15, 3.0)
    found = richardson_lucy(image, psf, 15, acceleration=None, background=3.0)
    assert np.abs(found - expected).max() <= 1e-3 * np.ptp(expected)


@pytest.mark.parametrize(("p", "n"), list(product((7, 8), (16, 17))))
@every_way
def test_a_point_stays_where_it_was(p, n, options):
    psf = blob(p, p, p + 1, sigma=1.0)
    truth = np.zeros((n, n + 1, n + 2), np.float32)
    truth[7, 9, 8] = 1000
    image = np.maximum(convolve(truth, psf), 0)
    found = richardson_lucy(image, psf, 60, **options)
    centre = [float((found * grid).sum() / found.sum()) for grid in np.indices(found.shape)]
    np.testing.assert_allclose(centre, (7, 9, 8), atol=0.02)
    assert np.unravel_index(found.argmax(), found.shape) == (7, 9, 8)


@every_way
@pytest.mark.parametrize("shape", [(5, 7, 7), (4, 6, 8), (7, 6)])
def test_a_flat_field_stays_flat_to_its_border(options, shape):
    flat = np.full((11, 12, 13)[-len(shape) :], 50, np.float32)
    found = richardson_lucy(flat, blob(*shape), 40, **options)
    np.testing.assert_allclose(found, 50, rtol=5e-3 if "tv" in options else 2e-3)


def test_light_from_outside_is_not_piled_up_at_the_border():
    truth, image, psf = photographed(2)
    errors = {}
    for boundary in ("non-circulant", "circular"):
        found = richardson_lucy(image, psf, 30, boundary=boundary, background=3.0)
        errors[boundary] = np.linalg.norm(found - truth)
    assert errors["non-circulant"] < 0.8 * errors["circular"]


@pytest.mark.parametrize("factor", [1e-6, 7.0, 1e6])
@every_way
def test_scaling_the_image_scales_the_result(factor, options):
    _, image, psf = photographed(3)
    expected = richardson_lucy(image, psf, 15, background=3.0, **options)
    found = richardson_lucy(image * np.float32(factor), psf, 15, background=3 * factor, **options)
    np.testing.assert_allclose(found / factor, expected, atol=1e-3 * np.ptp(expected))


@every_way
@pytest.mark.parametrize("kind", ["zeros", "half zeros", "one voxel"])
@pytest.mark.parametrize("background", [0.0, 5.0])
def test_darkness_stays_finite(kind, background, options):
    image = np.zeros((8, 12, 13), np.float32)
    if kind == "half zeros":
        image[:, 6:] = 1000
    if kind == "one voxel":
        image[4, 6, 6] = 60000
    found = richardson_lucy(image, blob(5, 5, 5), 30, background=background, **options)
    assert np.isfinite(found).all()
    assert found.min() >= 0
    if kind == "zeros":
        assert found.max() < 1e-3


@every_way
def test_a_psf_need_not_sum_to_one_and_arguments_are_left_alone(options):
    _, image, psf = photographed(4)
    kept, kept_psf = image.copy(), psf.copy()
    expected = richardson_lucy(image, psf, 10, **options)
    found = richardson_lucy(image, 300 * psf, 10, **options)
    np.testing.assert_allclose(found, expected, atol=1e-3 * np.ptp(expected))
    np.testing.assert_array_equal(image, kept)
    np.testing.assert_array_equal(psf, kept_psf)


def test_the_background_belongs_into_the_model():
    truth, image, psf = photographed(5, background=100.0, photons=400.0)
    told = richardson_lucy(image, psf, 30, background=100.0)
    untold = richardson_lucy(image, psf, 30)
    assert np.linalg.norm(told - truth) < 0.7 * np.linalg.norm(untold - truth)
    assert told[truth == 0].mean() < 0.3 * untold[truth == 0].mean()


@every_way
def test_three_hundred_iterations_stay_finite(options):
    _, image, psf = photographed(6, (6, 14, 15), blob(5, 5, 5))
    seen = []
    found = richardson_lucy(
        image, psf, 300, background=3.0, callback=lambda s: seen.append(s.deviance), **options
    )
    assert np.isfinite(found).all()
    assert len(seen) == 300
    assert seen[-1] < seen[0]


@pytest.mark.parametrize("options", [WAYS["plain"], WAYS["accelerated"]])
def test_light_is_kept(options):
    # What a correction sends back, weighted by the share that is seen, is what the image holds.
    _, image, psf = photographed(7, background=0.0)
    for boundary in ("non-circulant", "circular"):
        found = richardson_lucy(image, psf, 25, boundary=boundary, **options)
        seen = convolve(found, psf, boundary="circular" if boundary == "circular" else "zero")
        if boundary == "circular":
            assert float(seen.sum()) == pytest.approx(float(image.sum()), rel=0.01)
    inside = np.zeros((16, 30, 31), np.float32)
    inside[6:9, 12:18, 12:18] = 200
    image = np.maximum(convolve(inside, psf), 0)
    found = richardson_lucy(image, psf, 25, **options)
    assert float(found.sum()) == pytest.approx(float(image.sum()), rel=0.01)


def test_the_adjoint_is_the_adjoint():
    rng = np.random.default_rng(8)
    for shape, psf in (((8, 9, 11), (4, 5, 6)), ((7, 8), (4, 3))):
        for boundary in ("non-circulant", "circular"):
            image = rng.random(shape).astype(np.float32)
            imaging = Imaging(image, rng.random(psf).astype(np.float32), boundary)
            field = rng.random(imaging.shape).astype(np.float32)
            one = float((imaging.blur(field) * image).sum(dtype=float))
            other = float((field * imaging.adjoint(image)).sum(dtype=float))
            assert one == pytest.approx(other, rel=1e-5)


def test_acceleration_gets_further_and_is_reset():
    _, image, psf = photographed(9)
    steps = {}
    for name in ("plain", "accelerated"):
        steps[name] = []
        richardson_lucy(
            image, psf, 60, background=3.0, **WAYS[name],
            callback=lambda s, kept=steps[name]: kept.append((s.deviance, s.momentum)),
        )  # fmt: skip
    deviance = {name: np.array(found)[:, 0] for name, found in steps.items()}
    momentum = np.array(steps["accelerated"])[:, 1]
    assert deviance["accelerated"][20] < deviance["plain"][-1]
    assert ((momentum >= 0) & (momentum < 1)).all()
    rises = np.flatnonzero(np.diff(deviance["accelerated"]) > 1e-5 * deviance["accelerated"][0]) + 1
    assert (momentum[rises] == 0).all()
    assert (np.diff(deviance["plain"]) < 1e-6).all()


def test_momenta_of_one_run_can_be_repeated():
    _, image, psf = photographed(10)
    momenta = []
    expected = richardson_lucy(image, psf, 20, callback=lambda s: momenta.append(s.momentum))
    found = richardson_lucy(image, psf, 20, acceleration=momenta)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.ptp(expected))


def test_the_callback_sees_every_step_and_can_stop():
    _, image, psf = photographed(11)
    steps = []

    def watch(step):
        steps.append((step.iteration, step.estimate.copy(), step.change))
        return step.iteration == 4

    found = richardson_lucy(image, psf, 30, callback=watch)
    assert [number for number, *_ in steps] == [1, 2, 3, 4]
    np.testing.assert_array_equal(found, steps[-1][1])
    assert steps[0][1].shape == image.shape
    assert steps[3][2] < steps[0][2]
    np.testing.assert_array_equal(found, richardson_lucy(image, psf, 4))


def test_the_deviance_is_that_of_the_blurred_estimate():
    _, image, psf = photographed(12, background=10.0)
    kept = []
    richardson_lucy(
        image, psf, 6, boundary="circular", acceleration=None, background=10.0,
        callback=lambda s: kept.append((s.estimate.copy(), s.deviance)),
    )  # fmt: skip
    model = convolve(kept[4][0], psf, boundary="circular").astype(float) + 10
    logs = np.log(np.where(image > 0, image / model, 1))
    assert kept[5][1] == pytest.approx(2 * np.mean(image * logs - image + model), rel=1e-4)


def test_the_discrepancy_stops_in_time():
    truth, image, psf = photographed(13, background=20.0, photons=300.0)
    seen = []
    found = richardson_lucy(
        image, psf, 200, background=20.0, stop="discrepancy",
        callback=lambda s: seen.append(s.deviance),
    )  # fmt: skip
    assert 3 < len(seen) < 200
    assert min(seen) > noise_deviance(image)
    late = richardson_lucy(image, psf, 200, background=20.0)
    assert np.linalg.norm(found - truth) < np.linalg.norm(late - truth)


def test_start_may_be_given():
    truth, image, psf = photographed(14)
    near = richardson_lucy(image, psf, 3, start=truth + 1, background=3.0)
    flat = richardson_lucy(image, psf, 3, background=3.0)
    assert np.linalg.norm(near - truth) < np.linalg.norm(flat - truth)
    with pytest.raises(CourseError, match="start has shape"):
        richardson_lucy(image, psf, 3, start=truth[1:])


@every_way
@pytest.mark.parametrize("flat", [False, True], ids=["3D", "2D"])
def test_torch_gives_what_numpy_gives(options, flat):
    torch = pytest.importorskip("torch")
    if flat:
        _, image, psf = photographed(15, (30, 31), blob(9, 8))
    else:
        _, image, psf = photographed(15)
    expected = richardson_lucy(image, psf, 20, background=3.0, **options)
    found = richardson_lucy(torch.asarray(image), psf, 20, background=3.0, **options)
    assert array_api_compat.is_torch_array(found)
    assert np.abs(found.numpy() - expected).max() <= 1e-3 * np.ptp(expected)


def test_large_arrays_are_worked_on_in_blocks_without_a_seam(monkeypatch):
    from gpu_course.deconvolution import pointwise

    _, image, psf = photographed(16)
    options = {"background": 3.0, "tv": 0.02, "voxel_size": (0.5, 0.2, 0.2)}
    expected = richardson_lucy(image, psf, 10, **options)
    monkeypatch.setitem(pointwise.VOXELS, "numpy", 500)
    found = richardson_lucy(image, psf, 10, **options)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.ptp(expected))


def test_integers_are_counts():
    _, image, psf = photographed(17)
    np.testing.assert_array_equal(
        richardson_lucy(image.astype(np.uint16), psf, 5), richardson_lucy(image, psf, 5)
    )


GOOD = np.ones((8, 9, 10), np.float32)
SMALL = np.ones((3, 3, 3), np.float32)


@pytest.mark.parametrize(
    ("image", "psf", "options", "word"),
    [
        (GOOD * np.nan, SMALL, {}, "NaN"),
        (GOOD - 2, SMALL, {}, "negative values"),
        (GOOD + 1j, SMALL, {}, "complex"),
        (GOOD, np.ones((9, 9, 9)), {}, "larger than the image"),
        (GOOD, np.ones((3, 3)), {}, "axes"),
        (GOOD, -SMALL, {}, "none negative"),
        (GOOD, SMALL, {"iterations": 0}, "1 or more"),
        (GOOD, SMALL, {"tv": -1.0}, "no weight"),
        (GOOD, SMALL, {"background": -1.0}, "never negative"),
        (GOOD, SMALL, {"voxel_size": (1, 1)}, "voxel_size"),
        (GOOD, SMALL, {"boundary": "reflect"}, "non-circulant"),
        (GOOD, SMALL, {"acceleration": "nesterov"}, "biggs-andrews"),
        (GOOD, SMALL, {"stop": "soon"}, "discrepancy"),
    ],
)
def test_what_cannot_be_deconvolved_is_named(image, psf, options, word):
    with pytest.raises(CourseError, match=word):
        richardson_lucy(image, psf, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"iterations": 2.5},
        {"iterations": "5"},
        {"background": np.ones((9, 9))},
        {"tv": "a"},
        {"acceleration": True},
        {"acceleration": [0.5, float("nan")]},
        {"acceleration": [1.5]},
    ],
)
def test_settings_of_another_kind_are_refused(options):
    with pytest.raises(CourseError):
        richardson_lucy(GOOD, SMALL, **options)


@pytest.mark.parametrize("kind", [bool, np.bool_, np.asarray])
def test_a_comparison_of_numbers_stops_too(kind):
    seen = []
    richardson_lucy(GOOD, SMALL, 9, callback=lambda s: seen.append(1) or kind(s.iteration >= 2))
    assert len(seen) == 2


def test_one_edge_stands_for_all():
    alike = richardson_lucy(GOOD, SMALL, 3, tv=0.01, voxel_size=(0.2,) * GOOD.ndim)
    assert np.array_equal(richardson_lucy(GOOD, SMALL, 3, tv=0.01, voxel_size=0.2), alike)


def test_memory_of_shapes_that_do_not_fit_is_refused():
    for shapes in (((64, 64, 64), (5, 5)), ((8, 8), (30, 3))):
        with pytest.raises(CourseError, match="does not fit"):
            memory_needed(*shapes)


@pytest.mark.parametrize("options", [{}, {"acceleration": None}, {"tv": 0.01}])
def test_the_memory_is_as_predicted(options):
    import tracemalloc

    image, psf = np.ones((32, 100, 101), np.float32), blob(9, 21, 21)
    richardson_lucy(image, psf, 1, **options)
    tracemalloc.start()
    richardson_lucy(image, psf, 4, **options)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Total variation works on a block per core; how many at a time depends on the moment.
    above = 1.4 if "tv" in options else 1.15
    assert 0.87 * peak <= memory_needed(image.shape, psf.shape, **options) <= above * peak


def test_the_field_of_the_benchmark_fits_into_its_memory():
    assert memory_needed((64, 256, 256), (33, 65, 65), tv=0.002) < 600 * 2**20
