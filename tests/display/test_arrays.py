"""Every kind of array a cell may hold is drawn, or refused in one sentence."""

import numpy as np
import pytest

from gpu_course.display.arrays import (
    check_image,
    check_labels,
    check_volume,
    grey_limits,
    plane_size,
    to_rgb,
    to_uint8,
)
from gpu_course.errors import CourseError


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.int32, np.float16, np.float64])
def test_grey_fills_the_range_whatever_the_dtype(dtype):
    ramp = np.linspace(0, 200, 10_000).reshape(100, 100)
    image = (ramp > 100) if dtype is bool else ramp.astype(dtype)
    rgb = to_rgb(check_image(image))
    assert rgb.shape == (100, 100, 3)
    assert rgb.dtype == np.uint8
    assert rgb.min() == 0
    assert rgb.max() == 255


def test_one_hot_pixel_does_not_darken_the_picture():
    image = np.tile(np.linspace(0, 100, 200), (200, 1))
    image[5, 5] = 1e6
    assert np.median(to_rgb(image)) > 100


def test_constant_image_is_drawn():
    assert to_rgb(np.full((4, 4), 7.0)).shape == (4, 4, 3)


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        (np.full((2, 2, 3), 128, np.uint8), 128),
        (np.full((2, 2, 3), 128, np.int64), 128),
        (np.full((2, 2, 3), 65535, np.uint16), 255),
        (np.full((2, 2, 3), 0.5), 128),
        (np.full((2, 2, 4), 0.5, np.float32), 128),
    ],
)
def test_colours_keep_their_scale(colour, expected):
    assert (to_uint8(check_image(colour)) == expected).all()


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((0, 5)), "empty"),
        (np.array([[0.0, np.nan]]), "NaN"),
        (np.array([[0.0, np.inf]]), "NaN or infinite"),
        (np.zeros((5, 6, 7)), "z_scrubber"),
        (np.zeros(5), r"\(Y, X\)"),
        (np.zeros((2, 2), complex), "no grey values"),
        (np.array([["a"]]), "no grey values"),
    ],
)
def test_what_cannot_be_drawn_is_refused(image, words):
    with pytest.raises(CourseError, match=words):
        check_image(image)


def test_colour_floats_beyond_one_are_refused():
    with pytest.raises(CourseError, match="between 0 and 1"):
        to_rgb(check_image(np.full((2, 2, 3), 200.0)))


def test_a_picture_is_no_volume():
    with pytest.raises(CourseError, match="Use show"):
        check_volume(np.zeros((4, 4)))
    assert check_volume(np.zeros((4, 5, 6, 4))).shape == (4, 5, 6, 3)


def test_labels_are_whole_numbers_of_the_right_shape():
    assert check_labels(np.array([[0.0, 2.0]], np.float32), (1, 2)).tolist() == [[0, 2]]
    assert check_labels(np.array([[False, True]]), (1, 2)).tolist() == [[0, 1]]
    with pytest.raises(CourseError, match="same slice"):
        check_labels(np.zeros((2, 2), int), (2, 3))
    with pytest.raises(CourseError, match="whole numbers"):
        check_labels(np.array([[0.5]]), (1, 1))
    with pytest.raises(CourseError, match="whole numbers"):
        check_labels(np.array([[-1]]), (1, 1))


def test_shared_range_spans_all_grey_pictures():
    dark, bright = np.tile([0.0, 1.0], (4, 4)), np.tile([5.0, 9.0], (4, 4))
    colour = np.zeros((4, 4, 3), np.uint8)
    assert grey_limits([dark, colour, bright], "shared") == [(0, 9), None, (0, 9)]
    assert grey_limits([dark, bright], None) == [(0, 1), (5, 9)]
    assert grey_limits([dark, colour], (2, 3)) == [(2, 3), None]
    for wrong in ("all", (3, 2)):
        with pytest.raises(CourseError, match="The range is"):
            grey_limits([dark], wrong)


def test_plane_size_reads_the_last_two_axes():
    assert plane_size(None) is None
    assert plane_size(0.5) == (0.5, 0.5)
    assert plane_size((2.0, 0.4, 0.3)) == (0.4, 0.3)
    for wrong in (0, (0.3, -1), float("nan")):
        with pytest.raises(CourseError, match="above 0"):
            plane_size(wrong)
