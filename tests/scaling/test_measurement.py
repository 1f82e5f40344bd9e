import numpy as np
import pandas as pd
import pytest

from gpu_course.classical import measure
from gpu_course.errors import CourseError
from gpu_course.scaling import blocks, join_measurements, measure_block


def test_parts_add_up_to_what_one_piece_measures():
    rng = np.random.default_rng(1)
    image = rng.normal(1000, 5, (12, 20, 20)).astype(np.float32)
    labels = np.zeros(image.shape, np.int32)
    for number, (z, y, x) in enumerate(rng.integers(0, 12, (25, 3)), start=2):
        labels[z : z + 5, y : y + 7, x : x + 7] = number
    labels[:4, 15:, 15:] = 0  # a block without an object
    parts = [
        measure_block(image[b.inner], labels[b.inner], b.corner)
        for b in blocks(image.shape, (4, 5, 5))
    ]
    whole = measure(image, labels)
    pd.testing.assert_frame_equal(join_measurements(parts), whole, rtol=1e-9)
    # Rounded away in float32, or by the difference of sums of squares, this would not be 5.
    assert abs(whole["standard_deviation_intensity"].median() - 5) < 1


def test_no_object_at_all():
    empty = np.zeros((2, 2, 2), int)
    assert len(join_measurements([measure_block(empty, empty, (0, 0, 0))] * 2)) == 0


@pytest.mark.parametrize("corner", [(0, 0), None, ("a", 0, 0), (np.nan, 0, 0), (0.5, 0, 0)])
def test_a_corner_is_three_whole_numbers(corner):
    labels = np.ones((2, 2, 2), int)
    with pytest.raises(CourseError, match="corner"):
        measure_block(labels, labels, corner)


def test_a_plane_is_no_block():
    with pytest.raises(CourseError, match=r"labels\[None\]"):
        measure_block(np.ones((2, 2)), np.ones((2, 2), int), (0, 0))


@pytest.mark.parametrize("tables", [[], None, [None], [pd.DataFrame({"label": [1]})], "parts"])
def test_what_is_no_list_of_tables_is_refused(tables):
    with pytest.raises(CourseError, match="no table of parts"):
        join_measurements(tables)


def test_one_table_is_no_list_of_them():
    labels = np.ones((2, 2, 2), int)
    with pytest.raises(CourseError, match="no table of parts"):
        join_measurements(measure_block(labels, labels, (0, 0, 0)))
