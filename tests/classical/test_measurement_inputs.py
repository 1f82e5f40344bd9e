"""What users bring to measurement: masks, floats, columns of True, axes of length 1."""

import numpy as np
import pandas as pd
import pytest

from gpu_course.classical import contacts, count_neighbours, keep, measure, on_border, paint
from gpu_course.errors import CourseError

FOUR = np.zeros((40, 40), np.int32)
for _y, _x, _n in ((5, 5, 1), (20, 5, 5), (5, 25, 7), (30, 30, 9)):
    FOUR[_y : _y + 10, _x : _x + 10] = _n


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_an_axis_of_length_one_has_no_border(axis):
    usual = on_border(measure(FOUR, FOUR), FOUR.shape)
    deep = np.expand_dims(FOUR, axis)
    assert usual.tolist() == [False, False, False, True]
    assert on_border(measure(deep, deep), deep.shape).tolist() == usual.tolist()


@pytest.mark.parametrize("form", [list, np.array, pd.Series, set, iter, lambda n: [*n, *n, 99, -1]])
def test_the_wanted_are_kept_in_every_form(form):
    assert np.unique(keep(FOUR, form([1.0, 7]))).tolist() == [0, 1, 7]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (measure(FOUR, FOUR).area > 50, "True and False"),
        ([True, False], "True and False"),
        ([5.7], "whole"), ([float("nan")], "whole"), (["5"], "whole"), ([None], "whole"),
        ([[1], [2, 3]], "whole"), (None, "whole"), ("15", "whole"),
        (np.ma.array([1, 5], mask=[False, True]), "masked"),
    ],
)  # fmt: skip
def test_what_is_no_number_of_a_label_is_refused(wanted, says):
    with pytest.raises(CourseError, match=says):
        keep(FOUR, wanted)


@pytest.mark.parametrize(
    "labels",
    [
        np.ma.masked_equal(FOUR, 5), FOUR + 0.5, -FOUR, FOUR.astype(str), FOUR * 1e300, 7,
        FOUR * 1j, np.where(FOUR == 0, np.nan, FOUR),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "door",
    [
        lambda labels: measure(np.zeros_like(FOUR), labels),
        lambda labels: keep(labels, [1]),
        lambda labels: paint(labels, measure(FOUR, FOUR), "area"),
        contacts,
    ],
)
def test_what_is_no_label_image_is_refused(door, labels):
    with pytest.raises(CourseError):
        door(labels)


def test_a_masked_image_is_not_measured_through_its_mask():
    image = np.ma.masked_greater(np.arange(1600.0).reshape(40, 40), 700)
    with pytest.raises(CourseError, match="masked"):
        measure(image, FOUR)
    kept = measure(image.data, np.where(image.mask, 0, FOUR))
    assert kept.max_intensity.max() <= 700


def test_tables_that_do_not_fit_are_named():
    table = measure(FOUR, FOUR)
    for shape in ((40,), (1, 40, 40), (40, 20)):
        with pytest.raises(CourseError, match="shape"):
            on_border(table, shape)
    with pytest.raises(CourseError, match="several rows"):
        paint(FOUR, pd.concat([table, table]), "area")
    with pytest.raises(CourseError, match="numbers"):
        paint(FOUR, table.assign(area="large"), "area")
    with pytest.raises(CourseError, match="no column"):
        count_neighbours(table, table)


@pytest.mark.parametrize(
    "shape", [None, 40, "ab", ("a", "b"), (40.5, 40), (40, float("nan")), (True, True), (40,)]
)
def test_a_shape_is_whole_numbers(shape):
    with pytest.raises(CourseError, match=r"labels\.shape"):
        on_border(measure(FOUR, FOUR), shape)


@pytest.mark.parametrize("table", [None, "table", [1, 2]])
def test_what_is_no_table_is_named(table):
    pairs = contacts(FOUR)
    for call in (
        lambda: on_border(table, FOUR.shape),
        lambda: paint(FOUR, table, "area"),
        lambda: count_neighbours(table, pairs),
    ):
        with pytest.raises(CourseError, match="The table is"):
            call()


@pytest.mark.parametrize("column", [None, ["area"], 3])
def test_a_column_is_one_name(column):
    with pytest.raises(CourseError, match="no name of a column"):
        paint(FOUR, measure(FOUR, FOUR), column)
