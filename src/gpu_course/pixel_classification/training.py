"""From scribbles to a table of painted pixels, and how well a forest learned from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.pixel_classification import features, inputs
from gpu_course.pixel_classification.recipe import Recipe, names
from gpu_course.pixel_classification.tiles import Window, whole

Array = Any  # of any library
#: Edge of the tiles on which painted pixels get their features. Small ones leave out more of the
#: image, and compute more around each.
TILE = {2: 128, 3: 48}


def painted(
    images: Sequence[Array], scribbles: Sequence[Any], recipe: Recipe
) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.int32]]:
    """Return features, class and stroke of every painted pixel.

    Features are computed on those tiles only that hold a painted pixel.

    Parameters
    ----------
    images : sequence of arrays
        As :func:`features.compute` takes them.
    scribbles : sequence of arrays of int
        0 is not painted, 1, 2, … the classes.
    recipe : Recipe

    Returns
    -------
    table : ndarray of float32, (pixel, feature)
    labels : ndarray of uint8, (pixel,)
    groups : ndarray of int32, (pixel,)
        The same number for pixels of one stroke.

    Raises
    ------
    CourseError
        If images, scribbles and recipe do not fit one another.
    """
    if len(images) != len(scribbles) or not len(images):
        raise CourseError(
            f"There are {len(images)} images and {len(scribbles)} scribbles. Give one each."
        )
    tables, labels, groups = [], [], []
    before = 0
    for image, paint in zip(images, scribbles, strict=True):
        marks = inputs.marks(paint, recipe.spatial(tuple(image.shape)))
        strokes = inputs.strokes(marks)
        tables.append(_table(image, marks, recipe))
        labels.append(marks[marks > 0])
        groups.append(strokes[marks > 0] + before)
        before += int(strokes.max(initial=0))
    if len({table.shape[1] for table in tables}) > 1:
        raise CourseError("Some images are 2D and some 3D. Train one classifier for each kind.")
    return np.concatenate(tables), np.concatenate(labels), np.concatenate(groups)


def _table(image: Array, marks: NDArray[np.uint8], recipe: Recipe) -> NDArray[np.float32]:
    """Return the features of an image's painted pixels, (pixel, feature), in their order."""
    from gpu_course.devices import to_numpy

    xp, channels = inputs.channels(image, recipe)
    where = np.nonzero(marks)
    table = np.empty((len(where[0]), len(names(recipe, marks.ndim))), np.float32)
    row = np.zeros(marks.shape, np.int32)
    row[where] = np.arange(len(where[0]))

    def keep(piece: Window, values: list[Array]) -> None:
        here = np.nonzero(marks[piece])
        for number, value in enumerate(values):
            table[row[piece][here], number] = to_numpy(value)[here]

    features.tile_by_tile(
        keep,
        xp,
        channels,
        recipe,
        whole(marks.shape),
        tile=TILE[marks.ndim],
        wanted=lambda piece: bool(marks[piece].any()),
    )
    return table


def cross_validated(
    table: NDArray[np.float32],
    labels: NDArray[np.uint8],
    groups: NDArray[np.int32],
    estimator: Callable[[int], Any],
    *,
    folds: int = 5,
    seed: int = 0,
) -> dict[str, Any]:
    """Ask how well pixels of one stroke are labelled by a forest that never saw that stroke.

    Neighbouring pixels are alike. A forest that knows a pixel's neighbours is asked nothing new,
    so the pixels of one stroke are never split between training and test.

    Parameters
    ----------
    table, labels, groups
        From :func:`painted`.
    estimator : callable
        Takes a number of pixels and returns a new scikit-learn classifier for them.
    folds : int
        Into how many parts the strokes are dealt; each is the test once. No more than the
        strokes of the class that has fewest.
    seed : int
        Of the dealing.

    Returns
    -------
    dict
        ``accuracy``: share of right pixels, one number per fold; ``f1``: class → F1 score over
        all folds; ``strokes``: how many there are.

    Raises
    ------
    CourseError
        If there are not two strokes of each of two classes.
    """
    from sklearn.metrics import f1_score
    from sklearn.model_selection import StratifiedGroupKFold

    classes = np.unique(labels)
    strokes = [len(np.unique(groups[labels == value])) for value in classes]
    if len(classes) < 2 or min(strokes) < 2:
        raise CourseError("Paint at least two separate strokes of each of two classes or more.")
    if folds < 2:
        raise CourseError(f"{folds} folds leave nothing to test on. Give 2 or more.")
    deal = StratifiedGroupKFold(min(folds, *strokes), shuffle=True, random_state=seed)
    predicted = np.zeros_like(labels)
    accuracy = []
    for train, test in deal.split(table, labels, groups):
        fitted = estimator(len(train)).fit(table[train], labels[train])
        predicted[test] = fitted.predict(table[test])
        accuracy.append(float(np.mean(predicted[test] == labels[test])))
    scores = f1_score(labels, predicted, labels=classes, average=None, zero_division=0.0)
    return {
        "accuracy": accuracy,
        "f1": {int(value): float(score) for value, score in zip(classes, scores, strict=True)},
        "strokes": int(sum(strokes)),
    }
