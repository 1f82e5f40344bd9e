import matplotlib
import numpy as np
import pytest

from gpu_course import exercises, metrics
from gpu_course.lessons.pixel_classification.exercise import figures
from gpu_course.pixel_classification import Recipe, course_classifiers, teaching

matplotlib.use("Agg")
NAME = "pixel-classification/exercise/second-look"
ROWS, COLUMNS = np.indices((96, 96))


def stripes(seed):
    """Return a noisy picture of a few bright bars, and their mask."""
    mask = (COLUMNS // 8 + seed) % 3 == 0
    noise = np.random.default_rng(seed).normal(0, 10, mask.shape)
    return (80 + 60 * mask + noise).astype(np.float32), mask


def two_discs(gap):
    labels = np.zeros((96, 96), np.int32)
    for number, column in enumerate((48 - gap, 48 + gap), start=1):
        labels[np.hypot(ROWS - 48, COLUMNS - column) < 14] = number
    return labels


def test_a_taught_classifier_knows_a_scene_it_has_not_seen():
    pictures, masks = zip(*(stripes(seed) for seed in (0, 1)), strict=True)
    hand = teaching.Hand(strokes=3, length=30, margin=1)
    classifier = teaching.teach(pictures, masks, Recipe((1, 2)), hand=hand, trees=10)
    image, mask = stripes(2)
    probability = teaching.foreground(classifier, image)
    assert probability.dtype == np.float32
    assert metrics.dice(mask, probability > 0.5) > 0.85


def test_corrections_keep_the_old_strokes_and_add_to_the_wrong_places():
    _, mask = stripes(0)
    hand = teaching.Hand(strokes=2, length=10, margin=1)
    first = hand.begin(mask, 0)
    found = mask.copy()
    found[:, :48] = False  # misses all bars on the left
    second = hand.correct(mask, found, first, 1)
    np.testing.assert_array_equal(second[first > 0], first[first > 0])
    new = (second > 0) & (first == 0)
    assert new.any()
    assert set(second[new]) == {2}
    assert np.nonzero(new)[1].max() < 60


def test_seams_separate_nuclei_that_touch():
    from skimage.measure import label

    labels = two_discs(13)
    classes = course_classifiers.seams(labels)
    assert set(np.unique(classes)) == {1, 2, 3}
    assert label(labels > 0).max() == 1
    assert label(classes == 2).max() == 2


def test_strokes_on_nuclei_have_all_three_classes():
    painted = course_classifiers.paint_nuclei(two_discs(16))
    classes = course_classifiers.seams(two_discs(16))
    assert set(np.unique(painted)) == {0, 1, 2, 3}
    np.testing.assert_array_equal(painted[painted > 0], classes[painted > 0])


def test_borders_of_bees_that_touch_and_of_bees_alone():
    places = course_classifiers.borders(two_discs(13))
    assert places["bee against bee"][48, 47:50].any()
    assert not places["bee against bee"][:, :40].any()
    assert places["bee against comb"][48, 22]
    assert places["inside a bee"][48, 36]
    assert not (places["inside a bee"] & places["bee against comb"]).any()
    assert not course_classifiers.borders(two_discs(25))["bee against bee"].any()


def test_specks_go_and_roots_stay():
    mask = np.zeros((50, 50), bool)
    mask[10, 5:45] = True
    mask[30:32, 30:32] = True
    kept = course_classifiers.without_specks(mask, smallest=10)
    assert kept[10, 5:45].all()
    assert kept.sum() == 40
    assert not course_classifiers.without_specks(np.zeros((5, 5), bool), smallest=1).any()


def test_second_look_holds_both_in_one_range():
    image = np.full((3, 4), 200, np.uint8)
    look = course_classifiers.second_look(image, np.full((3, 4), 0.5, np.float32))
    assert look.shape == (3, 4, 2)
    assert look.dtype == np.float32
    assert look[0, 0].tolist() == [200, 127.5]


def test_two_looks_find_roots_in_a_new_picture():
    pictures, masks = zip(*(stripes(seed) for seed in (0, 1)), strict=True)
    hand = teaching.Hand(strokes=3, length=30, margin=1)
    looks = course_classifiers.teach_twice(
        pictures, masks, Recipe((1, 2)), hand=hand, turns=0, trees=10
    )
    image, mask = stripes(2)
    assert metrics.dice(mask, looks.probability(image) > 0.5) > 0.85


def test_curves_have_one_line_for_each_group():
    panel = figures.curves_figure({"a": np.arange(9.0), "b": np.ones(4)}, "x").axes[0]
    assert [line.get_label() for line in panel.lines] == ["a", "b"]


def test_check_accepts_the_solution():
    assert exercises.check(NAME, course_classifiers.second_look).solved


def test_check_knows_the_stub():
    assert exercises.check(NAME, lambda image, probability: None).state == "not solved yet"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda image, probability: image[..., None], "give it the probability"),
        (lambda image, probability: 255 * probability[..., None], "give it the image"),
        (lambda image, probability: np.stack([image, 255 * probability]), "axis=-1"),
        (lambda image, probability: np.stack([image] * 5, axis=-1), "up to four"),
    ],
)
def test_check_names_the_mistake(wrong, says):
    result = exercises.check(NAME, wrong)
    assert not result.solved
    assert says in result.message
