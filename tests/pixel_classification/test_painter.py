import numpy as np
import pytest
from scipy import ndimage

from gpu_course.errors import CourseError
from gpu_course.pixel_classification.inputs import strokes
from gpu_course.pixel_classification.painter import paint

ROWS, COLUMNS = np.indices((120, 160))
DISC = np.hypot(ROWS - 60, COLUMNS - 80) < 35


def test_strokes_stay_inside_their_class_and_away_from_its_border():
    painted = paint(DISC, strokes=6, margin=3, seed=2)
    assert set(np.unique(painted)) == {0, 1, 2}
    assert ndimage.distance_transform_edt(DISC)[painted == 2].min() > 3
    assert ndimage.distance_transform_edt(~DISC)[painted == 1].min() > 3


def test_as_many_strokes_as_asked_for_and_none_touches_another():
    painted = paint(DISC, strokes=4, length=20, seed=1)
    numbers = strokes(painted)
    for value in (1, 2):
        assert len(np.unique(numbers[painted == value])) == 4


def test_strokes_are_short_and_as_wide_as_the_brush():
    for width in (1, 5):
        painted = paint(np.where(DISC, 0, 1), strokes=1, length=30, width=width, seed=4)
        assert 0 < np.count_nonzero(painted) <= 31 * (width + 1)
    assert ndimage.binary_erosion(painted, np.ones((3, 3))).any()


def test_same_seed_same_strokes():
    np.testing.assert_array_equal(paint(DISC, seed=3), paint(DISC, seed=3))
    assert (paint(DISC, seed=3) != paint(DISC, seed=4)).any()


def test_unpainted_classes_get_no_stroke():
    assert set(np.unique(paint(np.where(DISC, 2, 0)))) == {0, 2}


def test_a_thin_root_is_painted_along_its_middle():
    root = abs(ROWS - 60) <= 1  # 3 pixels wide: no room for the margin
    painted = paint(np.where(root, 2, 0), strokes=2, margin=4, length=40, seed=0)
    assert np.count_nonzero(painted) > 20
    assert set(np.nonzero(painted)[0]) == {60}


def test_corrections_begin_on_wrong_pixels_only():
    wrong = np.zeros(DISC.shape, bool)
    wrong[50:70, 70:90] = True  # inside the disc
    painted = paint(DISC, strokes=3, length=5, where=wrong, seed=0)
    assert set(np.unique(painted)) == {0, 2}
    assert ndimage.binary_dilation(wrong, iterations=8)[painted > 0].all()


@pytest.mark.parametrize(
    ("classes", "options", "says"),
    [
        (np.zeros((4, 4, 4), bool), {}, "plane"),
        (DISC.astype(float), {}, "plane"),
        (DISC, {"strokes": 0}, "at least 1 stroke"),
        (DISC, {"where": np.ones((3, 3), bool)}, "one shape"),
        (DISC * 300, {}, "255"),
    ],
)
def test_bad_input_is_refused_with_a_cure(classes, options, says):
    with pytest.raises(CourseError, match=says):
        paint(classes, **options)
