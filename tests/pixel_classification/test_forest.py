"""The forest as arrays gives scikit-learn's labels to the last."""

import dataclasses

import numpy as np
import pytest

from gpu_course.pixel_classification.forest import Forest
from gpu_course.pixel_classification.integrity import problem


def fitted(classes=2, *, trees=15, depth=None, seed=0, features=6, levels=None):
    from sklearn.ensemble import RandomForestClassifier

    rng = np.random.default_rng(seed)
    table = rng.random((400, features)).astype(np.float32)
    if levels:
        table = np.round(table * levels)
    labels = (table[:, 0] + table[:, 1] + rng.random(400) > 1.5 * (levels or 1)).astype(int)
    labels = 1 + (labels + (table[:, 2] > 0.5 * (levels or 1)) * rng.integers(classes)) % classes
    labels[:classes] = np.arange(1, classes + 1)
    return RandomForestClassifier(trees, max_depth=depth, random_state=seed).fit(table, labels)


def pixels(features=6, count=3000, levels=None, seed=9):
    table = np.random.default_rng(seed).random((count, features)).astype(np.float32)
    return np.round(table * levels) if levels else table


CASES = {
    "two classes": {},
    "five classes": {"classes": 5},
    "shallow": {"depth": 3},
    "one tree": {"trees": 1},
    "an even number of trees, so that votes tie": {"trees": 2, "depth": 2},
    # Thresholds lie halfway between whole numbers, and many pixels have the same features.
    "whole numbers": {"levels": 4, "trees": 10},
    "one question": {"depth": 1, "trees": 4},
}


def made(model, library):
    """Return the forest; one that comes from a file has the arrays alone."""
    forest = Forest.from_sklearn(model)
    return dataclasses.replace(forest, fitted=()) if "file" in library else forest


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("library", ["numpy", "numpy, from a file", "torch"])
def test_probabilities_are_scikit_learns_to_the_last_bit(case, library):
    options = CASES[case]
    model = fitted(**options)
    table = pixels(levels=options.get("levels"))
    features = np.ascontiguousarray(table.T)
    if library == "torch":
        features = pytest.importorskip("torch").asarray(features)
    forest = made(model, library)
    result = np.asarray(forest.predict_proba(features)).T
    np.testing.assert_array_equal(result, model.predict_proba(table))
    labels = model.classes_[result.argmax(axis=1)]
    np.testing.assert_array_equal(labels, model.predict(table))
    winners = np.asarray(forest.predict(features))
    np.testing.assert_array_equal(model.classes_[winners], model.predict(table))


def test_labels_are_right_where_trees_are_left_out():
    # Two classes far apart, so that most pixels are decided early, and some never.
    from sklearn.ensemble import RandomForestClassifier

    rng = np.random.default_rng(0)
    table = rng.random((500, 3)).astype(np.float32)
    labels = (table[:, 0] + 0.1 * rng.random(500) > 0.55).astype(int)
    model = RandomForestClassifier(64, random_state=0).fit(table, labels)
    asked = []
    forest = Forest.from_sklearn(model)
    walk, shares = forest._walks[-1]

    def spy(part):
        asked.append(len(part))
        return walk(part)

    forest._walks[-1] = (spy, shares)
    many = pixels(features=3, count=5000)
    np.testing.assert_array_equal(forest.predict(many.T), model.predict(many))
    assert 0 < sum(asked) < 2500


def test_ties_really_occur_in_these_tests():
    options = CASES["whole numbers"]
    probability = fitted(**options).predict_proba(pixels(levels=options["levels"]))
    assert (probability[:, 0] == probability[:, 1]).any()


@pytest.mark.parametrize("library", ["numpy", "numpy, from a file", "torch"])
def test_a_pixel_on_a_threshold_goes_the_way_scikit_learn_sends_it(library):
    model = fitted(trees=5)
    thresholds = np.concatenate([t.tree_.threshold[t.tree_.feature >= 0] for t in model])
    # The single precision numbers around every threshold, in every feature at once.
    near = thresholds.astype(np.float32)
    near = np.concatenate([near, np.nextafter(near, np.float32(2)), np.nextafter(near, -near)])
    table = np.repeat(near[:, None], 6, axis=1).astype(np.float32)
    features = np.ascontiguousarray(table.T)
    if library == "torch":
        features = pytest.importorskip("torch").asarray(features)
    result = np.asarray(made(model, library).predict_proba(features)).T
    np.testing.assert_array_equal(result, model.predict_proba(table))


