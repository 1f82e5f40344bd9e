"""The pixel classifier: learns from scribbles, says what it lacks, and cheats in no test."""

import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold, cross_val_score

from gpu_course.errors import CourseError
from gpu_course.metrics import dice
from gpu_course.pixel_classification import (
    PixelClassifier,
    Recipe,
    cross_validate,
    features,
    training,
)

RECIPE = Recipe((1.0, 2.0))


def blobs(ndim=2, seed=0, edge=None):
    """Return bright spots in noise, and where they are."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    shape = (edge or (80 if ndim == 2 else 28),) * ndim
    truth = gaussian_filter(rng.random(shape), 3, mode="wrap") > 0.51
    return (100 * truth + rng.normal(100, 40, shape)).astype(np.float32), truth


def paint(truth, strokes=4, seed=0):
    """Return short scribbles: 1 outside, 2 inside."""
    rng = np.random.default_rng(seed)
    scribbles = np.zeros(truth.shape, np.uint8)
    for value, where in ((1, ~truth), (2, truth)):
        places = np.argwhere(where)
        for place in places[rng.choice(len(places), strokes, replace=False)]:
            box = tuple(slice(max(0, p - 2), p + 3) for p in place)
            scribbles[box][where[box]] = value
    return scribbles


def small(**options):
    return PixelClassifier(options.pop("recipe", RECIPE), trees=20, **options)


@pytest.mark.parametrize("ndim", [2, 3])
def test_it_finds_what_was_painted(ndim):
    image, truth = blobs(ndim)
    classifier = small().fit(image, paint(truth))
    labels = classifier.predict(image)
    assert labels.dtype == np.uint8
    assert set(np.unique(labels)) == {1, 2} == set(classifier.classes)
    threshold = image > 150
    assert dice(truth, labels == 2) > max(0.85, dice(truth, threshold) + 0.05)


def test_colour_tells_apart_what_grey_cannot():
    _, truth = blobs()
    rng = np.random.default_rng(3)
    image = rng.normal(100, 20, (*truth.shape, 3))
    image[..., 0] += 40 * truth
    image[..., 1] -= 40 * truth  # the mean of the colours says nothing
    grey = small().fit(image.mean(axis=-1), paint(truth)).predict(image.mean(axis=-1))
    recipe = Recipe(RECIPE.sigmas, channels=3)
    colour = small(recipe=recipe).fit(image, paint(truth)).predict(image)
    assert dice(truth, colour == 2) > 0.9 > dice(truth, grey == 2)


def test_probabilities_belong_to_the_labels():
    image, truth = blobs()
    scribbles = paint(truth)
    scribbles[scribbles == 2] = 7  # labels need not follow one another
    classifier = small().fit(image, scribbles)
    probability = classifier.predict_proba(image)
    assert probability.dtype == np.float32
    assert probability.shape == (2, *image.shape)
    np.testing.assert_allclose(probability.sum(axis=0), 1, rtol=1e-6)
    labels = np.array(classifier.classes)[probability.argmax(axis=0)]
    np.testing.assert_array_equal(classifier.predict(image), labels)


def test_it_is_scikit_learns_forest_on_the_courses_features():
    from sklearn.ensemble import RandomForestClassifier

    image, truth = blobs()
    scribbles = paint(truth)
    table = features.compute(image, RECIPE).reshape(len(features.names(RECIPE, 2)), -1).T
    painted = scribbles.ravel() > 0
    # The classifier computes on small tiles, whose sums are rounded otherwise: so it is given
    # the same table, to the bit.
    peer = RandomForestClassifier(20, random_state=0).fit(table[painted], scribbles[scribbles > 0])
    ours = small().fit_table(table[painted], scribbles[scribbles > 0])
    np.testing.assert_array_equal(ours.predict(image).ravel(), peer.predict(table))


def test_features_at_hand_give_the_same():
    image, truth = blobs()
    scribbles = paint(truth)
    classifier = small().fit_features(features.compute(image, RECIPE), scribbles)
    labels, probability = classifier.predict_features(features.compute(image, RECIPE))
    np.testing.assert_array_equal(labels, classifier.predict(image))
    np.testing.assert_array_equal(
        labels, classifier.label_features(features.compute(image, RECIPE))
    )
    np.testing.assert_array_equal(probability, classifier.predict_proba(image))


def test_a_window_is_a_part_of_the_whole():
    image, truth = blobs()
    classifier = small().fit(image, paint(truth))
    window = (slice(10, 40), slice(30, 80))
    whole = classifier.predict_proba(image)[:, 10:40, 30:80]
    np.testing.assert_allclose(classifier.predict_proba(image, window=window), whole, atol=0.051)
    assert (
        classifier.predict(image, window=window) == classifier.predict(image)[window]
    ).mean() > 0.999


def test_tiles_do_not_show(monkeypatch):
    image, truth = blobs()
    scribbles = paint(truth)
    classifier = small().fit(image, scribbles)
    plain = classifier.predict(image)
    monkeypatch.setitem(features.TILE, 2, 23)
    monkeypatch.setitem(training.TILE, 2, 9)
    assert (classifier.predict(image) == plain).mean() > 0.999
    assert (small().fit(image, scribbles).predict(image) == plain).mean() > 0.99


def test_the_same_seed_gives_the_same_and_another_another():
    image, truth = blobs()
    scribbles = paint(truth)
    first, second = (small(seed=4).fit(image, scribbles).predict_proba(image) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert (small(seed=5).fit(image, scribbles).predict_proba(image) != first).any()


def test_pytorch_gives_numpys_labels():
    torch = pytest.importorskip("torch")
    image, truth = blobs()
    classifier = small().fit(torch.asarray(image), torch.asarray(paint(truth)))
    result = classifier.predict(torch.asarray(image))
    assert isinstance(result, torch.Tensor)
    # Features differ in their last digit, so that a pixel on a threshold may fall either way.
    assert (result.numpy() == classifier.predict(image)).mean() > 0.999
    assert isinstance(classifier.predict_proba(torch.asarray(image)), torch.Tensor)


def test_nothing_but_the_array_standard_is_used():
    strict = pytest.importorskip("array_api_strict")
    image, truth = blobs()
    classifier = small().fit(image, paint(truth))
    there = strict.asarray(image, device=strict.Device("device1"), copy=True)
    assert (classifier.predict(there)._array == classifier.predict(image)).mean() > 0.999
    close = np.abs(classifier.predict_proba(there)._array - classifier.predict_proba(image)) < 1e-6
    assert close.mean() > 0.99


def test_several_images_teach_together():
    one, two = blobs(seed=1), blobs(seed=2)
    # The first image shows only what is outside, the second only what is inside.
    outside, inside = paint(one[1]), paint(two[1])
    outside[outside == 2] = 0
    inside[inside == 1] = 0
    classifier = small().fit([one[0], two[0]], [outside, inside])
    assert dice(one[1], classifier.predict(one[0]) == 2) > 0.8


def test_painted_pixels_come_in_their_order_with_their_strokes():
    image, truth = blobs()
    scribbles = np.zeros(truth.shape, np.uint8)
    scribbles[5, 5:9] = 1
    scribbles[6, 9] = 1  # touches the first by a corner
    scribbles[70, 70] = 2
    scribbles[7, 9] = 2  # touches too, but is another class
    table, labels, groups = training.painted([image, image], [scribbles, scribbles], RECIPE)
    np.testing.assert_array_equal(labels, [1, 1, 1, 1, 1, 2, 2] * 2)
    assert len(np.unique(groups)) == 6
    assert len(set(groups[:5])) == 1
    assert not set(groups[:7]) & set(groups[7:])
    everywhere = features.compute(image, RECIPE)[:, scribbles > 0].T
    np.testing.assert_allclose(table[:7], everywhere, rtol=1e-3, atol=1e-3)


def test_importances_name_the_feature_that_tells():
    rng = np.random.default_rng(0)
    image = rng.normal(100, 1, (60, 60))
    image[:, 30:] += 50
    scribbles = np.zeros(image.shape, np.uint8)
    scribbles[10:50, 5:10] = 1
    scribbles[10:50, 50:55] = 2
    share = small().fit(image, scribbles).importances()
    assert next(iter(share)).startswith("gaussian")
    assert sum(share.values()) == pytest.approx(1)
    assert list(share.values()) == sorted(share.values(), reverse=True)
    assert set(share) == set(features.names(RECIPE, 2))


def test_cross_validation_never_tests_on_a_stroke_it_learned_from():
    # Each stroke has a brightness of its own and classes mean nothing: who may peek at the rest
    # of a stroke knows all, who may not can only guess.
    rng = np.random.default_rng(0)
    image = np.zeros((120, 120), np.float32)
    scribbles = np.zeros(image.shape, np.uint8)
    for number in range(36):
        box = (slice(20 * (number // 6), 20 * (number // 6) + 12),)
        box += (slice(20 * (number % 6), 20 * (number % 6) + 12),)
        image[box] = rng.random() * 100
        scribbles[box] = 1 + number % 2
    recipe = Recipe((0.0,), ("gaussian",))
    result = cross_validate(small(recipe=recipe), image, scribbles)
    assert result["strokes"] == 36
    assert len(result["accuracy"]) == 5
    assert np.mean(result["accuracy"]) < 0.75
    table, labels, _ = training.painted([image], [scribbles], recipe)
    # Where pixels are dealt one by one, neighbours tell.
    forest = small().estimator(len(labels))
    deal = StratifiedKFold(5, shuffle=True, random_state=0)
    assert cross_val_score(forest, table, labels, cv=deal).mean() > 0.95


def test_cross_validation_scores_each_class_and_teaches_nothing():
    image, truth = blobs()
    classifier = small()
    result = cross_validate(classifier, image, paint(truth), folds=3)
    assert set(result["f1"]) == {1, 2}
    assert min(result["f1"].values()) > 0.6
    assert len(result["accuracy"]) == 3
    assert classifier.forest is None


# --- refusals -----------------------------------------------------------------------------------


def test_an_empty_scribble_and_one_class_are_refused():
    image, truth = blobs()
    scribbles = paint(truth)
    for bad in (np.zeros_like(scribbles), np.where(scribbles == 2, 2, 0)):
        with pytest.raises(CourseError, match="at least two classes"):
            small().fit(image, bad)
        with pytest.raises(CourseError, match="at least two classes"):
            small().fit_features(features.compute(image, RECIPE), bad)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (np.zeros((5, 5), np.uint8), "shape"),
        (np.zeros((80, 80), np.float32), "integers"),
        (np.full((80, 80), -1), "from -1"),
        (np.full((80, 80), 300), "255"),
    ],
)
def test_scribbles_that_do_not_fit_are_refused(bad, words):
    with pytest.raises(CourseError, match=words):
        small().fit(blobs()[0], bad)


def test_an_image_with_holes_is_refused():
    image, truth = blobs()
    classifier = small().fit(image, paint(truth))
    image[3, 3] = np.nan
    with pytest.raises(CourseError, match="missing"):
        classifier.predict(image)
    with pytest.raises(CourseError, match="missing"):
        small().fit(image, paint(truth))


def test_an_image_of_another_kind_is_refused():
    image, truth = blobs()
    classifier = small().fit(image, paint(truth))
    with pytest.raises(CourseError, match="2 axes"):
        classifier.predict(np.ones((4, 5, 6)))
    with pytest.raises(CourseError, match="some 3D"):
        small().fit([image, np.ones((4, 5, 6))], [paint(truth), np.ones((4, 5, 6), int)])
    with pytest.raises(CourseError, match="one each"):
        small().fit([image, image], [paint(truth)])
    with pytest.raises(CourseError, match="features"):
        classifier.fit_table(np.ones((4, 3), np.float32), np.array([1, 1, 2, 2], np.uint8))


def test_who_has_learned_nothing_says_so(tmp_path):
    image, _ = blobs()
    for call in (
        lambda: small().predict(image),
        lambda: small().predict_proba(image),
        lambda: small().predict_features(np.ones((4, 3, 3), np.float32)),
        lambda: small().importances(),
        lambda: small().save(tmp_path / "model.npz"),
    ):
        with pytest.raises(CourseError, match="learned nothing"):
            call()


def test_strokes_too_few_to_deal_are_refused():
    image, truth = blobs()
    scribbles = np.zeros(truth.shape, np.uint8)
    scribbles[2, 2:9] = 1
    scribbles[9, 2:9] = 2
    scribbles[20, 2:9] = 2
    with pytest.raises(CourseError, match="two separate strokes"):
        cross_validate(small(), image, scribbles)
    scribbles[30, 2:9] = 1
    assert cross_validate(small(), image, scribbles)["strokes"] == 4
    with pytest.raises(CourseError, match="folds"):
        cross_validate(small(), image, scribbles, folds=1)


@pytest.mark.parametrize(
    "options",
    [
        {"trees": 0}, {"depth": 0}, {"trees": 2.5}, {"trees": True}, {"trees": 10_001},
        {"depth": 2000}, {"seed": None}, {"seed": -1},
    ],
)  # fmt: skip
def test_a_forest_that_cannot_be_is_refused(options):
    with pytest.raises(CourseError, match="Give a whole number from"):
        PixelClassifier(RECIPE, **options)


def test_a_recipe_must_be_one():
    with pytest.raises(CourseError, match="is no recipe"):
        PixelClassifier((1, 2))


def test_numbers_of_numpy_are_saved_too(tmp_path):
    image, truth = blobs()
    scribbles = np.where(np.indices(truth.shape).sum(0) % 7 == 0, 1 + truth, 0)
    made = PixelClassifier(RECIPE, trees=np.int64(3), depth=np.int32(5), seed=np.uint8(1))
    made.fit(image, scribbles).save(tmp_path / "model.npz")
    loaded = PixelClassifier.load(tmp_path / "model.npz")
    assert np.array_equal(loaded.predict(image), made.predict(image))


@pytest.mark.parametrize("window", [(1, 2), slice(1, 3), (slice(0, 2), ...)])
def test_a_window_must_be_made_of_slices(window):
    image, truth = blobs()
    scribbles = np.where(np.indices(truth.shape).sum(0) % 7 == 0, 1 + truth, 0)
    with pytest.raises(CourseError, match="slices"):
        small().fit(image, scribbles).predict(image, window=window)
