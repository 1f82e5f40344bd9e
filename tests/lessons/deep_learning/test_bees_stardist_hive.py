"""The hive photograph: what may be learned from, and how the rest is judged."""

import dataclasses

import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.lessons.deep_learning.bees_stardist import hive, hive_figures, hive_points


@pytest.fixture(scope="module")
def photograph():
    """Return a stand-in as large as the photograph: every pixel tells its column."""
    columns = np.arange(4000) // 16
    image = np.broadcast_to(columns.astype(np.uint8), (3000, 4000)).copy()
    return Sample("beesbook", "test", 0, image, "YX")


@pytest.mark.parametrize(
    "columns",
    [slice(1500, 2001), slice(2000, 2800), slice(0, 4000), slice(0, None), slice(-2500, -2000)],
)
def test_the_right_half_is_refused(photograph, columns):
    with pytest.raises(CourseError, match="last judgement"):
        hive.cut(photograph, (slice(0, 800), columns), "train", 0)


def test_no_test_scene_is_cut(photograph):
    with pytest.raises(CourseError, match="train"):
        hive.cut(photograph, hive.VALIDATION, "test", 0)


@pytest.mark.parametrize("change", ["name", "size"])
def test_another_photograph_is_refused(photograph, change):
    other = (
        dataclasses.replace(photograph, name="bees")
        if change == "name"
        else dataclasses.replace(photograph, image=photograph.image[:, :2000])
    )
    with pytest.raises(CourseError, match="whole hive photograph"):
        hive.left_half_samples(other)


def test_samples_come_from_the_left_half_alone(photograph):
    training, validation = hive.left_half_samples(photograph)
    assert [s.split for s in training + validation] == ["train", "train", "validation"]
    for sample in training + validation:
        assert sample.labels.shape == sample.image.shape
        assert min(sample.image.shape) >= 256  # a patch fits
        assert sample.image.max() < hive.MIDDLE / 16
    # All that was drawn is somewhere; bees on a cut may be in two windows.
    assert sum(s.labels.max() for s in training + validation) >= len(hive.outlines())


def test_training_and_validation_share_no_pixel():
    seen = np.zeros((3000, 4000), np.uint8)
    for window in (*hive.TRAINING, hive.VALIDATION):
        seen[window] += 1
    assert seen.max() == 1
    assert not seen[:, hive.MIDDLE :].any()


def test_labels_lie_where_they_were_drawn(photograph):
    _, (validation,) = hive.left_half_samples(photograph)
    rows, columns = hive.VALIDATION
    inside = 0
    for bee in hive.outlines():
        row = (bee.head_row + bee.tail_row) / 2 - rows.start
        column = (bee.head_column + bee.tail_column) / 2
        if row > 0 and column < columns.stop:
            assert validation.labels[int(row * hive.SCALE), int(column * hive.SCALE)] > 0
            inside += 1
    assert inside >= 10


def test_a_drawn_bee_has_its_length_and_width():
    labels = hive.draw([hive.Outline(50, 20, 50, 120, 40)], (100, 140))
    rows, columns = np.nonzero(labels)
    assert np.ptp(columns) == pytest.approx(100, abs=1)
    assert np.ptp(rows) == pytest.approx(40, abs=1)
    half = hive.draw([hive.Outline(50, 20, 50, 120, 40)], (50, 70), 0.5)
    assert half.astype(bool).sum() == pytest.approx(len(rows) / 4, rel=0.05)


def test_later_bees_lie_on_top():
    bees = [hive.Outline(50, 20, 50, 120, 40), hive.Outline(10, 70, 90, 70, 30)]
    assert hive.draw(bees, (100, 140))[50, 70] == 2


def test_points_and_outlines_keep_to_their_halves():
    points = hive_points.reference()
    assert len(points.bees) == 40
    assert len(points.unclear) == 5
    for where in points:
        assert (where[:, 1] >= hive.MIDDLE).all()
        assert (where[:, 1] < hive_points.FRAME).all()
    for bee in hive.outlines():
        assert min(bee.head_column, bee.tail_column) < hive.MIDDLE
        assert 60 < bee.width < 100


def test_random_scenes_vary_and_do_not_depend_on_their_number():
    two, three = hive.random_scenes(2), hive.random_scenes(3)
    for one, same in zip(two, three, strict=False):
        np.testing.assert_array_equal(one.image, same.image)
    assert not np.array_equal(three[0].image, three[2].image)
    assert all(s.split == "train" and s.labels.any() for s in three)


POINTS = hive_points.Reference(
    np.array([[10.0, 2100], [10, 2300], [30, 2305]]), np.array([[10.0, 2500]])
)


def objects(*boxes):
    """Return labels with a box of 20 × 20 pixels around each (row, column)."""
    labels = np.zeros((60, 4000), np.int32)
    for number, (row, column) in enumerate(boxes, start=5):
        labels[max(row - 10, 0) : row + 10, column - 10 : column + 10] = number
    return labels


@pytest.mark.parametrize(
    ("boxes", "found", "wrong"),
    [
        ([(10, 2100), (10, 2300), (30, 2305)], 3, 0),
        ([], 0, 0),
        ([(10, 2100), (10, 2200)], 1, 1),  # one beside all points
        ([(10, 2100), (10, 2500)], 1, 0),  # unclear: neither right nor wrong
        ([(10, 2100), (10, 1500), (10, 3900)], 1, 0),  # outside what is judged
    ],
)
def test_judging(boxes, found, wrong):
    judged = hive_points.judge(objects(*boxes), POINTS)
    assert (judged.found, judged.missed, judged.wrong) == (found, 3 - found, wrong)


def test_an_object_over_two_bees_finds_one():
    labels = np.zeros((60, 4000), np.int32)
    labels[:, 2290:2320] = 1
    judged = hive_points.judge(labels, POINTS)
    assert (judged.found, judged.missed, judged.wrong) == (1, 2, 0)


def test_f1_of_a_hand_counted_case():
    row = hive_points.Judgement(found=6, missed=2, wrong=4).row()
    assert row["precision"] == 0.6
    assert row["recall"] == 0.75
    assert row["point F1"] == pytest.approx(2 * 0.6 * 0.75 / 1.35)


def test_labels_of_a_crop_are_refused():
    with pytest.raises(CourseError, match="whole photograph"):
        hive_points.judge(np.zeros((100, 100), np.int32))


def test_enlarged_labels_keep_their_places():
    small = np.array([[0, 1], [2, 3]])
    large = hive_points.enlarge(small, (6, 4))
    np.testing.assert_array_equal(large, np.kron(small, np.ones((3, 2), int)))


def test_pictures_can_be_drawn(photograph):
    labels = np.zeros(photograph.image.shape, np.int32)
    labels[2500:2600, 2500:2700] = 1
    assert len(hive_figures.overview(photograph.image, labels, alt="A hive.").axes) == 1
    answers = {"first": labels, "second": labels}
    both = hive_figures.crowd(photograph.image, answers, alt="A crowd, twice.")
    assert len(both.axes) == 2
