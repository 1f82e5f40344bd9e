"""The inverse filter is right without noise and wrong with it; Wiener's is right with it."""

import numpy as np
import pytest

from gpu_course.deconvolution import convolve, inverse_filter, wiener
from gpu_course.deconvolution.psf import gaussian
from gpu_course.errors import CourseError

PSF = gaussian((7, 8), 0.7, 1.0)


def scene(seed=0):
    truth = np.zeros((40, 41), np.float32)
    truth[10:25, 15:30] = 100
    truth[30, 8] = 300
    noise = np.random.default_rng(seed).normal(0, 3, truth.shape).astype(np.float32)
    return truth, convolve(truth, PSF, boundary="circular"), noise


def test_without_noise_the_inverse_filter_is_the_answer():
    truth, image, _ = scene()
    found = inverse_filter(image, PSF, boundary="circular")
    np.testing.assert_allclose(found, truth, atol=0.5)


def test_with_noise_it_is_worse_than_the_image_and_wiener_better():
    psf = gaussian((13, 13), 1.6, 1.0)
    truth, _, noise = scene()
    image = convolve(truth, psf, boundary="reflect") + noise
    error = {
        "image": np.linalg.norm(image - truth),
        "inverse": np.linalg.norm(inverse_filter(image, psf) - truth),
        "wiener": np.linalg.norm(wiener(image, psf, noise=0.01) - truth),
    }
    assert error["wiener"] < error["image"] < error["inverse"]


def test_a_cutoff_tames_it():
    psf = gaussian((13, 13), 1.6, 1.0)
    truth, _, noise = scene()
    image = convolve(truth, psf, boundary="reflect") + noise
    wild = np.linalg.norm(inverse_filter(image, psf) - truth)
    assert np.linalg.norm(inverse_filter(image, psf, cutoff=0.2) - truth) < 0.1 * wild


@pytest.mark.parametrize("boundary", ["circular", "reflect", "nearest"])
@pytest.mark.parametrize("shape", [(3, 4), (5, 5), (3, 4, 5)])
def test_a_flat_field_stays_flat(boundary, shape):
    flat = np.full((9, 10, 11)[-len(shape) :], 20, np.float32)
    psf = np.random.default_rng(1).random(shape).astype(np.float32)
    np.testing.assert_allclose(wiener(flat, psf, noise=1e-4, boundary=boundary), 20, rtol=1e-2)


@pytest.mark.parametrize("function", [wiener, inverse_filter])
def test_torch_gives_what_numpy_gives(function):
    torch = pytest.importorskip("torch")
    _, image, _ = scene()
    expected = function(image, PSF)
    found = function(torch.asarray(image), PSF).numpy()
    assert np.abs(found - expected).max() <= 1e-3 * np.ptp(expected)


def test_bad_parameters_are_named():
    _, image, _ = scene()
    for call, word in (
        (lambda: wiener(image, PSF, noise=0), "above 0"),
        (lambda: inverse_filter(image, PSF, cutoff=1.5), "no share"),
        (lambda: wiener(image, PSF, boundary="zero"), "unknown"),
        (lambda: wiener(image * np.nan, PSF), "NaN"),
    ):
        with pytest.raises(CourseError, match=word):
            call()
