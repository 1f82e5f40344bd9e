"""The scores against hand-counted cases, and against StarDist's own implementation."""

import math

import numpy as np
import pytest

from gpu_course import metrics
from gpu_course.errors import CourseError


def square(*corners, size=4, shape=(20, 20), labels=None):
    """Return a label image with one square per upper-left corner."""
    image = np.zeros(shape, np.int32)
    for number, corner in enumerate(corners, 1):
        where = tuple(slice(start, start + size) for start in corner)
        image[where] = number if labels is None else labels[number - 1]
    return image


def random_labels(seed, shape=(80, 80), objects=25, spacing=1):
    rng = np.random.default_rng(seed)
    image = np.zeros(shape, np.int32)
    for number in range(objects):
        start = rng.integers(0, np.array(shape) - 8)
        size = rng.integers(3, 14, len(shape))
        image[tuple(slice(a, a + b) for a, b in zip(start, size, strict=True))] = (
            1 + number * spacing
        )
    return image


MASK_SCORES = [metrics.dice, metrics.iou, metrics.cl_dice, metrics.centreline_recall]


def test_dice_and_iou_of_two_half_overlapping_squares():
    a, b = square((0, 0)), square((0, 2))  # 16 pixels each, 8 in common
    assert metrics.dice(a, b) == pytest.approx(16 / 32)
    assert metrics.iou(a, b) == pytest.approx(8 / 24)


@pytest.mark.parametrize("score", MASK_SCORES)
def test_mask_scores_at_their_ends(score):
    mask, nothing = square((3, 3)), np.zeros((20, 20), bool)
    assert score(mask, mask) == 1
    assert score(mask, square((12, 12))) == 0
    assert score(nothing, nothing) == 1
    assert score(mask, nothing) == 0
    assert score(nothing, mask) == 0


@pytest.mark.parametrize("score", MASK_SCORES)
def test_mask_scores_in_3d(score):
    volume = square((2, 2, 2), shape=(9, 9, 9))
    assert score(volume, volume) == 1


def test_cl_dice_forgives_thickness_and_punishes_a_missing_root():
    truth = np.zeros((60, 60), bool)
    truth[:, 10:15] = truth[:, 40:45] = True
    thin = np.zeros_like(truth)
    thin[:, 12] = thin[:, 42] = True
    half = truth.copy()
    half[:, 30:] = False
    assert metrics.dice(truth, thin) < 0.4
    assert metrics.cl_dice(truth, thin) > 0.95
    # All that was drawn is right (1), half of what should be drawn is there (0.5).
    assert metrics.cl_dice(truth, half) == pytest.approx(2 / 3, abs=0.02)


def test_centreline_recall_counts_what_is_within_reach():
    line = np.zeros((40, 40), bool)
    line[:, 20] = True
    beside = np.zeros_like(line)
    beside[:20, 23] = True
    assert metrics.centreline_recall(line, beside, tolerance=3) == pytest.approx(0.5)
    assert metrics.centreline_recall(line, beside, tolerance=2) == 0
    with pytest.raises(CourseError, match="tolerance"):
        metrics.centreline_recall(line, beside, tolerance=-1)


def test_a_probability_map_is_no_mask():
    with pytest.raises(CourseError, match="threshold"):
        metrics.dice(np.ones((4, 4)), np.full((4, 4), 0.7))
    assert metrics.dice(np.ones((4, 4)), np.ones((4, 4), np.float32)) == 1


def test_matching_counted_by_hand():
    truth = square((0, 0), (0, 10), (10, 0), labels=[7, 900, 3])
    # The first exactly, the second shifted by 1 (12 of 20), the third missed, one invented.
    prediction = square((0, 0), (1, 10), (15, 15), labels=[1, 2, 70000])
    result = metrics.matching(truth, prediction, 0.5)
    assert (result.tp, result.fp, result.fn) == (2, 1, 1)
    assert result.average_precision == pytest.approx(2 / 4)
    assert result.precision == result.recall == result.f1 == pytest.approx(2 / 3)
    assert result.mean_matched_iou == pytest.approx((1 + 12 / 20) / 2)
    assert result.panoptic_quality == pytest.approx((1 + 12 / 20) / 3)
    assert metrics.matching(truth, prediction, 0.7).tp == 1
    # An IoU of exactly the threshold counts.
    assert metrics.matching(truth, prediction, 0.6).tp == 2


