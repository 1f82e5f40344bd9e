import numpy as np
import pytest
from scipy import ndimage, signal

from gpu_course import exercises
from gpu_course.deconvolution import convolve
from gpu_course.lessons.deconvolution.convolution.solutions import blur_without_wrap

NAME = "deconvolution/convolution/cure-the-wrap-around"


@pytest.mark.parametrize("psf_shape", [(5, 7), (4, 6), (4, 7)])
@pytest.mark.parametrize("shape", [(16, 20), (17, 21)])
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_solution_is_the_convolution_of_the_package(shape, psf_shape, library):
    dice = np.random.default_rng(0)
    image = dice.random(shape).astype(np.float32)
    psf = dice.random(psf_shape).astype(np.float32)
    psf /= psf.sum()
    if library == "torch":
        torch = pytest.importorskip("torch")
        found = np.asarray(blur_without_wrap(torch.asarray(image), torch.asarray(psf)))
    else:
        found = blur_without_wrap(image, psf)
    np.testing.assert_allclose(found, convolve(image, psf), atol=1e-5)


def test_solution_in_3d_keeps_a_point_where_it_was():
    image = np.zeros((7, 8, 9))
    image[3, 2, 8] = 1
    psf = np.zeros((4, 5, 4))
    psf[2, 2, 2] = 1
    np.testing.assert_allclose(blur_without_wrap(image, psf), image, atol=1e-12)


def test_check_accepts_other_ways():
    def in_space(image, psf):
        full = signal.convolve2d(image, psf)
        return full[
            tuple(slice(p // 2, p // 2 + n) for n, p in zip(image.shape, psf.shape, strict=True))
        ]

    assert exercises.check(NAME, in_space).solved


def circular(image, psf):
    corner = np.zeros(image.shape)
    corner[: psf.shape[0], : psf.shape[1]] = psf
    corner = np.roll(corner, [-(p // 2) for p in psf.shape], axis=(0, 1))
    return np.fft.irfftn(np.fft.rfftn(image) * np.fft.rfftn(corner), s=image.shape, axes=(0, 1))


def full(image, psf):
    return signal.convolve2d(image, psf)


def from_the_corner(image, psf):
    return signal.convolve2d(image, psf)[: image.shape[0], : image.shape[1]]


def centre_of_scipy(image, psf):
    return signal.fftconvolve(image, psf, mode="same")


def without_shape(image, psf):
    room = [n + p - 1 for n, p in zip(image.shape, psf.shape, strict=True)]
    spectrum = np.fft.rfftn(image, s=room, axes=(0, 1)) * np.fft.rfftn(psf, s=room, axes=(0, 1))
    full = np.fft.irfftn(spectrum)
    return full[
        tuple(slice(p // 2, p // 2 + n) for n, p in zip(image.shape, psf.shape, strict=True))
    ]


def cut_too_small(image, psf):
    return signal.convolve2d(image, psf, mode="valid")


def mirrored_border(image, psf):
    # Reversing twice makes SciPy's correlation a convolution around p // 2.
    return ndimage.convolve(image, psf, mode="reflect", origin=[-(1 - p % 2) for p in psf.shape])


def complex_result(image, psf):
    return blur_without_wrap(image, psf) + 0j


def twice_as_bright(image, psf):
    return 2 * blur_without_wrap(image, psf)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (circular, "wraps around"),
        (full, "cut the image's own window"),
        (from_the_corner, "begins not at 0"),
        (centre_of_scipy, "one pixel"),
        (without_shape, "irfftn"),
        (cut_too_small, "not that of the image"),
        (mirrored_border, "border"),
        (complex_result, "complex"),
        (twice_as_bright, "values"),
    ],
)
def test_check_names_the_mistake(wrong, says):
    result = exercises.check(NAME, wrong)
    assert not result.solved
    assert says in result.message