def test_thresholds_are_rounded_down_never_up():
    model = fitted()
    exact = np.concatenate([tree.tree_.threshold for tree in model])
    forest = Forest.from_sklearn(model)
    asks = forest.feature >= 0
    assert (forest.threshold[asks] <= exact[asks]).all()
    assert (np.nextafter(forest.threshold[asks], np.float32(np.inf)) > exact[asks]).all()


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_pixels_may_come_in_any_shape_and_in_several_parts(library, monkeypatch):
    from gpu_course.pixel_classification import forest as module

    monkeypatch.setattr(module, "CHUNK", 100)
    monkeypatch.setattr(module, "AT_ONCE", 1500)
    model = fitted()
    features = np.ascontiguousarray(pixels(count=1001).T).reshape(6, 7, 11, 13)
    given = features if library == "numpy" else pytest.importorskip("torch").asarray(features)
    result = np.asarray(Forest.from_sklearn(model).predict_proba(given))
    expected = model.predict_proba(features.reshape(6, -1).T).T.reshape(2, 7, 11, 13)
    np.testing.assert_array_equal(result, expected)


def test_features_of_another_recipe_are_refused():
    from gpu_course.errors import CourseError

    forest = Forest.from_sklearn(fitted())
    for ask in (forest.predict, forest.predict_proba):
        with pytest.raises(CourseError, match="learned from 6 features and these are 5"):
            ask(np.zeros((5, 10), np.float32))


def test_features_that_are_a_view_are_read_right():
    model = fitted()
    features = pixels(count=4000).T.reshape(6, 40, 100)[:, ::2, 10:90]
    result = Forest.from_sklearn(model).predict_proba(features)
    expected = model.predict_proba(features.reshape(6, -1).T).T.reshape(2, 20, 80)
    np.testing.assert_array_equal(result, expected)


def test_depth_counts_questions():
    for depth in (1, 3):
        assert Forest.from_sklearn(fitted(depth=depth)).depth == depth
    model = fitted()
    assert Forest.from_sklearn(model).depth == max(t.get_depth() for t in model)


def test_trees_follow_one_another():
    model = fitted(trees=4)
    sizes = [part.stop - part.start for part in Forest.from_sklearn(model).trees()]
    assert sizes == [tree.tree_.node_count for tree in model]


def test_a_real_forest_has_no_problem():
    for options in CASES.values():
        model = fitted(**options)
        assert problem(Forest.from_sklearn(model), len(model.classes_)) is None


def changed(name, index, value):
    def change(forest):
        array = getattr(forest, name).copy()
        array[index] = value
        return dataclasses.replace(forest, **{name: array})

    return change


def two_ways_to_one_node(forest):
    right = forest.right.copy()
    right[0] = forest.left[0]
    return dataclasses.replace(forest, right=right)


FAULTS = {
    "a way back": (changed("left", 1, 0), "astray"),
    "a circle": (changed("left", 0, 0), "astray"),
    "a way out": (changed("right", 0, 10**6), "astray"),
    "a negative way": (changed("left", 0, -5), "astray"),
    "a leaf that leads on": (
        lambda f: changed("right", int(np.flatnonzero(f.feature < 0)[0]), 0)(f),
        "astray",
    ),
    "a way into the next tree": (lambda f: changed("right", 0, int(f.roots[1]) + 1)(f), "astray"),
    "two ways to one node": (two_ways_to_one_node, "astray"),
    "an unknown feature": (changed("feature", 0, 6), "features"),
    "a negative feature": (changed("feature", 0, -2), "features"),
    "a threshold that is none": (changed("threshold", 0, np.nan), "missing"),
    "an infinite share": (changed("probability", (0, 0), np.inf), "missing"),
    "a negative share": (changed("probability", 0, (-1.0, 2.0)), "add up"),
    "shares of more than all": (changed("probability", 0, (1.0, 1.0)), "add up"),
    "roots out of order": (lambda f: dataclasses.replace(f, roots=f.roots[::-1]), "follow"),
    "no trees": (lambda f: dataclasses.replace(f, roots=f.roots[:0]), "no tree"),
    "arrays of two lengths": (lambda f: dataclasses.replace(f, left=f.left[:-1]), "length"),
    "a class too many": (
        lambda f: dataclasses.replace(f, probability=np.pad(f.probability, ((0, 0), (0, 1)))),
        "classes",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_forged_forest_is_found_out(name):
    change, words = FAULTS[name]
    assert words in problem(change(Forest.from_sklearn(fitted())), 2)


def test_a_forest_too_deep_to_walk_is_found_out():
    count = 3001  # a chain of 1500 questions, each with one leaf beside it
    inner = np.arange(count) % 2 == 0
    inner[-1] = False
    own = np.arange(count, dtype=np.int32)
    forest = Forest(
        feature=np.where(inner, 0, -1).astype(np.int32),
        threshold=np.zeros(count, np.float32),
        left=np.where(inner, own + 1, own).astype(np.int32),
        right=np.where(inner, own + 2, own).astype(np.int32),
        probability=np.full((count, 2), 0.5),
        roots=np.zeros(1, np.int32),
        features=1,
    )
    assert "deep" in problem(forest, 2)
