"""Convolution keeps points where they were and light what it was, at every boundary and parity."""

from itertools import product

import array_api_compat
import numpy as np
import pytest
from scipy import ndimage, signal

from gpu_course.deconvolution import convolve
from gpu_course.deconvolution.convolution import reach
from gpu_course.errors import CourseError

PARITIES = list(product((7, 8), (12, 13)))


def point(*shape):
    field = np.zeros(shape, np.float32)
    field[tuple(n // 2 for n in shape)] = 1
    return field


def positive(seed, *shape):
    return np.random.default_rng(seed).random(shape).astype(np.float32)


@pytest.mark.parametrize(("p", "n"), PARITIES)
@pytest.mark.parametrize("boundary", ["zero", "circular", "reflect", "nearest"])
def test_a_point_stays_where_it_was(p, n, boundary):
    image = np.zeros((n, n + 1, n + 2), np.float32)
    image[5, 4, 8] = 3
    found = convolve(image, point(p, p, p + 1), boundary=boundary)
    np.testing.assert_allclose(found, image, atol=1e-5)


@pytest.mark.parametrize(("p", "n"), PARITIES)
def test_every_mode_is_the_sum_that_defines_it(p, n):
    image, psf = positive(1, n, n + 3).astype(float), positive(2, p, p - 2).astype(float)
    psf /= psf.sum()
    full = signal.convolve(image, psf, method="direct")
    np.testing.assert_allclose(convolve(image, psf, mode="full"), full, atol=1e-5)
    valid = signal.convolve(image, psf, mode="valid", method="direct")
    np.testing.assert_allclose(convolve(image, psf, mode="valid"), valid, atol=1e-5)
    begin = [back for back, _ in reach(psf.shape)]
    same = full[tuple(slice(b, b + s) for b, s in zip(begin, image.shape, strict=True))]
    np.testing.assert_allclose(convolve(image, psf), same, atol=1e-5)


@pytest.mark.parametrize(
    ("boundary", "mode"), [("circular", "wrap"), ("reflect", "reflect"), ("nearest", "nearest")]
)
@pytest.mark.parametrize(("p", "n"), PARITIES)
def test_the_boundaries_are_those_of_scipy(boundary, mode, p, n):
    image, psf = positive(3, n, n + 1, n), positive(4, p, p, p - 3)
    psf /= psf.sum()
    expected = ndimage.convolve(image.astype(float), psf.astype(float), mode=mode)
    np.testing.assert_allclose(convolve(image, psf, boundary=boundary), expected, atol=1e-5)


def test_a_circular_convolution_brings_light_back_on_the_other_side():
    image, psf = np.zeros((16, 16), np.float32), np.ones((5, 5), np.float32)
    image[0, 8] = 1
    assert convolve(image, psf, boundary="circular")[-1, 8] == pytest.approx(1 / 25, abs=1e-6)
    assert convolve(image, psf, boundary="zero")[-1, 8] == pytest.approx(0, abs=1e-6)


def test_light_is_kept_and_the_psf_need_not_sum_to_one():
    image, psf = positive(5, 11, 12, 13), positive(6, 4, 5, 6)
    full = convolve(image, 40 * psf, mode="full")
    assert float(full.sum()) == pytest.approx(float(image.sum()), rel=1e-4)
    np.testing.assert_allclose(convolve(image, 40 * psf), convolve(image, psf), atol=1e-6)


@pytest.mark.parametrize("boundary", ["circular", "reflect", "nearest"])
def test_a_flat_field_stays_flat(boundary):
    flat = np.full((9, 10), 7, np.float32)
    np.testing.assert_allclose(convolve(flat, positive(7, 4, 5), boundary=boundary), 7, rtol=1e-5)


@pytest.mark.parametrize("boundary", ["zero", "circular", "reflect"])
def test_torch_gives_what_numpy_gives(boundary):
    torch = pytest.importorskip("torch")
    image, psf = positive(8, 9, 14, 15), positive(9, 4, 5, 7)
    found = convolve(torch.asarray(image), psf, boundary=boundary)
    assert array_api_compat.is_torch_array(found)
    np.testing.assert_allclose(found.numpy(), convolve(image, psf, boundary=boundary), atol=1e-5)


def test_integers_are_welcome_and_the_arguments_are_left_alone():
    image = np.random.default_rng(0).integers(0, 4000, (12, 13), np.uint16)
    psf = positive(10, 5, 5)
    kept, kept_psf = image.copy(), psf.copy()
    found = convolve(image, psf)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(image, kept)
    np.testing.assert_array_equal(psf, kept_psf)
    np.testing.assert_allclose(found, convolve(image.astype(np.float32), psf), rtol=1e-6)


@pytest.mark.parametrize(
    ("image", "psf", "word"),
    [
        (np.ones((8, 8)), np.ones((9, 3)), "larger than the image"),
        (np.ones((8, 8)), np.ones((3, 3, 3)), "axes"),
        (np.ones((8, 8, 8, 8)), np.ones((3, 3)), "shape"),
        (np.ones((8, 8)) * 1j, np.ones((3, 3)), "complex"),
        (np.full((8, 8), np.nan), np.ones((3, 3)), "NaN"),
        (np.ones((8, 8)), np.full((3, 3), np.inf), "NaN or infinite"),
        (np.ones((8, 8)), -np.ones((3, 3)), "negative"),
        (np.ones((8, 8)), np.zeros((3, 3)), "not all of them 0"),
        (np.ones((0, 8)), np.ones((3, 3)), "shape"),
    ],
)
def test_what_cannot_be_convolved_is_named(image, psf, word):
    with pytest.raises(CourseError, match=word):
        convolve(image, psf)


def test_an_unknown_boundary_or_mode_is_named():
    image, psf = np.ones((8, 8)), np.ones((3, 3))
    with pytest.raises(CourseError, match="'mirror' is unknown"):
        convolve(image, psf, boundary="mirror")
    with pytest.raises(CourseError, match="'whole' is unknown"):
        convolve(image, psf, mode="whole")
    with pytest.raises(CourseError, match='boundary="zero"'):
        convolve(image, psf, boundary="reflect", mode="full")
