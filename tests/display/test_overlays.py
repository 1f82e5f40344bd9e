"""Overlays say where labels are, and where they are wrong."""

import numpy as np
import pytest

from gpu_course.display.overlays import (
    INVENTED,
    MATCHED,
    MISSED,
    errors_overlay,
    label_overlay,
    outlines,
    strokes_overlay,
)
from gpu_course.errors import CourseError


@pytest.fixture
def squares():
    labels = np.zeros((40, 40), np.int32)
    labels[2:12, 2:12] = 1
    labels[2:12, 12:22] = 2
    labels[25:35, 25:35] = 3
    return labels


def test_background_stays_the_picture(squares):
    image = np.linspace(0, 1, 1600).reshape(40, 40)
    overlay = label_overlay(image, squares)
    assert overlay.dtype == np.uint8
    grey = overlay[squares == 0]
    assert (grey[:, 0] == grey[:, 1]).all()
    assert (overlay[6, 6] != overlay[6, 17]).any()


def test_alpha_goes_from_picture_to_labels(squares):
    image = np.full((40, 40, 3), 90, np.uint8)
    assert (label_overlay(image, squares, alpha=0) == 90).all()
    full = label_overlay(image, squares, alpha=1)
    assert len(np.unique(full[squares == 1], axis=0)) == 1
    with pytest.raises(CourseError, match="alpha"):
        label_overlay(image, squares, alpha=2)


def test_overlay_keeps_the_shade_of_the_picture(squares):
    image = np.zeros((40, 40))
    image[:, 20:] = 1
    image[0, 0] = 1
    inside = label_overlay(image, np.ones((40, 40), int), outline=False)
    assert inside[20, 30].sum() > inside[20, 10].sum()


def test_outlines_stand_on_both_sides_of_a_border(squares):
    lines = outlines(squares)
    assert lines[6, 11]
    assert lines[6, 12]
    assert not lines[6, 6]
    assert not lines[0, 0]


def test_objects_matched_missed_and_invented(squares):
    prediction = np.zeros_like(squares)
    prediction[3:13, 2:12] = 7  # one pixel low: matched
    prediction[14:22, 2:10] = 8  # nothing there: invented
    picture = errors_overlay(squares, prediction)
    assert tuple(picture[3, 6]) != (0, 0, 0)
    assert len(set(picture[8, 6])) == 1  # matched: a shade of white
    assert picture[8, 6].max() > 50
    # Missed: hollow, with a bold orange border. Invented: filled with blue.
    assert tuple(picture[25, 30]) == MISSED
    assert tuple(picture[26, 30]) == MISSED
    assert tuple(picture[30, 30]) == (0, 0, 0)
    assert tuple(picture[14, 5]) == INVENTED
    blue = picture[18, 6].astype(int)
    assert blue[2] > blue[1] > blue[0]


def test_half_an_object_is_matched_at_half(squares):
    prediction = np.where(squares == 3, 3, 0)
    prediction[25:30] = 0  # exactly half of it left: IoU 0.5
    assert not (errors_overlay(squares, prediction)[25:35, 25:35] == MISSED).all(-1).any()
    strict = errors_overlay(squares, prediction, threshold=0.6)
    assert (strict[25:35, 25:35] == MISSED).all(-1).any()


def test_masks_are_judged_pixel_by_pixel():
    truth = np.array([[True, True, False, False]])
    found = np.array([[True, False, True, False]])
    picture = errors_overlay(truth, found).astype(int)
    for pixel, colour in zip(picture[0], (MATCHED, MISSED, INVENTED, (0, 0, 0)), strict=True):
        assert np.abs(pixel - np.round(0.85 * np.array(colour))).max() <= 1


def test_error_colours_are_apart_in_grey():
    luma = sorted(np.array([MATCHED, MISSED, INVENTED]) @ np.array([0.299, 0.587, 0.114]))
    assert min(np.diff(luma)) > 60


def test_empty_truth_and_prediction_are_fine():
    nothing = np.zeros((5, 5), int)
    assert not errors_overlay(nothing, nothing).any()


def test_errors_overlay_refuses_what_does_not_fit(squares):
    with pytest.raises(CourseError, match="same slice"):
        errors_overlay(squares, squares[:20])
    with pytest.raises(CourseError, match="threshold"):
        errors_overlay(squares, squares, threshold=0.3)
    with pytest.raises(CourseError, match="same slice"):
        errors_overlay(squares, squares, np.zeros((3, 3)))
    with pytest.raises(CourseError, match="one slice"):
        errors_overlay(squares[None], squares[None])


def test_strokes_are_drawn_in_different_colours_on_the_picture():
    scribbles = np.zeros((20, 20), np.uint8)
    scribbles[3:6, 3:6], scribbles[12:15, 12:15] = 1, 2
    drawn = strokes_overlay(np.full((20, 20), 7.0), scribbles)
    assert drawn.shape == (20, 20, 3)
    assert (drawn[4, 4] != drawn[13, 13]).any()
    assert (drawn[0, 19] == drawn[19, 0]).all()