def test_one_object_is_matched_once_at_low_thresholds():
    truth = square((0, 0), size=10)
    prediction = truth.copy()
    prediction[5:10, :10] = 2  # both halves have an IoU of 0.5 with the whole
    result = metrics.matching(truth, prediction, 0.5)
    assert (result.tp, result.fp, result.fn) == (1, 1, 0)


def test_the_assignment_matches_as_many_objects_as_possible():
    # Greedily taking the best pair (A with 1) would leave B without a partner.
    truth, prediction = np.zeros((1, 40), int), np.zeros((1, 40), int)
    truth[0, 0:10], truth[0, 10:20] = 1, 2
    prediction[0, 4:14], prediction[0, 0:4] = 1, 2
    result = metrics.matching(truth, prediction, 0.2)
    assert result.tp == 2


@pytest.mark.parametrize("threshold", [0.1, 0.3, *metrics.THRESHOLDS])
@pytest.mark.parametrize(("shape", "spacing"), [((80, 80), 1), ((80, 80), 977), ((20, 30, 30), 5)])
def test_agrees_with_stardist(shape, spacing, threshold):
    stardist = pytest.importorskip("stardist.matching")
    truth = random_labels(1, shape, spacing=spacing)
    # A third of the objects exactly right, the others shifted, a few covered by one large one.
    prediction = np.where(truth % 3 == 0, truth, np.roll(truth, 1, axis=-1))
    prediction[random_labels(2, truth.shape, objects=2) > 0] = truth.max() + 2
    ours = metrics.matching(truth, prediction, threshold)
    theirs = stardist.matching(truth, prediction, threshold)
    assert (ours.tp, ours.fp, ours.fn) == (theirs.tp, theirs.fp, theirs.fn)
    assert ours.tp > 0
    for mine, name in [
        (ours.average_precision, "accuracy"),
        (ours.precision, "precision"),
        (ours.recall, "recall"),
        (ours.f1, "f1"),
        (ours.mean_matched_iou, "mean_matched_score"),
        (ours.panoptic_quality, "panoptic_quality"),
    ]:
        assert mine == pytest.approx(getattr(theirs, name), abs=1e-6), name


def test_average_precision_over_thresholds_never_rises():
    truth = random_labels(3)
    curve = metrics.average_precision(truth, np.roll(truth, 1, axis=0))
    assert curve.shape == (5,)
    assert (np.diff(curve) <= 0).all()
    assert curve[0] > curve[-1]
    assert metrics.average_precision(truth, truth * 3).tolist() == [1] * 5


def test_average_precision_of_several_images_pools_their_objects():
    one = square((0, 0))
    three = square((0, 0), (0, 8), (8, 0))
    nothing = np.zeros_like(one)
    # 1 of 4 objects found; the mean of the two images' scores would be one half.
    assert metrics.average_precision([one, three], [one, nothing])[0] == pytest.approx(1 / 4)
    with pytest.raises(CourseError, match="2 true and 1 predicted"):
        metrics.average_precision([one, three], [one])
    with pytest.raises(CourseError, match="two lists"):
        metrics.average_precision([one], one)
    with pytest.raises(CourseError, match="0 true"):
        metrics.average_precision([], [])


def test_empty_label_images():
    nothing, something = np.zeros((5, 5), int), square((0, 0), shape=(5, 5))
    for truth, prediction, expected in [
        (nothing, nothing, 1),
        (something, nothing, 0),
        (nothing, something, 0),
    ]:
        result = metrics.matching(truth, prediction)
        for name in ("average_precision", "precision", "recall", "f1", "panoptic_quality"):
            assert getattr(result, name) == expected, name
        assert metrics.average_precision(truth, prediction).tolist() == [expected] * 5


def test_adding_matchings():
    a, b = square((0, 0)), square((0, 0), (8, 8))
    both = metrics.matching(a, a) + metrics.matching(b, a)
    assert (both.tp, both.fp, both.fn, both.summed_iou) == (2, 0, 1, 2)
    with pytest.raises(CourseError, match="different"):
        metrics.matching(a, a, 0.5) + metrics.matching(a, a, 0.6)


