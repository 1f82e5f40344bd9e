import numpy as np
import pytest

from gpu_course import exercises
from gpu_course.deconvolution import convolve, inverse_filter, psf
from gpu_course.lessons.deconvolution.introduction.solutions import inverse_with_floor
from gpu_course.lessons.deconvolution.introduction.spectra import by_frequency, otf

NAME = "deconvolution/introduction/inverse-with-a-floor"
SPOT = psf.gaussian((9, 11), 0.3, 0.2)


@pytest.mark.parametrize("shape", [(20, 24), (21, 25)])
def test_product_with_the_otf_is_the_circular_convolution(shape):
    image = np.random.default_rng(0).random(shape)
    blurred = np.fft.irfftn(np.fft.rfftn(image) * otf(SPOT, shape), s=shape, axes=(0, 1))
    np.testing.assert_allclose(blurred, convolve(image, SPOT, boundary="circular"), atol=1e-5)


@pytest.mark.parametrize("shape", [(20, 24), (21, 25)])
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_inverse_with_floor_is_that_of_the_package(shape, library):
    image = np.random.default_rng(0).random(shape)
    expected = inverse_filter(image, SPOT, cutoff=0.1, boundary="circular")
    if library == "torch":
        torch = pytest.importorskip("torch")
        found = inverse_with_floor(torch.asarray(image), otf(torch.asarray(SPOT), shape), 0.1)
        assert isinstance(found, torch.Tensor)
        found = found.numpy()
    else:
        found = inverse_with_floor(image, otf(SPOT, shape), 0.1)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_strength_of_one_wave_stands_at_its_frequency():
    x = np.arange(100) * 0.1
    stripes = np.broadcast_to(np.cos(2 * np.pi * 2 * x), (100, 100))  # two per µm
    frequencies, strengths = by_frequency(np.fft.rfftn(stripes), (100, 100), 0.1)
    assert frequencies[strengths.argmax()] == pytest.approx(2)
    assert frequencies[-1] == pytest.approx(5)
    constant = by_frequency(np.fft.rfftn(np.ones((40, 50))), (40, 50), 0.1)[1]
    np.testing.assert_allclose(constant, np.arange(len(constant)) == 0, atol=1e-12)


def filtered(image, otf, enough, other=0):
    spectrum = np.fft.rfft2(image)
    with np.errstate(all="ignore"):
        return np.fft.irfft2(np.where(enough, spectrum / otf, other), s=image.shape)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda i, o, f: filtered(i, o, abs(o) >= 0.1), "a floor of 0.2"),
        (lambda i, o, f: filtered(i, o, True), "All waves"),
        (lambda i, o, f: filtered(i, o, abs(o) >= f, np.fft.rfft2(i)), "left as they were"),
        (lambda i, o, f: filtered(i, o, abs(o) >= f, np.fft.rfft2(i) / f), "by the floor"),
        (lambda i, o, f: filtered(i, o, o.real >= f), "absolute value"),
        (lambda i, o, f: filtered(i, o, abs(o) ** 2 >= f), "square"),
        (lambda i, o, f: filtered(i, o, abs(np.fft.rfft2(i)) >= f), "image's spectrum"),
        (lambda i, o, f: np.fft.irfft2(np.where(abs(o) >= f, np.fft.rfft2(i) / o, 0)), "s=image"),
        (lambda i, o, f: filtered(i, o, abs(o) >= f) + 0j, "complex"),
        (lambda i, o, f: 2 * filtered(i, o, abs(o) >= f), "values"),
        (lambda i, o, f: filtered(i, np.maximum(o, f), True), "compares their real parts"),
        (lambda i, o, f: filtered(i, np.maximum(abs(o), f), True), "Both the comparison"),
        (lambda i, o, f: filtered(i, abs(o), abs(o) >= f), "sign and direction"),
        (lambda i, o, f: filtered(i, o * np.maximum(1, f / abs(o)), True), "OTF's direction"),
        (lambda i, o, f: filtered(i, 1 / o, abs(o) >= f), "blurs once more"),
    ],
)
def test_check_names_the_mistake(wrong, says):
    result = exercises.check(NAME, wrong)
    assert not result.solved
    assert says in result.message
