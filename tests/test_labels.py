"""A mask is no label image, and which whole numbers name the objects does not matter."""

import numpy as np
import pytest
from scipy import ndimage

from gpu_course import display, metrics
from gpu_course.classical import measurement
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.labels import (
    labelled_diameter,
    refuse_mask,
    renumber,
    small_numbers,
    touching_pairs,
)


def truth():
    """Four objects far apart."""
    labels = np.zeros((96, 96), np.int32)
    labels[5:15, 5:15], labels[5:15, 70:80] = 1, 2
    labels[40:50, 40:50], labels[70:80, 5:15] = 3, 4
    return labels


def masks():
    inside = truth() > 0
    for dtype in (bool, np.uint8, np.int16, np.uint16, np.int32, np.int64, np.uint64):
        yield inside.astype(dtype)
    for dtype, value in ((np.uint8, 255), (np.int32, 255), (np.uint16, 65535), (np.int64, 7)):
        yield inside * np.array(value, dtype)


DOORS = {
    "matching": lambda labels, **k: metrics.matching(labels, truth(), **k).fp,
    "matching, predicted": lambda labels, **k: metrics.matching(truth(), labels, **k).fp,
    "average precision": lambda labels, **k: metrics.average_precision(labels, labels, **k)[0],
    "count": lambda labels, **k: metrics.count_error(truth(), labels, **k),
    "measure": lambda labels, **k: len(measurement.measure(truth(), labels, **k)),
    "overlay": lambda labels, **k: display.errors_overlay(truth(), labels, **k).sum(),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_mask_given_as_labels_is_refused_at_every_door_unless_it_is_meant(door):
    for mask in masks():
        with pytest.raises(CourseError, match=r"looks like a mask.*ndimage\.label\(mask\)"):
            door(mask)
        door(mask, in_pieces=True)
    door(ndimage.label(truth() > 0)[0])


def test_two_pieces_are_a_mask_where_the_number_says_so_and_else_an_object_cut_in_two():
    two = truth() * (truth() < 3) > 0
    for coded in (two, two * np.uint8(255), two * np.uint16(65535)):
        with pytest.raises(CourseError, match="for 2 separate pieces"):
            refuse_mask(coded, "The labels")
    refuse_mask(two.astype(np.uint8), "The labels")


def test_specks_beside_an_object_and_pieces_of_several_objects_are_no_mask():
    one = (truth() == 3).astype(np.int32)
    one[::20, 90] = 1  # single pixels, less than a tenth of the object
    refuse_mask(one, "The labels")
    cut = truth() % 2 + 1  # two numbers, each in pieces, on a background that is one too
    refuse_mask(cut * (truth() > 0), "The labels")
    refuse_mask(np.zeros((5, 5), np.int32), "The labels")
    refuse_mask(np.zeros((0, 5), np.int32), "The labels")


def test_pieces_that_touch_at_a_corner_or_in_depth_are_one():
    steps = np.kron(np.eye(4, dtype=np.int32), np.ones((5, 5), np.int32)) * 255
    refuse_mask(steps, "The labels")
    refuse_mask(np.stack([steps, steps[::-1], steps]), "The volume")
    with pytest.raises(CourseError, match="mask"):
        refuse_mask(np.stack([steps, 0 * steps, steps]), "The volume")


def renumbered():
    """The same objects in every dtype, with gaps, above what 8, 16 and 32 bits hold."""
    for numbers in ([3, 9, 200, 201], [1, 65535, 65536, 65537], [10**9, 10**9 + 1, 5, 6]):
        for dtype in (np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64):
            if max(numbers) <= np.iinfo(dtype).max:
                yield np.array([0, *numbers], dtype)[truth()]
    yield np.array([0, 2**40, 1, 2**62, 3], np.uint64)[truth()]


@pytest.mark.parametrize("labels", [*renumbered()], ids=lambda a: f"{a.dtype}-{a.max()}")
def test_numbers_of_objects_do_not_matter(labels):
    moved = np.roll(truth(), 3, axis=0)
    assert metrics.matching(labels, moved) == metrics.matching(truth(), moved)
    assert metrics.count_error(truth(), labels) == 0
    columns = ["area", "centroid_y", "centroid_x"]
    found = measurement.measure(truth() * 1.0, labels)[columns].sort_values(columns)
    right = measurement.measure(truth() * 1.0, truth())[columns].sort_values(columns)
    np.testing.assert_array_equal(found, right)
    for pair, same in (((labels, moved), (truth(), moved)), ((moved, labels), (moved, truth()))):
        np.testing.assert_array_equal(display.errors_overlay(*pair), display.errors_overlay(*same))
    small = small_numbers(labels)
    assert small.dtype == np.int32
    assert small.max() <= 65535
    assert metrics.same_objects(small, truth())


def test_numbers_that_fit_are_kept_and_too_many_objects_are_refused():
    np.testing.assert_array_equal(small_numbers(truth() * 9000), truth() * 9000)
    with pytest.raises(CourseError, match="70000 objects"):
        small_numbers(np.arange(1, 70001))


@pytest.mark.parametrize("tolerance", [np.nan, np.inf, -1, True, "3", None])
def test_a_tolerance_is_a_number_of_pixels(tolerance):
    with pytest.raises(CourseError, match="tolerance"):
        metrics.centreline_recall(truth() > 0, truth() > 0, tolerance=tolerance)
    assert metrics.centreline_recall(truth() > 0, truth() > 0, tolerance=np.float32(0)) == 1


def test_pairs_touch_side_by_side_or_one_above_the_other():
    labels = np.zeros((9, 12), np.uint16)
    labels[0:3, 0:3], labels[0:3, 3:6] = 5, 2
    labels[4:6, 0:3], labels[6:8, 0:3] = 7, 9
    assert touching_pairs(labels) == [(2, 5), (7, 9)]


def test_no_object_is_in_two_pairs():
    row = np.repeat([[1, 2, 3, 4, 5]], 4, axis=0)
    assert touching_pairs(row) == [(1, 2), (3, 4)]


def test_neither_a_corner_nor_background_makes_a_pair():
    labels = np.zeros((6, 6), int)
    labels[:3, :3], labels[3:, 3:] = 1, 2
    assert touching_pairs(labels) == []
    assert touching_pairs(np.zeros((4, 4), int)) == []


@pytest.mark.parametrize("function", [renumber, labelled_diameter])
@pytest.mark.parametrize(
    "labels",
    [
        np.array([[-1, -1, 3, 4]]),
        np.array([[0, np.nan, 3]]),
        np.array([[0, 1.5, 3]]),
        np.array([[0, np.inf, 3]]),
        np.array([["0", "3"]]),
        np.ma.masked_equal([[0, 7, 3]], 7),
    ],
)
def test_what_names_no_object_is_not_taken_for_one(function, labels):
    with pytest.raises(CourseError, match="whole numbers from 0 up"):
        function(labels)


def test_labels_kept_as_floats_are_labels():
    assert renumber(np.array([[0.0, 7.0, 3.0]])).tolist() == [[0, 2, 1]]
    assert renumber(np.zeros((0, 4), int)).shape == (0, 4)


def test_a_scene_with_another_background_is_not_cut():
    scene = Sample("mine", "train", 0, np.zeros((4, 4)), "YX", labels=np.full((4, 4), -1, np.int32))
    with pytest.raises(CourseError, match="Use 0 for background"):
        scene.crop(slice(0, 2), slice(0, 2))
