"""Look into features and forests: pictures, and two functions that the reader writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_course.errors import CourseError
from gpu_course.pixel_classification.recipe import Recipe

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE = "#0072b2", "#e69f00"


def choose_scales() -> Recipe:
    """Return the course's recipe for roots 2 to 12 pixels wide.

    A root is a bright ridge, so the Hessian at about half of each width finds it. The gradient
    tells its edges from those of grains. The widest blur says how bright the soil around is, for
    the lamp is uneven: grey values alone mean nothing without it.

    Returns
    -------
    Recipe
    """
    return Recipe(sigmas=(1, 2, 4, 8), features=("gaussian", "gradient", "hessian"))


def folds_by_stroke(
    groups: ArrayLike, folds: int = 4
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Deal strokes, not pixels, to training and test.

    Parameters
    ----------
    groups : integer array (n,)
        The stroke that each painted pixel belongs to.
    folds : int
        Into how many parts the strokes are dealt. Each is the test once.

    Returns
    -------
    list of (train, test)
        Positions of the painted pixels, two arrays of integers for each fold.
    """
    groups = np.asarray(groups)
    strokes = np.unique(groups)
    splits = []
    for part in range(folds):
        # Every n-th stroke: those of one class have neighbouring numbers, so each part gets some.
        held_out = np.isin(groups, strokes[part::folds])
        splits.append((np.flatnonzero(~held_out), np.flatnonzero(held_out)))
    return splits


def folds_by_pixel(
    count: int, folds: int = 4, *, seed: int = 0
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Deal pixels at random to training and test: the split that leaks.

    Parameters
    ----------
    count : int
        How many pixels.
    folds : int
    seed : int

    Returns
    -------
    list of (train, test)
        As :func:`folds_by_stroke`.
    """
    shuffled = np.random.default_rng(seed).permutation(count)
    parts = [np.sort(shuffled[part::folds]) for part in range(folds)]
    return [(np.setdiff1d(np.arange(count), part), part) for part in parts]


def accuracy_of(
    folds: list[tuple[Any, Any]],
    table: NDArray[np.float32],
    labels: NDArray[np.integer[Any]],
    *,
    trees: int = 30,
    seed: int = 0,
) -> float:
    """Return the share of held-out pixels that a forest labels right, each class weighing the same.

    Parameters
    ----------
    folds : list of (train, test)
        Positions of pixels.
    table : ndarray of float32 (pixel, feature)
    labels : ndarray of int (pixel,)
    trees, seed : int
        Of the forest.

    Returns
    -------
    float
        From 0 to 1.
    """
    from sklearn.ensemble import RandomForestClassifier

    right = np.zeros(len(labels))
    times = np.zeros(len(labels))
    for train, test in folds:
        forest = RandomForestClassifier(trees, random_state=seed, n_jobs=-1)
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
    draws: int = 3,
    trees: int = 30,
) -> float:
    """Return the mean Dice on other scenes when strokes are spread over some train scenes.

    Parameters
    ----------
    train, others : list of (features, mask)
        float32 (feature, Y, X) and bool (Y, X) of each scene.
    strokes : int
        In each class, all scenes together; a multiple of `scenes`.
    scenes : int
        Over how many train scenes they are spread.
    draws : int
        How often strokes are painted anew, beginning with another scene. The mean counts.
    trees : int
        Of each forest.

    Returns
    -------
    float
        From 0 to 1.
    """
    from sklearn.ensemble import RandomForestClassifier

    from gpu_course.pixel_classification.forest import Forest
    from gpu_course.pixel_classification.painter import paint
    from gpu_course.scoring import dice

    scores = []
    for draw in range(draws):
        tables, labels = [], []
        for number in range(scenes):
            stack, mask = train[(draw + number) % len(train)]
            marks = paint(mask, strokes=strokes // scenes, length=60, margin=1, seed=draw)
            tables.append(stack[:, marks > 0].T)
            labels.append(marks[marks > 0])
        fitted = RandomForestClassifier(trees, random_state=draw, n_jobs=-1)
        forest = Forest.from_sklearn(fitted.fit(np.concatenate(tables), np.concatenate(labels)))
        scores += [dice(mask, forest.predict_proba(stack)[1] > 0.5) for stack, mask in others]
    return float(np.mean(scores))


def decision_figure(
    forests: dict[str, Any],
    points: NDArray[np.float32],
    labels: NDArray[np.integer[Any]],
    names: tuple[str, str],
) -> Figure:
    """Draw where forests that know two features put the border between two classes.

    Parameters
    ----------
    forests : dict
        Title → a fitted estimator with `predict_proba` for (n, 2) values.
    points : ndarray of float32 (pixel, 2)
        The two features of the painted pixels.
    labels : ndarray of int (pixel,)
        1 or 2.
    names : pair of str
        Of the features.

    Returns
    -------
    Figure
    """
    import matplotlib.pyplot as plt
    from matplotlib.colors import LinearSegmentedColormap

    low, high = np.percentile(points, [0.5, 99.5], axis=0)
    room = 0.1 * (high - low)
    x, y = (np.linspace(low[i] - room[i], high[i] + room[i], 160) for i in (0, 1))
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)
    shades = LinearSegmentedColormap.from_list("two", ["#7fb8d8", "#ffffff", "#f5d27a"])
    figure, panels = plt.subplots(
        1, len(forests), figsize=(7, 3), sharey=True, layout="constrained", squeeze=False
    )
    rng = np.random.default_rng(0)
    shown = rng.permutation(len(points))[:400]
    for panel, (title, forest) in zip(panels[0], forests.items(), strict=True):
        share = forest.predict_proba(grid)[:, 1].reshape(len(y), len(x))
        panel.pcolormesh(x, y, share, cmap=shades, vmin=0, vmax=1, rasterized=True)
        for value, colour, mark in ((1, BLUE, "o"), (2, ORANGE, "^")):
            chosen = shown[labels[shown] == value]
            panel.scatter(
                *points[chosen].T, s=11, c=colour, marker=mark, edgecolors="black", linewidths=0.3
            )
        panel.set(title=title, xlabel=names[0], xlim=x[[0, -1]], ylim=y[[0, -1]])
    panels[0, 0].set_ylabel(names[1])
    plt.close(figure)  # or the notebook would draw it a second time
    return figure


def bars_figure(values: dict[str, float], label: str) -> Figure:
    """Draw named numbers as bars, the first on top.

    Parameters
    ----------
    values : dict
        Name → number.
    label : str
        What the numbers are.

    Returns
    -------
    Figure
    """
    import matplotlib.pyplot as plt

    figure, panel = plt.subplots(figsize=(6, 0.4 + 0.28 * len(values)), layout="constrained")
    names = list(values)[::-1]
    panel.barh(names, [values[name] for name in names], color=BLUE)
    panel.set_xlabel(label)
    panel.spines[["top", "right"]].set_visible(False)
    plt.close(figure)  # or the notebook would draw it a second time
    return figure
