import numpy as np
import pytest

from gpu_course import exercises
from gpu_course.errors import CourseError
from gpu_course.lessons.pixel_classification.features_and_forests import figures
from gpu_course.lessons.pixel_classification.features_and_forests.solutions import (
    folds_by_stroke,
)
from gpu_course.lessons.pixel_classification.features_and_forests.validation import (
    accuracy_of,
    dice_by_strokes,
    folds_by_pixel,
)
from gpu_course.pixel_classification import Recipe

FOLDS = "pixel-classification/features-and-forests/grouped-validation"
SCALES = "pixel-classification/features-and-forests/choose-the-scales"
GROUPS = np.repeat([1, 2, 3, 4, 5, 6], 10)


def test_no_stroke_is_in_training_and_test():
    folds = folds_by_stroke(GROUPS, 3)
    assert len(folds) == 3
    for train, test in folds:
        assert not set(GROUPS[train]) & set(GROUPS[test])
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(60))


def test_folds_by_pixel_test_each_once_and_split_strokes():
    folds = folds_by_pixel(60, 3)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(60))
    assert any(set(GROUPS[train]) & set(GROUPS[test]) for train, test in folds)


def test_a_feature_that_names_the_stroke_is_found_out_by_strokes_only():
    # Each stroke has a value of its own, which says nothing of the class.
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(24), 15)
    labels = np.where(rng.permutation(24) % 2, 1, 2)[groups]
    table = (rng.permutation(24)[groups] + 0.01 * rng.normal(size=groups.size))[:, None]
    table = table.astype(np.float32)
    assert accuracy_of(folds_by_pixel(len(labels)), table, labels) > 0.95
    assert accuracy_of(folds_by_stroke(groups), table, labels) < 0.75


def test_accuracy_weighs_classes_alike():
    labels = np.array([1] * 90 + [2] * 10)
    table = np.zeros((100, 1), np.float32)  # nothing to learn from: the larger class wins
    everything = np.arange(100)
    assert accuracy_of([(everything, everything)], table, labels) == 0.5


def test_accuracy_needs_a_test():
    with pytest.raises(CourseError, match="held out"):
        accuracy_of([], np.zeros((4, 1), np.float32), np.array([1, 1, 2, 2]))


def test_dice_by_strokes_tells_a_feature_that_helps_from_one_that_does_not():
    mask = np.tile(np.arange(64) // 16 % 2 == 1, (64, 1))
    noise = np.random.default_rng(0).normal(size=(2, 64, 64)).astype(np.float32)
    helps, useless = noise[:1] + 8 * mask, noise[1:]
    options = {"strokes": 4, "scenes": 2, "draws": 3}
    found = dice_by_strokes([(helps, mask)] * 2, [(helps, mask)], **options)
    assert found.shape == (3,)
    assert found.mean() > 0.9
    assert dice_by_strokes([(useless, mask)] * 2, [(helps, mask)], **options).mean() < 0.8


def test_figures_have_a_panel_for_each_forest_and_a_bar_for_each_number():
    from sklearn.tree import DecisionTreeClassifier

    points = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    labels = (points[:, 0] > 0) + 1
    tree = DecisionTreeClassifier().fit(points, labels)
    figure = figures.borders({"a": tree, "b": tree}, points, labels, ("x", "y"), alt="two")
    assert figure.alt == "two"
    assert [axes.get_title() for axes in figure.axes] == ["a", "b"]
    lines = {"a": {4: np.array([0.1, 0.3]), 8: np.array([0.4, 0.6])}}
    (line,) = figures.strokes(lines, alt="rising").axes[0].lines
    np.testing.assert_allclose(line.get_ydata(), [0.2, 0.5])
    bars = figures.bars({"first": 0.5, "second": 0.25}, across="share", alt="shares").axes[0]
    assert [bar.get_width() for bar in bars.patches] == [0.25, 0.5]  # the first stands on top


def by_pixel(groups, folds):
    return folds_by_pixel(len(groups), folds)


def training_on_the_test(groups, folds):
    return [(np.arange(9), np.arange(9))] * folds


def training_on_one_pixel(groups, folds):
    return [(train[:1], test) for train, test in folds_by_stroke(groups, folds)]


def training_on_the_next_fold(groups, folds):
    tests = [test for _, test in folds_by_stroke(groups, folds)]
    return list(zip(tests[1:] + tests[:1], tests, strict=True))


def too_few(groups, folds):
    return folds_by_stroke(groups, folds)[:2]


def the_first_again_and_again(groups, folds):
    return [folds_by_stroke(groups, folds)[0]] * folds


def a_number(groups, folds):
    return 3


def as_masks(groups, folds):
    everything = np.arange(len(groups))
    pairs = folds_by_stroke(groups, folds)
    return [tuple(np.isin(everything, part) for part in pair) for pair in pairs]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (by_pixel, "Some strokes lie in training"),
        (training_on_the_test, "of the same fold"),
        (training_on_one_pixel, "every pixel that is not in the fold's test"),
        (training_on_the_next_fold, "every pixel that is not in the fold's test"),
        (too_few, "4 folds"),
        (the_first_again_and_again, "only once"),
        (a_number, "list of pairs"),
        (as_masks, "np.flatnonzero"),
    ],
)
def test_grouped_check_names_the_mistake(wrong, says):
    result = exercises.check(FOLDS, wrong)
    assert not result.solved
    assert says in result.message


def blind_to_ridges():
    return Recipe(sigmas=(1,), features=("gaussian",))


def too_wide():
    return Recipe(sigmas=(8, 12), features=("hessian",))


def forty():
    return Recipe(
        sigmas=(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), features=("gaussian", "laplacian", "hessian")
    )


def too_many():
    return Recipe(sigmas=tuple(range(1, 20)))


def no_recipe():
    return (1, 2, 4)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (blind_to_ridges, "ridge"),
        (too_wide, "narrowest blur"),
        (too_many, "below 40"),
        (forty, "below 40"),
        (no_recipe, "Return Recipe"),
    ],
)
def test_scales_check_names_the_mistake(wrong, says):
    result = exercises.check(SCALES, wrong)
    assert not result.solved
    assert says in result.message