def test_count_error():
    two, three = square((0, 0), (8, 8)), square((0, 0), (8, 8), (0, 12), labels=[4, 90, 2])
    assert metrics.count_error(two, three) == pytest.approx(0.5)
    assert metrics.count_error(three, two) == pytest.approx(-1 / 3)
    assert metrics.count_error(np.zeros(4, int), np.zeros(4, int)) == 0
    assert metrics.count_error(np.zeros(4, int), two) == math.inf


@pytest.mark.parametrize("function", [*MASK_SCORES, metrics.matching, metrics.average_precision])
def test_different_shapes_are_refused(function):
    with pytest.raises(CourseError, match="shape"):
        function(np.ones((4, 5), int), np.ones((5, 4), int))


@pytest.mark.parametrize(
    "function", [metrics.matching, metrics.average_precision, metrics.count_error]
)
def test_what_is_no_label_image_is_refused(function):
    good = square((0, 0))
    with pytest.raises(CourseError, match="predicted label image holds negative"):
        function(good, good - 1)
    for wrong in (good * 0.3, good * np.nan, good.astype(str)):
        with pytest.raises(CourseError, match="true label image holds numbers that are not whole"):
            function(wrong, good)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64, np.float32])
def test_the_number_type_of_labels_does_not_matter(dtype):
    truth = random_labels(4)
    expected = metrics.matching(truth, np.roll(truth, 1))
    assert expected.tp > 0
    assert metrics.matching(truth.astype(dtype), np.roll(truth, 1).astype(dtype)) == expected


@pytest.mark.parametrize("threshold", [0, -0.1, 1.1])
def test_thresholds_out_of_range_are_refused(threshold):
    with pytest.raises(CourseError, match="threshold"):
        metrics.matching(square((0, 0)), square((0, 0)), threshold)


def test_renumbered_labels_are_the_same_objects():
    labels = np.array([[0, 1, 1], [2, 2, 0], [0, 7, 7]])
    numbers = np.array([0, 9, 3, 0, 0, 0, 0, 1])
    assert metrics.same_objects(labels, numbers[labels])
    assert metrics.same_objects(np.zeros((2, 2), int), np.zeros((2, 2), int))


@pytest.mark.parametrize(
    "other",
    [
        [[0, 1, 1], [1, 1, 0], [0, 7, 7]],  # two objects merged
        [[0, 1, 3], [2, 2, 0], [0, 7, 7]],  # one split
        [[1, 1, 1], [2, 2, 0], [0, 7, 7]],  # a pixel more
        [[0, 1, 1], [2, 2, 0], [0, 0, 0]],  # one missing
        [[0, 1, 1, 0], [2, 2, 0, 0], [0, 7, 7, 0]],  # another shape
    ],
)
def test_other_objects_are_told_apart(other):
    labels = np.array([[0, 1, 1], [2, 2, 0], [0, 7, 7]])
    assert not metrics.same_objects(labels, np.array(other))
    assert not metrics.same_objects(np.array(other), labels)


SCORES = [
    metrics.average_precision,
    metrics.matching,
    metrics.count_error,
    metrics.same_objects,
    metrics.dice,
    metrics.iou,
]


@pytest.mark.parametrize("score", SCORES)
def test_what_is_hidden_does_not_count_unseen(score):
    image = square((2, 2), (10, 10))
    hidden = np.ma.masked_equal(image, 2)
    for pair in ((hidden, image), (image, hidden)):
        with pytest.raises(CourseError, match="is a masked array"):
            score(*pair)
    score(np.ma.masked_array(image), image)  # nothing is hidden


@pytest.mark.parametrize("wrong", [-1, 0.5, np.nan])
def test_same_objects_are_asked_of_labels(wrong):
    image = square((2, 2), (10, 10)).astype(float)
    with pytest.raises(CourseError, match="label image holds"):
        metrics.same_objects(np.where(image == 2, wrong, image), image)


def test_one_threshold_is_as_good_as_several():
    image = square((2, 2), (10, 10))
    assert metrics.average_precision(image, image, 0.5).tolist() == [1]
    assert metrics.average_precision(image, image, (t for t in (0.5, 0.6))).tolist() == [1, 1]
    with pytest.raises(CourseError, match="IoU threshold is 5"):
        metrics.average_precision(image, image, 5)
