"""Features and forest in the page are those of the course's pixel classifier."""

import numpy as np
import pytest

from gpu_course.lessons.pixel_classification.introduction.textures import two_textures
from gpu_course.pixel_classification import PixelClassifier, Recipe, features, paint
from tests.live.conftest import as_array, as_text

pytestmark = pytest.mark.browser

RECIPE = Recipe(sigmas=(1, 2, 4, 8))
TREES = 50
FEATURES = """async ([flat, width, height]) => {
  const { connect } = await import("/live/gpu.js");
  const { compute, kernels } = await import("/live/features.js");
  const gpu = await connect();
  try {
    const picture = { grey: toArray(flat), width, height };
    return toText(await gpu.read(compute(gpu, await kernels(gpu), picture)));
  } finally { gpu.close(); }
}"""
TRAIN = """async ([flat, labels, how]) => {
  const { packed, train } = await import("/live/forest.js");
  const trees = [...train(toArray(flat), toArray(labels, Uint8Array), how)];
  const { nodes, shares, roots } = packed(trees, how.classes);
  return [nodes, shares, roots].map(toText);
}"""
WHOLE = """async ([flat, width, height, marks, classes]) => {
  const { connect } = await import("/live/gpu.js");
  const { Learner } = await import("/live/paint-steps.js");
  const gpu = await connect();
  try {
    const picture = { grey: toArray(flat), width, height };
    const learner = await Learner.on(gpu, picture);
    const { labels, probability } = await learner.answer(toArray(marks, Uint8Array), classes);
    return [labels, probability].map(toText);
  } finally { gpu.close(); }
}"""


@pytest.fixture(scope="module")
def scene():
    """The chapter's picture of two grains, in whole grey values, and its six strokes."""
    image, fine = two_textures()
    whole = np.clip(np.rint(image), 0, 255).astype(np.float32)
    return whole, paint(fine, strokes=3, length=60, seed=1)


@pytest.fixture(scope="module")
def table(scene):
    image, scribbles = scene
    return features.compute(image, RECIPE)[:, scribbles > 0], scribbles[scribbles > 0] - 1


def grown(page, table, labels, **how):
    """Return the page's forest: feature, threshold, left, right, shares, roots."""
    how = {"classes": int(labels.max()) + 1, "trees": TREES} | how
    sent = [as_text(np.ascontiguousarray(table, np.float32)), as_text(labels.astype(np.uint8)), how]
    nodes, shares, roots = page.evaluate(TRAIN, sent)
    flat = as_array(nodes, np.int32).reshape(-1, 4)
    threshold = np.ascontiguousarray(flat[:, 1]).view(np.float32)
    shares = as_array(shares, np.float32).reshape(-1, how["classes"])
    return flat[:, 0], threshold, flat[:, 2], flat[:, 3], shares, as_array(roots, np.uint32)


def sklearns(table, labels, trees=TREES, **how):
    """Return scikit-learn's forest in the same form."""
    classifier = PixelClassifier(RECIPE, trees=trees, **how).fit_table(table.T, labels + 1)
    names = ("feature", "threshold", "left", "right", "probability", "roots")
    return [getattr(classifier.forest, name) for name in names]


def same(one, other):
    for mine, expected in zip(one, other, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("shape", [(256, 256), (37, 50), (1, 9), (70, 3)])
def test_features_are_those_of_the_course(page, scene, shape):
    image = np.ascontiguousarray(scene[0][: shape[0], : shape[1]])
    found = page.evaluate(FEATURES, [as_text(image), shape[1], shape[0]])
    expected = features.compute(image, RECIPE)
    difference = np.abs(as_array(found, np.float32).reshape(expected.shape) - expected)
    assert difference.max() <= 1e-4 * np.ptp(image)


def test_the_same_table_grows_the_same_trees_as_scikit_learn(page, table):
    same(grown(page, *table), sklearns(*table))
    same(grown(page, *table, seed=7), sklearns(*table, seed=7))


def test_constant_features_equal_values_and_three_classes(page):
    rng = np.random.default_rng(0)
    table = rng.integers(0, 4, (16, 300)).astype(np.float32)
    table[[2, 5]] = 7  # says nothing anywhere
    table[3, :200] = -1e-12  # says nothing in a part
    table[4] *= 1e9
    labels = rng.integers(0, 3, 300).astype(np.uint8)
    same(grown(page, table, labels), sklearns(table, labels))


def test_more_pixels_than_a_tree_draws(page):
    rng = np.random.default_rng(1)
    table = rng.normal(size=(16, 6000)).astype(np.float32)
    labels = (table[0] + rng.normal(size=6000) > 0).astype(np.uint8)
    same(grown(page, table, labels, trees=1), sklearns(table, labels, trees=1))


def test_strokes_give_the_answer_of_the_course(page, scene):
    image, scribbles = scene
    height, width = image.shape
    sent = [as_text(image), width, height, as_text(scribbles), 2]
    labels, probability = page.evaluate(WHOLE, sent)
    classifier = PixelClassifier(RECIPE, trees=TREES).fit(image, scribbles)
    agree = as_array(labels, np.uint8).reshape(image.shape) == classifier.predict(image)
    assert agree.mean() >= 0.99
    found = as_array(probability, np.float32).reshape(2, height, width)
    apart = np.abs(found - classifier.predict_proba(image))
    assert apart.mean() < 0.01


def test_exported_trees_walk_on_the_gpu_as_in_python(page, scene):
    image, scribbles = scene
    classifier = PixelClassifier(RECIPE, trees=TREES).fit(image, scribbles)
    forest = classifier.forest
    nodes = np.stack(
        [forest.feature, forest.threshold.view(np.int32), forest.left, forest.right], axis=1
    ).astype(np.int32)
    table = features.compute(image, RECIPE)
    found = page.evaluate(
        """async ([table, nodes, shares, roots, pixels]) => {
          const { connect } = await import("/live/gpu.js");
          const { kernel, walk } = await import("/live/forest.js");
          const gpu = await connect();
          try {
            const packed = { nodes: toArray(nodes, Int32Array), shares: toArray(shares),
                             roots: toArray(roots, Uint32Array) };
            const features = gpu.upload(toArray(table));
            return toText(await walk(gpu, await kernel(gpu), packed, 2, features, pixels));
          } finally { gpu.close(); }
        }""",
        [
            as_text(table), as_text(nodes), as_text(forest.probability.astype(np.float32)),
            as_text(forest.roots.astype(np.uint32)), image.size,
        ],
    )  # fmt: skip
    expected = classifier.predict_proba(image)
    shares = as_array(found, np.float32).reshape(expected.shape)
    np.testing.assert_allclose(shares, expected, atol=1e-5)
