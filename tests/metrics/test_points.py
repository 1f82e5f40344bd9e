"""Objects against points, on scenes whose answer can be counted."""

import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.lessons.deep_learning.bees_stardist import hive_points
from gpu_course.metrics.points import Judgement, judge


def squares(*corners, shape=(60, 80), side=10):
    labels = np.zeros(shape, np.int32)
    for number, (row, column) in enumerate(corners, 1):
        labels[row : row + side, column : column + side] = number
    return labels


def test_each_point_finds_an_object_and_each_object_one_point():
    labels = squares((5, 5), (5, 30), (40, 60))
    points = [(9, 9), (6, 31), (14, 39), (30, 30)]  # two in the second, one in none
    assert judge(labels, points) == Judgement(found=2, missed=2, wrong=1)


def test_an_unclear_place_counts_neither_way():
    labels = squares((5, 5), (40, 60))
    assert judge(labels, [(9, 9)], unclear=[(45, 65), (1, 1)]) == Judgement(1, 0, 0)
    assert judge(squares((5, 5)), [(9, 9)], unclear=[(45, 65)]) == Judgement(1, 0, 0)


def test_objects_outside_the_judged_part_are_not_wrong():
    labels = squares((5, 5), (40, 30), (40, 60))
    assert judge(labels, []).wrong == 3
    assert judge(labels, [], within=(slice(None), slice(20, None))).wrong == 2
    assert judge(labels, [], within=(slice(0, 30), slice(None))).wrong == 1
    # The centre decides: rows 40 to 49, so 44.5.
    assert judge(labels, [], within=(slice(45, 60), slice(None))).wrong == 0
    assert judge(labels, [], within=(slice(44, 60), slice(None))).wrong == 2


def test_the_scores_of_a_judgement():
    judged = Judgement(found=6, missed=2, wrong=4)
    assert judged.precision == 0.6
    assert judged.recall == 0.75
    assert judged.f1 == pytest.approx(2 * 0.6 * 0.75 / (0.6 + 0.75))
    assert judged.row() == {
        "found": 6, "missed": 2, "wrong": 4, "precision": 0.6, "recall": 0.75,
        "point F1": judged.f1,
    }  # fmt: skip


def test_nothing_to_find_and_nothing_found_is_perfect_and_one_without_the_other_is_not():
    nothing = np.zeros((9, 9), int)
    assert judge(nothing, []).f1 == judge(nothing, []).precision == judge(nothing, []).recall == 1
    assert judge(nothing, [(1, 1)]).f1 == judge(nothing, [(1, 1)]).precision == 0
    invented = judge(squares((0, 0)), [])
    assert invented.f1 == invented.recall == 0


def test_numbers_may_have_gaps_and_objects_pieces():
    labels = squares((5, 5), (40, 60)) * 70
    labels[20:23, 20:23] = 70
    assert judge(labels, [(21, 21), (45, 65)]) == Judgement(2, 0, 0)


def test_it_judges_the_hive_as_its_lesson_does():
    known = hive_points.reference()
    rng = np.random.default_rng(3)
    # Some around bees, some anywhere; later ones cover others, so some hold two points or none.
    corners = np.vstack([known.bees[:25] - 60, rng.integers(0, (2900, 3900), (60, 2))]).astype(int)
    labels = np.zeros((3000, 4000), np.int32)
    for number, (row, column) in enumerate(np.maximum(corners, 0), 1):
        labels[row : row + 150, column : column + 150] = number
    theirs = hive_points.judge(labels)
    ours = judge(
        labels,
        known.bees,
        unclear=known.unclear,
        within=(slice(None), slice(2000, hive_points.FRAME)),
    )
    assert (ours.found, ours.missed, ours.wrong) == (theirs.found, theirs.missed, theirs.wrong)
    assert min(ours.found, ours.missed, ours.wrong) > 5
    assert ours.f1 == theirs.f1


@pytest.mark.parametrize("point", [(-1, 5), (60, 5), (5, 80)])
def test_a_point_outside_the_labels_is_an_error_and_no_wrong_answer(point):
    with pytest.raises(CourseError, match="outside"):
        judge(squares((5, 5)), [point])


@pytest.mark.parametrize("labels", [np.zeros((3, 4, 5), int), np.full((4, 4), 0.5)])
def test_what_is_no_label_image_is_refused(labels):
    with pytest.raises(CourseError, match=r"shape|whole"):
        judge(labels, [(1, 1)])


@pytest.mark.parametrize(
    "points",
    [
        np.array([[4, 12, 12, 1], [5, 12, 25, 29]]),  # as np.nonzero has it
        [(0, 4, 5), (0, 12, 12)],  # of a stack
        [4, 5],
        [(4, np.nan)],
    ],
    ids=["rows apart", "with z", "one point", "no number"],
)
def test_points_of_another_form_are_refused(points):
    labels = np.ones((20, 30), int)
    with pytest.raises(CourseError, match=r"\(n, 2\)"):
        judge(labels, points)
    with pytest.raises(CourseError, match=r"\(n, 2\)"):
        judge(labels, [(1, 1)], unclear=points)


@pytest.mark.parametrize("within", [(slice(3),), 5 * [slice(3)], (3, slice(4))])
def test_what_is_judged_is_a_part_of_rows_and_columns(within):
    with pytest.raises(CourseError, match="two slices"):
        judge(np.ones((20, 30), int), [(1, 1)], within=within)
