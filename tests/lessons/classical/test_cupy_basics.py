import numpy as np
import pytest
from scipy import ndimage

from gpu_course import exercises
from gpu_course.book import chapters
from gpu_course.lessons.classical.cupy_basics import solutions as cupy_basics
from tests import fake_cupy

BACKGROUND = "classical/cupy-basics/remove-background"
CONTRAST = "classical/cupy-basics/local-contrast"


def test_without_cuda_numpy_and_scipy_are_returned_and_named(monkeypatch, capsys):
    monkeypatch.setenv("GPU_COURSE_DEVICE", "cpu")
    assert cupy_basics.cupy_or_numpy() == (np, ndimage)
    assert "xp is NumPy" in capsys.readouterr().out


def test_background_of_a_flat_image_leaves_nothing():
    flat = np.full((32, 32), 200, np.uint8)
    assert cupy_basics.remove_background(flat, 5, np, ndimage).max() < 1e-3


def test_background_removal_keeps_a_small_object_and_nothing_negative():
    image = np.full((64, 64), 50, np.uint16)
    image[30:34, 30:34] = 250
    clean = cupy_basics.remove_background(image, 10, np, ndimage)
    assert clean.dtype == np.float32
    assert clean.min() == 0
    assert clean[31, 31] > 190


def test_local_contrast_does_not_see_brightness_and_hardly_sees_gain():
    image = np.random.default_rng(0).normal(1000, 100, (64, 64))
    once = cupy_basics.local_contrast(image, 15, np, ndimage)
    brighter = cupy_basics.local_contrast(3 * image + 500, 15, np, ndimage)
    assert once.dtype == np.float32
    np.testing.assert_allclose(brighter, once, atol=0.05)


@pytest.mark.parametrize("size", [3, 15])
def test_local_contrast_works_in_3d_and_is_finite_where_the_image_is_flat(size):
    stack = np.zeros((8, 16, 16), np.float32)
    stack[4, 8, 8] = 1000
    result = cupy_basics.local_contrast(stack, size, np, ndimage)
    assert np.isfinite(result).all()
    assert result.argmax() == stack.argmax()


def forgot_the_cut(image, sigma, xp, ndi):
    image = image.astype(xp.float32)
    return image - ndi.gaussian_filter(image, sigma)


def absolute_value(image, sigma, xp, ndi):
    return xp.abs(forgot_the_cut(image, sigma, xp, ndi))


def stays_in_integers(image, sigma, xp, ndi):
    return xp.maximum(image - ndi.gaussian_filter(image, sigma), 0)


def blurs_whole_numbers(image, sigma, xp, ndi):
    return xp.maximum(image.astype(xp.float32) - ndi.gaussian_filter(image, sigma), 0)


def wraps_around(image, sigma, xp, ndi):
    return xp.maximum(image - ndi.gaussian_filter(image, sigma), 0).astype(xp.float32)


def another_border(image, sigma, xp, ndi):
    grey = image.astype(xp.float32)
    return xp.maximum(grey - ndi.gaussian_filter(grey, sigma, mode="nearest"), 0)


def numpy_written_in(image, sigma, xp, ndi):
    return np.maximum(forgot_the_cut(image, sigma, xp, ndi), 0)


def numpys_dtype(image, sigma, xp, ndi):
    """Name a dtype of NumPy, which is CuPy's as well."""
    image = image.astype(np.float32)
    return xp.maximum(image - ndi.gaussian_filter(image, sigma), 0)


def scipy_written_in(image, sigma, xp, ndi):
    image = image.astype(xp.float32)
    return xp.maximum(image - ndimage.gaussian_filter(image, sigma), 0)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            lambda image, sigma, xp, ndi: cupy_basics.remove_background(image, 12, xp, ndi),
            "one `sigma`",
        ),
        (forgot_the_cut, "below zero"),
        (absolute_value, "should become 0"),
        (stays_in_integers, "float32"),
        (blurs_whole_numbers, "before you blur"),
        (wraps_around, "before you subtract"),
        (another_border, "at the border"),
        (scipy_written_in, "`ndi`"),
        (numpy_written_in, "np.maximum is of one library"),
        (
            lambda image, sigma, xp, ndi: ndi.gaussian_filter(image * 1.0, sigma).astype("f4"),
            "itself",
        ),
    ],
)
def test_background_check_names_the_mistake(wrong, says):
    result = exercises.check(BACKGROUND, wrong)
    assert not result.solved
    assert says in result.message


def test_a_dtype_of_numpy_is_no_mistake():
    assert exercises.check(BACKGROUND, numpys_dtype).solved


def variance_instead_of_deviation(image, size, xp, ndi):
    image = image.astype(xp.float32)
    mean = ndi.uniform_filter(image, size)
    variance = xp.maximum(ndi.uniform_filter(image**2, size) - mean**2, 0)
    return (image - mean) / (variance + 1)


def no_cut_before_the_root(image, size, xp, ndi):
    image = image.astype(xp.float32)
    mean = ndi.uniform_filter(image, size)
    variance = ndi.uniform_filter(image**2, size) - mean**2
    with np.errstate(invalid="ignore"):
        return (image - mean) / (xp.sqrt(variance) + 1)


def no_one_added(image, size, xp, ndi):
    image = image.astype(xp.float32)
    mean = ndi.uniform_filter(image, size)
    variance = xp.maximum(ndi.uniform_filter(image**2, size) - mean**2, 0)
    return (image - mean) / xp.sqrt(variance)


def only_the_mean(image, size, xp, ndi):
    image = image.astype(xp.float32)
    return image - ndi.uniform_filter(image, size)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda image, size, xp, ndi: cupy_basics.local_contrast(image, 15, xp, ndi), "one `size`"),
        (variance_instead_of_deviation, "square root"),
        (no_cut_before_the_root, "not a number"),
        (only_the_mean, "divide"),
        (no_one_added, "What does the formula add"),
    ],
)
def test_contrast_check_names_the_mistake(wrong, says):
    result = exercises.check(CONTRAST, wrong)
    assert not result.solved
    assert says in result.message


def test_the_chapters_first_cells_run_on_cupy_too(monkeypatch):
    fake_cupy.install(monkeypatch)
    scope: dict = {}
    for cell in chapters.read("classical/cupy-basics").code_cells:
        exec(cell.source, scope)
        if "ndi.label(mask)" in cell.source:
            break
    assert scope["xp"].__name__ == "cupy"
    in_scipy = ndimage.gaussian_filter(scope["on_cpu"], 1)
    in_scipy -= ndimage.gaussian_filter(scope["on_cpu"], 20)
    _, regions = ndimage.label(ndimage.binary_opening(in_scipy > 5, iterations=2))
    assert int(scope["count"]) == regions > 10
