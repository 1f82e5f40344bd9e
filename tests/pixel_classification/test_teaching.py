"""Teaching as a person does: strokes, corrections, and what was learned in the end."""

import numpy as np

from gpu_course import metrics
from gpu_course.pixel_classification import Recipe, teaching
from gpu_course.pixel_classification.course_classifiers import teach_twice

COLUMNS = np.indices((96, 96))[1]


def stripes(seed):
    """Return a noisy picture of a few bright bars, and their mask."""
    mask = (COLUMNS // 8 + seed) % 3 == 0
    noise = np.random.default_rng(seed).normal(0, 10, mask.shape)
    return (80 + 60 * mask + noise).astype(np.float32), mask


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


def test_two_looks_find_roots_in_a_new_picture():
    pictures, masks = zip(*(stripes(seed) for seed in (0, 1)), strict=True)
    hand = teaching.Hand(strokes=3, length=30, margin=1)
    looks = teach_twice(pictures, masks, Recipe((1, 2)), hand=hand, turns=0, trees=10)
    image, mask = stripes(2)
    assert metrics.dice(mask, looks.probability(image) > 0.5) > 0.85
