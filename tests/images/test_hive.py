"""The marks on the hive photograph, for the whole of it and for parts."""

import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.images import hive
from gpu_course.lessons.deep_learning.bees_stardist import hive as lesson
from gpu_course.lessons.deep_learning.bees_stardist import hive_points


def test_the_whole_photograph_has_the_marks_of_the_lesson():
    marks, known = hive.marks(), hive_points.reference()
    assert np.array_equal(marks.bees, known.bees)
    assert np.array_equal(marks.unclear, known.unclear)
    assert marks.judged == (slice(0, 3000), slice(lesson.MIDDLE, hive_points.FRAME))
    assert hive.SCALE == lesson.SCALE


def test_a_part_counts_from_its_own_corner_and_holds_its_own_points_alone():
    whole, crowd = hive.marks(), hive.marks(hive.CROWD)
    origin = [hive.CROWD[0].start, hive.CROWD[1].start]
    assert 0 < len(crowd.bees) < len(whole.bees)
    shape = [part.stop - part.start for part in hive.CROWD]
    assert (crowd.bees >= 0).all()
    assert (crowd.bees < shape).all()
    assert {tuple(p) for p in crowd.bees + origin} <= {tuple(p) for p in whole.bees}
    assert crowd.judged == (slice(0, 1050), slice(200, 1200))


def test_the_left_half_has_no_judged_columns():
    marks = hive.marks((slice(0, 3000), slice(0, 1500)))
    assert len(marks.bees) == 0
    assert marks.judged[1].start == marks.judged[1].stop


@pytest.mark.parametrize("part", [slice(None), slice(0, 4001), slice(-5, 10), slice(9, 9)])
def test_a_part_that_is_none_is_refused(part):
    with pytest.raises(CourseError, match="inside it"):
        hive.marks((slice(0, 3000), part))
