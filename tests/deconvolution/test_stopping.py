import numpy as np
import pytest

from gpu_course.deconvolution.stopping import expected_deviance, noise_deviance


def deviance(counts, mean):
    logs = np.log(np.maximum(counts, 1e-9) / mean)
    return 2 * np.mean(np.where(counts > 0, counts * logs, 0) - counts + mean)


@pytest.mark.parametrize("mean", [0.02, 0.3, 1.5, 6, 90, 110, 5000])
def test_expected_deviance_is_what_dice_give(mean):
    counts = np.random.default_rng(1).poisson(mean, 400_000)
    assert expected_deviance(np.array([mean]))[0] == pytest.approx(deviance(counts, mean), rel=0.02)


def test_no_light_leaves_no_deviance():
    assert expected_deviance(np.zeros(3)).max() < 0.02


@pytest.mark.parametrize(
    ("levels", "within"),
    # Where 27 voxels hold five photons, their mean is a guess.
    [((0.5, 50.0), 0.015), ((0.2, 0.2), 0.04), ((3.0, 20.0), 0.015), ((400.0, 7.0), 0.015)],
)
def test_deviance_of_noise_alone_is_predicted_from_the_picture(levels, within):
    mean = np.repeat(levels, 30)[:, None, None] * np.ones((60, 40, 40))
    counts = np.random.default_rng(2).poisson(mean)
    assert noise_deviance(counts) == pytest.approx(deviance(counts, mean), abs=within)
