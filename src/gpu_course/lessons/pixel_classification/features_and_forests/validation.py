"""How good a forest is: the split that leaks, and scores on pixels and on other scenes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError

TREES = 30
"""Of each forest."""


def folds_by_pixel(count: int, folds: int = 4) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Deal pixels at random to training and test: the split that leaks.

    Each fold is a pair (train, test) of positions of pixels.
    """
    shuffled = np.random.default_rng(0).permutation(count)
    parts = [np.sort(shuffled[part::folds]) for part in range(folds)]
    return [(np.setdiff1d(np.arange(count), part), part) for part in parts]


def accuracy_of(
    folds: list[tuple[Any, Any]], table: NDArray[np.float32], labels: NDArray[np.integer[Any]]
) -> float:
    """Return the share of held-out pixels that a forest labels right, each class weighing the same.

    Folds are pairs (train, test) of positions of pixels; the table is float32 (pixel, feature), the
    labels (pixel,). The share is from 0 to 1.
    """
    from sklearn.ensemble import RandomForestClassifier

    right = np.zeros(len(labels))
    times = np.zeros(len(labels))
    for train, test in folds:
        forest = RandomForestClassifier(TREES, random_state=0, n_jobs=-1)
        forest.fit(table[train], labels[train])
        right[test] += forest.predict(table[test]) == labels[test]
        times[test] += 1
    tested = times > 0
    if not tested.any():
        raise CourseError("No pixel was held out. Give each fold some test pixels.")
    share = right[tested] / times[tested]
    classes = labels[tested]
    return float(np.mean([share[classes == value].mean() for value in np.unique(classes)]))


def dice_by_strokes(
    train: list[tuple[NDArray[np.float32], NDArray[np.bool_]]],
    others: list[tuple[NDArray[np.float32], NDArray[np.bool_]]],
    *,
    strokes: int,
    scenes: int,
    draws: int,
) -> NDArray[np.float64]:
    """Return the Dice on other scenes, (draw,), when strokes are spread over some train scenes.

    `train` and `others` are pairs of features, float32 (feature, Y, X), and mask, bool (Y, X). So
    many `strokes` in each class, a multiple of `scenes`, are spread over so many train scenes. In
    each draw they lie elsewhere and begin with the next scene; of the others the mean counts.
    """
    from sklearn.ensemble import RandomForestClassifier

    from gpu_course.metrics import dice
    from gpu_course.pixel_classification.forest import Forest
    from gpu_course.pixel_classification.painter import paint

    scores = []
    for draw in range(draws):
        tables, labels = [], []
        for number in range(scenes):
            stack, mask = train[(draw + number) % len(train)]
            marks = paint(mask, strokes=strokes // scenes, length=60, margin=1, seed=draw)
            tables.append(stack[:, marks > 0].T)
            labels.append(marks[marks > 0])
        fitted = RandomForestClassifier(TREES, random_state=draw, n_jobs=-1)
        forest = Forest.from_sklearn(fitted.fit(np.concatenate(tables), np.concatenate(labels)))
        found = [(mask, forest.predict_proba(stack)[1] > 0.5) for stack, mask in others]
        scores.append(np.mean([dice(*pair) for pair in found]))
    return np.array(scores)
