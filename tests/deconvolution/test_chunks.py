"""Chunks that overlap by the PSF give what the whole volume gives."""

import numpy as np
import pytest
from scipy import ndimage

from gpu_course.deconvolution import chunked, convolve, overlap_for, richardson_lucy
from gpu_course.deconvolution.psf import gaussian
from gpu_course.errors import CourseError

PSF = gaussian((5, 9, 10), (0.8, 1.6, 1.6), 1.0)
CHUNK = (8, 36, 40)


@pytest.fixture(scope="module")
def image():
    rng = np.random.default_rng(0)
    truth = np.zeros((8, 72, 80), np.float32)
    for _ in range(40):
        z, y, x = (rng.integers(0, n - 6) for n in truth.shape)
        truth[z : z + 4, y : y + 5, x : x + 6] += rng.uniform(20, 100)
    return rng.poisson(np.maximum(convolve(truth, PSF), 0) + 4).astype(np.float32)


def inner(volume):
    return volume[2:-2, 4:-4, 5:-5]


@pytest.mark.parametrize("tv", [0.0, 0.005])
def test_chunks_are_the_whole(image, tv):
    options = {"background": 4.0, "tv": tv}
    momenta = []
    richardson_lucy(image, PSF, 10, callback=lambda s: momenta.append(s.momentum), **options)
    for acceleration, iterations in ((None, 20), (momenta, 10)):
        options |= {"acceleration": acceleration}
        whole = richardson_lucy(image, PSF, iterations, **options)
        found = chunked(image, PSF, iterations, chunk=CHUNK, **options)
        assert inner(np.abs(found - whole)).max() <= 1e-3 * np.ptp(whole)


def test_too_small_an_overlap_shows(image):
    whole = richardson_lucy(image, PSF, 20, acceleration=None, background=4.0)
    error = []
    for overlap in ((0, 2, 2), (0, 6, 6), (0, 12, 12)):
        found = chunked(
            image, PSF, 20, chunk=CHUNK, overlap=overlap, acceleration=None, background=4.0
        )
        error.append(np.abs(found - whole).max())
    assert error[0] > 3 * error[1] > 9 * error[2]


def test_accelerated_chunks_are_nearly_the_whole_and_keep_in_step(image):
    whole = richardson_lucy(image, PSF, 10, background=4.0)
    found = chunked(image, PSF, 10, chunk=CHUNK, background=4.0)
    assert inner(np.abs(found - whole)).max() <= 0.02 * np.ptp(whole)


def test_the_overlap_grows_with_the_psf_and_the_iterations():
    few = overlap_for(PSF, iterations=8, acceleration=None)
    assert few == (7, 12, 13)  # 7.6 standard deviations of what the small array leaves of them
    assert overlap_for(PSF, iterations=64, acceleration=None) > few
    assert overlap_for(PSF, iterations=8) > few


def test_chunks_are_computed_where_the_psf_lies(image):
    torch = pytest.importorskip("torch")
    expected = chunked(image, PSF, 5, chunk=CHUNK, overlap=(0, 9, 9))
    found = chunked(image, torch.asarray(PSF), 5, chunk=CHUNK, overlap=(0, 9, 9))
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, expected, atol=1e-3 * np.ptp(expected))


def test_integers_and_uneven_chunks(image):
    found = chunked(image.astype(np.uint16), PSF, 3, chunk=(5, 72, 35), acceleration=None)
    whole = richardson_lucy(image, PSF, 3, acceleration=None)
    assert found.dtype == np.float32
    assert inner(np.abs(found - whole)).max() <= 1e-3 * np.ptp(whole)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"chunk": (4, 4)}, "does not fit"),
        ({"chunk": (0, 4, 4)}, "does not fit"),
        ({"chunk": CHUNK, "overlap": (0, -1, 0)}, "does not fit"),
        ({"chunk": (4, 4, 4), "overlap": (0, 0, 0)}, "fewer than the PSF"),
        ({"chunk": CHUNK, "callback": print}, "one chunk only"),
        ({"chunk": CHUNK, "stop": "discrepancy"}, "seams"),
    ],
)
def test_what_cannot_be_cut_is_named(image, options, word):
    with pytest.raises(CourseError, match=word):
        chunked(image, PSF, 2, **options)


def test_what_does_not_belong_to_the_image_is_refused(image):
    with pytest.raises(CourseError, match="start has shape"):
        chunked(image, PSF, 2, chunk=image.shape, start=np.ones([n + 5 for n in image.shape]))
    for wrong in (PSF * 0, PSF - 1):
        with pytest.raises(CourseError, match="no light"):
            overlap_for(wrong)


def test_options_left_out_may_be_named(image):
    named = chunked(image, PSF, 2, chunk=image.shape, callback=None, stop=None)
    assert np.array_equal(named, chunked(image, PSF, 2, chunk=image.shape))


def test_opposite_sides_are_not_joined_in_chunks():
    kernel = gaussian((9, 9), 0.2, 0.1)
    image = np.full((40, 64), 5.0)
    image[20:25, :3] = 200
    with pytest.raises(CourseError, match="opposite sides"):
        chunked(image, kernel, 5, chunk=(40, 32), boundary="circular")
    options = {"boundary": "circular", "acceleration": None}
    whole = richardson_lucy(image, kernel, 5, **options)
    np.testing.assert_allclose(chunked(image, kernel, 5, chunk=(40, 64), **options), whole)


@pytest.mark.parametrize("tv", [0.002, 0.05])
def test_total_variation_sees_beyond_a_chunk_however_thin_the_psf(tv):
    dice = np.random.default_rng(0)
    image = dice.poisson(ndimage.gaussian_filter(500 * dice.random((22, 24, 24)), 2)).astype(float)
    kernel = gaussian((1, 5, 5), 0.1, 0.1)
    options = {"tv": tv, "acceleration": None}
    whole = richardson_lucy(image, kernel, 10, **options)
    parts = chunked(image, kernel, 10, chunk=(8, 24, 24), **options)
    assert np.abs(whole - parts).max() < 1e-3 * np.ptp(whole)
