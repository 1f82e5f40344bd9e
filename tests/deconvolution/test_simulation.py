import numpy as np
import pytest

from gpu_course.deconvolution import psf
from gpu_course.deconvolution.simulation import bead_image, expected, simulate
from gpu_course.devices import to_numpy
from gpu_course.errors import CourseError

VOXEL = (0.3, 0.1, 0.1)
PSF = psf.gaussian((9, 15, 15), (0.5, 0.2, 0.2), VOXEL)


def ball():
    z, y, x = np.ogrid[:20, :40, :40]
    inside = (3.0 * (z - 10)) ** 2 + (y - 20) ** 2 + (x - 20) ** 2 <= 9**2
    return inside.astype(np.float32)


def test_brightest_voxel_expects_the_photons_asked_for_and_background_is_added():
    mean = expected(ball(), PSF, 200, 7)
    assert mean.dtype == np.float32
    assert mean.max() == pytest.approx(207, rel=1e-4)
    assert mean[0, 0, 0] == pytest.approx(7, rel=1e-3)


def test_without_an_exposure_the_object_is_in_photons_and_its_light_is_conserved():
    mean = expected(50 * ball(), PSF)
    assert mean.sum() == pytest.approx(50 * ball().sum(), rel=1e-3)


def test_counts_are_whole_scatter_like_photons_and_repeat_with_the_seed():
    counted = simulate(ball(), PSF, photons=100, background=5, seed=3)
    assert counted.dtype == np.float32
    assert (counted == np.round(counted)).all()
    mean = expected(ball(), PSF, 100, 5)
    deviates = (counted - mean) / np.sqrt(mean)
    assert deviates.mean() == pytest.approx(0, abs=0.02)
    assert deviates.var() == pytest.approx(1, abs=0.03)
    np.testing.assert_array_equal(simulate(ball(), PSF, photons=100, background=5, seed=3), counted)
    assert (simulate(ball(), PSF, photons=100, background=5, seed=4) != counted).any()


def test_read_noise_adds_its_variance():
    quiet = np.zeros((40, 50, 50), np.float32)
    counted = simulate(quiet, PSF, background=10, read_noise=3)
    assert counted.mean() == pytest.approx(10, abs=0.1)
    assert counted.var() == pytest.approx(10 + 9, rel=0.03)
    assert counted.min() < 0


def test_every_library_gets_the_same_picture():
    torch = pytest.importorskip("torch")
    options = {"photons": 80, "background": 2, "read_noise": 1, "seed": 1}
    ours = simulate(ball(), PSF, **options)
    theirs = simulate(torch.asarray(ball()), torch.asarray(PSF), **options)
    assert isinstance(theirs, torch.Tensor)
    np.testing.assert_array_equal(to_numpy(theirs), ours)


def test_an_empty_object_gives_the_background():
    counted = simulate(np.zeros((8, 16, 16), np.float32), PSF[2:-2], photons=50, background=4)
    assert np.isfinite(counted).all()
    assert counted.mean() == pytest.approx(4, abs=0.2)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"object": -ball()}, "negative"),
        ({"background": -1}, "negative"),
        ({"photons": 0}, "exposure"),
        ({"read_noise": -1}, "spread"),
    ],
)
def test_light_below_zero_is_refused(change, says):
    with pytest.raises(CourseError, match=says):
        simulate(**{"object": ball(), "psf": PSF, **change})


SPOT = psf.gaussian((25, 41, 41), (0.4, 0.16, 0.16), (0.2, 0.1, 0.1))


def test_a_bead_on_a_voxel_is_the_psf_and_one_between_voxels_lies_between():
    on = bead_image((30, 60, 60), np.array([[15, 30, 30.0]]), [1e7], SPOT, background=0)
    np.testing.assert_allclose(on[3:28, 10:51, 10:51] / 1e7, SPOT, atol=0.02 * SPOT.max())
    between = bead_image((30, 60, 60), np.array([[15, 30, 30.5]]), [1e7], SPOT, background=0)
    assert between[15, 30, 30] == pytest.approx(between[15, 30, 31], rel=0.05)
