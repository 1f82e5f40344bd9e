"""The chapter's exercise, and what it says of numbers, on the library that it works with."""

import re

import numpy as np
import pytest

from gpu_course import exercises
from gpu_course.classical import count_buffers
from gpu_course.lessons.classical.arrays_and_memory import solutions

PART = "classical/arrays-and-memory/"


@pytest.fixture(autouse=True)
def cle(on_prototype):
    return on_prototype


# What the chapter says of the library


def test_push_makes_float32_and_large_labels_fall_together(cle):
    labels = np.array([[2**24, 2**24 + 1]], dtype=np.uint32)
    pushed = cle.pull(cle.push(labels))
    assert pushed.dtype == np.float32
    assert pushed[0, 0] == pushed[0, 1]


def test_a_plane_by_range_is_a_copy_and_by_number_a_view_that_operations_misread(cle):
    stack = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    pushed = cle.push(stack)
    with count_buffers() as used:
        copy = pushed[1, :, :]
        assert used.count == 1
        view = pushed[1]
        assert used.count == 1
    for plane, read in ((copy, stack[1]), (view, stack[0])):
        assert np.array_equal(cle.pull(plane), stack[1])
        assert np.array_equal(cle.pull(cle.add_image_and_scalar(plane, scalar=0)), read)


def test_what_looks_at_one_pixel_may_overwrite_its_source(cle):
    image = np.random.default_rng(2).random((64, 48)).astype(np.float32)
    pushed = cle.push(image)
    cle.multiply_image_and_scalar(pushed, pushed, scalar=2)
    assert np.array_equal(cle.pull(pushed), 2 * image)


# The exercise


@pytest.mark.parametrize(("offset", "sigma"), [(0, 1), (30_000, 5), (1000, 0)])
def test_variance_is_numpys(cle, offset, sigma):
    noise = np.random.default_rng(4).standard_normal((128, 128))
    image = (offset + sigma * noise).astype(np.float32)
    expected = image.astype(np.float64).var()
    assert solutions.variance(cle.push(image)) == pytest.approx(expected, rel=1e-3, abs=1e-6)


def textbook(image):
    from gpu_course import cle

    mean = cle.mean_of_all_pixels(image)
    return cle.mean_of_all_pixels(cle.multiply_images(image, image)) - mean**2


def around_the_pages_offset(image):
    """Take the offset of the chapter's own camera for the mean of any."""
    from gpu_course import cle

    centred = cle.add_image_and_scalar(image, scalar=-30_000)
    return cle.mean_of_all_pixels(cle.multiply_images(centred, centred))


def pulled(image):
    from gpu_course import cle

    return cle.pull(image)


def on_the_processor(image):
    pixels = np.asarray(image).astype(np.float64)
    return ((pixels - pixels.mean()) ** 2).mean()


@pytest.mark.parametrize(
    ("answer", "state", "hint"),
    [
        (textbook, "below the goal", "How many digits"),
        (around_the_pages_offset, "below the goal", "offset of the page's camera"),
        (lambda image: solutions.variance(image) ** 0.5, "below the goal", "standard deviation"),
        (lambda image: np.nan, "wrong", "not a number"),
        (lambda image: image, "wrong", "one number"),
        (lambda image: 512**2 * solutions.variance(image), "below the goal", "the sum over"),
        (lambda image: 0.0, "below the goal", "square them first"),
        (lambda image: np.asarray(image, float).var(), "wrong", "back to the processor"),
        (lambda image: pulled(image).var(), "wrong", "back to the processor"),
        (lambda image: round(float(np.asarray(image).var()), 3), "wrong", "back to the processor"),
        (on_the_processor, "wrong", "back to the processor"),
    ],
    ids=[
        "mean of squares",
        "the page's offset",
        "standard deviation",
        "not a number",
        "the image",
        "a sum",
        "unsquared",
        "NumPy",
        "pulled",
        "NumPy in 32 bits, rounded",
        "by hand in NumPy",
    ],
)
def test_variances_that_are_wrong(answer, state, hint):
    result = exercises.check(PART + "variance", answer)
    assert result.state == state
    assert re.search(hint, result.message), result.message
