"""Features and forests: every image, scribble and number, against scipy and scikit-learn."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from gpu_course.pixel_classification import PixelClassifier, Recipe, features
from tests.fuzz.things import NUMBERS, REFUSED, answer, cases, close, images

HELD = ("array",) * 6 + ("list", "torch", "nothing masked")
#: Whose squares float32 holds.
UNITS = (1e-9, 1e-3, 1.0, 1.0, 255.0, 65535.0, 1e9)


@given(images(containers=HELD, units=UNITS), st.sampled_from((0.5, 1.0, 2.0)))
def test_features_are_those_of_scipy_or_refused(image, sigma):
    found = answer(features.compute, image.held, Recipe((sigma,), ("gaussian", "laplacian")))
    assert (found is REFUSED) == (not image.usable)
    if found is REFUSED:
        return
    wanted = ndimage.gaussian_filter(image.values, sigma, mode="nearest", radius=int(4 * sigma))
    close(found[0], wanted, 1e-3)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_recipe_is_one_or_refused(sigma, channels, voxel):
    answer(Recipe, sigma)
    answer(Recipe, (sigma, 1.0), ("gaussian",), channels=channels)
    answer(Recipe, (1.0,), voxel_size=(voxel, 0.1))
    answer(Recipe, (1.0,), voxel_size=voxel)
    answer(Recipe, (1.0,), sigma)
    answer(PixelClassifier, Recipe((1.0,)), trees=channels)


@cases(0.15)
@given(st.integers(0, 2**16), st.sampled_from(("u1", "u2", "f4", "f8")), st.booleans())
def test_a_forest_is_that_of_scikit_learn(seed, dtype, deep):
    dice = np.random.default_rng(seed)
    shape = (3, 12, 12) if deep else (16, 16)
    image = (dice.random(shape) * 200).astype(dtype)
    marks = np.zeros(shape, np.uint8)
    marks[..., 2:5, 2:5], marks[..., 8:11, 8:11] = 1, 2
    recipe = Recipe((1.0,), ("gaussian", "gradient"))
    ours = PixelClassifier(recipe, trees=5, seed=seed).fit(image, marks)
    table = features.compute(image, recipe).reshape(2, -1).T
    painted = marks.ravel() > 0
    forest = ours.estimator(int(painted.sum())).fit(table[painted], marks.ravel()[painted])
    wanted = forest.predict_proba(table)
    found = np.asarray(ours.predict_proba(image)).reshape(2, -1).T
    np.testing.assert_allclose(found, wanted, atol=1e-5)


FOREST = PixelClassifier(Recipe((1.0,), ("gaussian", "gradient")), trees=3)


@cases(0.30)
@given(images(containers=HELD, units=UNITS), images(containers=HELD, units=(1.0, 3.0, 255.0)))
def test_any_scribble_teaches_or_is_refused(image, marks):
    answer(FOREST.fit, image.held, marks.held)


def two_grounds():
    """Return an image of two textures, what is what, and strokes on it."""
    dice = np.random.default_rng(0)
    xx = np.mgrid[:80, :100][1]
    image = dice.poisson(200, xx.shape) + np.where(xx < 50, 60 * np.sin(1.2 * xx), 0)
    marks = np.zeros(xx.shape, np.uint8)
    marks[20:40, 10:25], marks[20:40, 70:85] = 1, 2
    return image.clip(0), np.where(xx < 50, 1, 2), marks


def test_the_unit_of_grey_values_decides_nothing():
    image, truth, marks = two_grounds()
    dim = (image / 65535).astype(np.float32)
    forest = PixelClassifier(Recipe((2.0, 4.0), ("structure",)), trees=10).fit(dim, marks)
    assert (np.asarray(forest.predict(dim)) == truth).mean() > 0.9
