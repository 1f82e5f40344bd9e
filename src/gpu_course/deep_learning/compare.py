"""What the comparing chapter needs: paired scores, what methods cost, and charts of both."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_course.errors import CourseError
from gpu_course.images import Sample

if TYPE_CHECKING:
    from gpu_course.display.figures import Panels

RESAMPLES = 5000
"""Draws of the bootstrap: enough for two digits of an interval."""


def paired_difference(
    first: ArrayLike, second: ArrayLike, *, seed: int = 0
) -> tuple[float, float, float]:
    """Return by how much the second method is better on the same scenes, with an interval.

    Parameters
    ----------
    first, second : array (n,)
        One score for each scene, in the same order.
    seed : int
        Decides the draws.

    Returns
    -------
    difference, low, high : float
        The median over scenes of second − first, and the 95 % interval that the bootstrap finds
        for it: scenes are drawn with replacement, *pairs together*, and the median is taken anew.

    References
    ----------
    Efron and Tibshirani (1986), https://doi.org/10.1214/ss/1177013815
    """
    differences = np.asarray(second, float) - np.asarray(first, float)
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(differences), (RESAMPLES, len(differences)))
    medians = np.median(differences[draws], axis=1)
    low, high = np.percentile(medians, [2.5, 97.5])
    return float(np.median(differences)), float(low), float(high)


def good_enough(
    methods: Mapping[str, Mapping[str, float]], wanted: float, images: int
) -> list[str]:
    """Return the methods that reach a wanted score, the one with the least time first.

    Parameters
    ----------
    methods : mapping
        Name → ``{"score": …, "labelling": …, "training": …, "per image": …}``, the last three in
        minutes. Labelling and training are paid once, the last for every image.
    wanted : float
        Least score that is good enough.
    images : int
        How many images there are to segment.

    Returns
    -------
    list of str
        Empty if no method is good enough.
    """
    minutes = {
        name: cost["labelling"] + cost["training"] + images * cost["per image"]
        for name, cost in methods.items()
        if cost["score"] >= wanted
    }
    return sorted(minutes, key=lambda name: minutes[name])


def split_train_half(half: Sample, *, rows: int = 384) -> tuple[Sample, Sample]:
    """Return the upper rows of a train image to learn from, and the rest to choose by.

    Parameters
    ----------
    half : Sample
        Of the split "train", with labels.
    rows : int
        Where to cut. A nucleus on the cut is cut.

    Returns
    -------
    training, validation : Sample
        The second with the split "validation".

    Raises
    ------
    CourseError
        If the image is not of the split "train", or one part would be empty.
    """
    if half.split != "train" or not 0 < rows < half.image.shape[0]:
        raise CourseError(
            f"Row {rows} of an image of the split {half.split!r} with {half.image.shape[0]} rows "
            "is no place to cut. Take a train image, and a row inside it."
        )
    columns = slice(0, half.image.shape[1])
    upper, lower = half.crop(slice(0, rows), columns), half.crop(slice(rows, None), columns)
    return upper, dataclasses.replace(lower, split="validation")


def crowded_window(labels: NDArray[Any], side: int) -> tuple[slice, slice]:
    """Return the square window with most foreground.

    Parameters
    ----------
    labels : array (Y, X)
        Mask or labels.
    side : int
        Rows and columns of the window; less where the image is smaller.
    """
    from scipy.ndimage import uniform_filter

    rows, columns = (min(side, n) for n in labels.shape)
    share = uniform_filter((labels > 0).astype(np.float32), (rows, columns), mode="constant")
    # Only middles whose window lies inside the image.
    inside = tuple(
        slice(s // 2, n - s + s // 2 + 1)
        for n, s in zip(labels.shape, (rows, columns), strict=True)
    )
    y, x = np.unravel_index(int(share[inside].argmax()), share[inside].shape)
    return slice(int(y), int(y) + rows), slice(int(x), int(x) + columns)


def ladder(scores: Mapping[str, Mapping[str, Sequence[float]]]) -> Panels:
    """Draw the scores of every scene, joined from method to method, one panel above the other.

    Parameters
    ----------
    scores : mapping
        Title of the panel → method → one score for each scene, all in the same order.

    Returns
    -------
    Panels
        A matplotlib figure. Thin lines: scenes. Thick line with marks: the median.
    """
    from gpu_course.display.chart_styles import COLOURS
    from gpu_course.display.figures import Panels

    figure = Panels(figsize=(5.0, 0.2 + 2.3 * len(scores)), facecolor="white", layout="constrained")
    axes = np.ravel(figure.subplots(len(scores), 1))
    for ax, (title, methods) in zip(axes, scores.items(), strict=True):
        values = np.array(list(methods.values()), float)  # method, scene
        ax.plot(range(len(values)), values, color="0.6", linewidth=1)
        ax.plot(range(len(values)), np.median(values, axis=1), "o-", color=COLOURS[0], linewidth=3)
        ax.set_xticks(range(len(values)), list(methods), fontsize=10)
        ax.set_xlim(-0.35, len(values) - 0.65)
        ax.set_ylim(0, 1.03)
        ax.set_title(title, fontsize=11, loc="left")
        ax.grid(axis="y", color="0.9")
        ax.tick_params(labelsize=10)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
    return figure


def cost_figure(costs: Mapping[str, Mapping[str, float]]) -> Panels:
    """Draw minutes of a person and of a computer against the score reached.

    Parameters
    ----------
    costs : mapping
        ``"set: method"`` → ``{"score": …, "minutes": …}``, minutes of labelling and training.

    Returns
    -------
    Panels
        A matplotlib figure; minutes on a logarithmic axis, one line for each set.
    """
    from gpu_course.display.chart_styles import COLOURS, MARKS
    from gpu_course.display.figures import Panels

    figure = Panels(figsize=(5.0, 3.6), facecolor="white", layout="constrained")
    ax = figure.subplots()
    sets = list(dict.fromkeys(name.partition(": ")[0] for name in costs))
    for number, which in enumerate(sets):
        mine = {n: c for n, c in costs.items() if n.startswith(f"{which}: ")}
        minutes = [max(c["minutes"], 0.1) for c in mine.values()]
        values = [c["score"] for c in mine.values()]
        ax.plot(minutes, values, MARKS[number] + "-", color=COLOURS[number], label=which)
    ax.set_xscale("log")
    ax.set_ylim(0, 1.03)
    ax.set_xlabel("minutes of labelling and training", fontsize=11)
    ax.set_ylabel("score", fontsize=11)
    ax.tick_params(labelsize=10)
    ax.legend(frameon=False, fontsize=10, loc="lower right")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return figure
