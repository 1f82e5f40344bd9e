import numpy as np
import pytest

from gpu_course import metrics
from gpu_course.errors import CourseError
from gpu_course.metrics import protocol


def two_squares(shift=0):
    labels = np.zeros((40, 60), np.int32)
    labels[5:15, 5 + shift : 15 + shift] = 1
    labels[20:35, 30:45] = 2
    return labels


def test_an_interval_holds_the_median_and_shrinks_with_the_number_of_scenes():
    rng = np.random.default_rng(1)
    few, many = (protocol.interval(rng.normal(0.8, 0.1, n)) for n in (10, 400))
    for one in (few, many):
        assert one.low <= one.median <= one.high
    assert many.high - many.low < (few.high - few.low) / 3
    # For a normal distribution the standard error of the median is 1.2533 sigma / sqrt(n).
    assert many.high - many.low == pytest.approx(2 * 1.96 * 1.2533 * 0.1 / 20, rel=0.35)


def test_one_scene_has_an_interval_of_no_width_and_none_has_none():
    assert protocol.interval([0.5]) == (0.5, 0.5, 0.5)
    for wrong in ([], [0.5, np.nan]):
        with pytest.raises(CourseError, match="each scene"):
            protocol.interval(wrong)


def test_objects_are_scored_scene_by_scene_as_the_metrics_say():
    truths, found = [two_squares(), two_squares()], [two_squares(), two_squares(shift=3)]
    scores = protocol.objects(truths, found)
    assert scores["AP@0.5"] == [
        metrics.average_precision(t, f, [0.5])[0] for t, f in zip(truths, found, strict=True)
    ]
    assert scores["AP@0.9"] == [1.0, pytest.approx(1 / 3)]
    assert scores["count error"] == [0.0, 0.0]
    assert set(scores) == {*(f"AP@{iou}" for iou in protocol.IOUS), "PQ", "count error"}


def test_a_tolerant_dice_forgives_width_and_small_shifts_alone():
    line = np.zeros((40, 200), bool)
    line[20] = True
    wide = np.zeros_like(line)
    wide[18:23] = True
    assert metrics.dice(line, wide) < 0.4
    assert protocol.tolerant_dice(line, wide) == 1
    assert protocol.tolerant_dice(line, np.roll(line, 3, axis=0)) == 1
    assert protocol.tolerant_dice(line, np.roll(line, 4, axis=0)) == 0
    half = line.copy()
    half[:, 100:] = False
    assert protocol.tolerant_dice(line, half) == pytest.approx(2 * 0.515 / 1.515, abs=0.001)
    nothing = np.zeros_like(line)
    assert protocol.tolerant_dice(nothing, nothing) == 1
    assert protocol.tolerant_dice(line, nothing) == 0
    with pytest.raises(CourseError, match="same shape"):
        protocol.tolerant_dice(line, nothing[1:])


def test_the_table_has_a_row_for_each_method():
    table = protocol.table({"a": {"Dice": [0.5, 0.7, 0.9]}, "b": {"Dice": [1.0, 1.0, 1.0]}})
    assert table.loc["a", "Dice"].startswith("0.70 (0.50 to 0.90")
    assert table.loc["b", "Dice"] == "1.00 (1.00 to 1.00)"


def test_a_single_scene_is_written_without_an_interval():
    assert protocol.table({"a": {"Dice": [0.5]}}).loc["a", "Dice"] == "0.50"


LINE = np.zeros((9, 40), bool)
LINE[4] = True


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"found": LINE[:, :-1]}, "same shape"),
        ({"found": np.where(LINE, 0.5, 0)}, "Apply a threshold first"),
        ({"found": np.ma.masked_array(LINE, LINE)}, "masked array"),
        ({"tolerance": -1}, "tolerance is -1"),
        ({"tolerance": float("nan")}, "tolerance is nan"),
        ({"tolerance": "3"}, "tolerance is the text"),
    ],
)
def test_a_tolerant_dice_of_what_is_no_mask_is_refused(change, told):
    with pytest.raises(CourseError, match=told):
        protocol.tolerant_dice(**{"truth": LINE, "found": LINE} | change)


@pytest.mark.parametrize("score", [protocol.masks, protocol.objects])
def test_as_many_answers_as_truths_are_needed(score):
    with pytest.raises(CourseError, match="There are 2 truths and 1 answers"):
        score([LINE, LINE], [LINE])


@pytest.mark.parametrize("values", [["a"], [None], [[1, 2], [3]], np.ma.masked_equal([1.0, 2], 2)])
def test_an_interval_of_no_numbers_is_refused(values):
    with pytest.raises(CourseError, match="a score for each scene"):
        protocol.interval(values)
