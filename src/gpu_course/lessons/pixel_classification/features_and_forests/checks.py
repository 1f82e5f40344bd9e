"""The checks of the exercises in ``pixel-classification/features-and-forests``."""

from functools import cache
from typing import Any

import numpy as np

from gpu_course.exercise_answers import array, is_whole, items
from gpu_course.exercise_result import told
from gpu_course.exercises import Check, Function, Wrong


def _score_recipe(function: Function) -> tuple[float, str]:
    """Train the recipe on strokes of train scenes; return its Dice on validation scenes."""
    from gpu_course import metrics
    from gpu_course.pixel_classification import PixelClassifier, Recipe
    from gpu_course.pixel_classification.recipe import names

    recipe: Any = function()
    if not isinstance(recipe, Recipe):
        raise Wrong(
            f"Your function returned {told(recipe)}. Return Recipe(sigmas=(…), features=(…))."
        )
    if recipe.channels is not None:
        raise Wrong("The pictures are grey: leave `channels` out.")
    count = len(names(recipe, 2))
    if count >= 40:
        raise Wrong(
            f"Your recipe has {count} features. Stay below 40: every feature costs time and memory."
        )
    pictures, hands, unseen = _material()
    scores = []
    for painted in hands:
        classifier = PixelClassifier(recipe, trees=30).fit(pictures, painted)
        scores += [metrics.dice(mask, classifier.predict(picture) == 2) for picture, mask in unseen]
    return float(np.mean(scores)), _what_lacks(recipe)


HANDS = 3
"""So many paint; by the strokes of a single one a good recipe may score 0.42 or 0.54."""


@cache
def _material() -> tuple[list[Any], list[list[Any]], list[tuple[Any, Any]]]:
    """Return pictures of train scenes, each hand's strokes, and validation (picture, mask)."""
    from gpu_course import images
    from gpu_course.pixel_classification.painter import paint

    def strokes(mask: Any, seed: int) -> Any:
        soil, root = np.where(mask, 0, 1), np.where(mask, 2, 0)
        return np.maximum(
            paint(soil, strokes=8, length=100, width=7, seed=seed),
            paint(root, strokes=8, length=60, margin=1, seed=seed),
        )

    scenes = [images.load("roots", "train", index=index, size="small") for index in range(3)]
    pictures = [scene.image for scene in scenes]
    painted = [
        [strokes(scene.mask, index + 10 * hand) for index, scene in enumerate(scenes)]
        for hand in range(HANDS)
    ]
    middle = (slice(100, 400), slice(100, 400))
    unseen = []
    for index in range(3):
        scene = images.load("roots", "validation", index=index, size="small").crop(*middle)
        unseen.append((scene.image, scene.mask))
    return pictures, painted, unseen


def _what_lacks(recipe: Any) -> str:
    """Return a hint for the recipe's most likely fault; empty if none stands out."""
    if not {"hessian", "laplacian"} & set(recipe.features):
        return "A root is a bright ridge. Which feature answers to the bend across a ridge?"
    if min(recipe.sigmas) > 1.5:
        return "The finest roots are 2 pixels wide: your narrowest blur wipes them out."
    if max(recipe.sigmas) < 3:
        return (
            "All your scales are narrow. A root 10 pixels wide, or the brightness of the soil "
            "around, does not fit into them."
        )
    return ""


def _strokes() -> np.ndarray[Any, np.dtype[np.int32]]:
    """Return the strokes of 240 painted pixels: ten of unequal length, not in order."""
    rng = np.random.default_rng(5)
    return rng.permutation(np.repeat(np.arange(1, 11), rng.integers(8, 41, 10))).astype(np.int32)


def _positions(answer: Any, wanted: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the positions of pixels in one half of a fold."""
    if isinstance(answer, list | tuple | np.ndarray) and not len(answer):
        return np.zeros(0, np.int64)
    values = array(answer, wanted)
    if values.dtype == bool:
        raise Wrong("A mask says yes or no of each pixel. np.flatnonzero(mask) gives positions.")
    if values.ndim != 1 or values.dtype.kind not in "iuf" or not all(map(is_whole, values)):
        raise Wrong(f"Return {wanted}; one of yours is {told(answer)}.")
    return values.astype(np.int64)


def _score_folds(function: Function) -> tuple[float, str]:
    """Return the share of held-out pixels whose stroke the forest has not seen."""
    groups = _strokes()
    wanted = "a list of pairs (train, test), each an array with positions of pixels"
    folds = [items(fold, wanted) for fold in items(function(groups.copy(), 4), wanted)]
    if any(len(fold) != 2 for fold in folds):
        raise Wrong(f"Return {wanted}; one of yours has not two parts.")
    pairs = [(_positions(train, wanted), _positions(test, wanted)) for train, test in folds]
    if len(pairs) != 4:
        raise Wrong(f"You were asked for 4 folds and returned {len(pairs)}.")
    for train, test in pairs:
        if not len(train) or not len(test):
            raise Wrong("One of your folds has no pixel to train or none to test on.")
        both = np.concatenate([train, test])
        if both.min() < 0 or both.max() >= len(groups):
            raise Wrong(
                f"There are {len(groups)} pixels, and some of your positions lie beyond them. "
                "Return positions in `groups`, not numbers of strokes."
            )
        if np.intersect1d(train, test).size:
            raise Wrong("Some pixels are in training and test of the same fold.")
        if not np.array_equal(np.sort(both), np.arange(len(groups))):
            raise Wrong(
                f"One of your folds holds {len(both)} positions, and there are {len(groups)} "
                "pixels. Train on every pixel that is not in the fold's test, and name each once."
            )
    tested = np.concatenate([test for _, test in pairs])
    if not np.array_equal(np.sort(tested), np.arange(len(groups))):
        raise Wrong("Over all folds, every painted pixel must be tested once, and only once.")
    clean = sum(int((~np.isin(groups[test], groups[train])).sum()) for train, test in pairs) / len(
        groups
    )
    return clean, (
        "Some strokes lie in training and test at once. Deal the numbers of the strokes to the "
        "folds, np.unique(groups), and then ask with np.isin which pixels belong to them."
    )


CHECKS = {
    "grouped-validation": Check(
        metric="share of test pixels whose stroke is not in training",
        score=_score_folds,
        solution="gpu_course.lessons.pixel_classification.features_and_forests.solutions:folds_by_stroke",
        goal=1.0,
        hint="Deal whole strokes to the folds.",
    ),
    "choose-the-scales": Check(
        metric="Dice on three validation scenes, mean of three hands",
        score=_score_recipe,
        solution="gpu_course.lessons.pixel_classification.features_and_forests.solutions:choose_scales",
        goal=0.45,
        hint="Try widths from 1 to 8 pixels, and few kinds of features with a reason for each.",
    ),
}
