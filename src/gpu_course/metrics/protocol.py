"""One protocol for all scores: the same scenes, one statistic, and how sure it is.

A method is judged on a list of scenes, one number for each scene and score. What is reported is
the median over scenes and its 95 % interval by bootstrap, so that nobody takes the luck of a few
scenes for a difference of methods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_course.errors import CourseError
from gpu_course.metrics._inputs import two_masks
from gpu_course.metrics.masks import cl_dice, dice
from gpu_course.metrics.objects import average_precision, count_error, matching
from gpu_course.parameters import number

if TYPE_CHECKING:
    import pandas as pd

IOUS = (0.5, 0.6, 0.7, 0.8, 0.9)
DRAWS = 5000
"""Draws of the bootstrap: enough for two digits of an interval."""
TOLERANCE = 3.0
"""Pixels by which an outline may lie beside the truth in the tolerant Dice."""


class Interval(NamedTuple):
    """The median over scenes, and the 95 % interval of it.

    Attributes
    ----------
    median, low, high : float
    """

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


def interval(values: ArrayLike, *, seed: int = 0) -> Interval:
    """Return the median of one score for each scene and its 95 % interval by bootstrap.

    Raises
    ------
    CourseError
        If there is no score, or one is missing.

    References
    ----------
    Efron and Tibshirani (1986), https://doi.org/10.1214/ss/1177013815

    Examples
    --------
    >>> from gpu_course.metrics.protocol import interval
    >>> print(interval([0.7, 0.8, 0.8, 0.8, 0.9]))
    0.80 (0.70 to 0.90)
    """
    needs = CourseError("An interval needs a score for each scene, and at least one scene.")
    try:
        scores = np.asarray(values, float).ravel()
    except (TypeError, ValueError):  # texts, None, lists of unequal length
        raise needs from None
    if not scores.size or not np.isfinite(scores).all() or np.ma.is_masked(values):
        raise needs
    draws = np.random.default_rng(seed).integers(0, scores.size, (DRAWS, scores.size))
    low, high = np.percentile(np.median(scores[draws], axis=1), [2.5, 97.5])
    return Interval(float(np.median(scores)), float(low), float(high))


def objects(
    truths: Sequence[NDArray[Any]], found: Sequence[NDArray[Any]]
) -> dict[str, list[float]]:
    """Score labelled objects, scene by scene; as many answers as truths are needed.

    Parameters
    ----------
    truths, found : sequences of integer arrays (Y, X) or (Z, Y, X)
        In the same order; 0 is background.

    Returns
    -------
    dict
        ``"AP@0.5"`` … ``"AP@0.9"`` (StarDist's definition), ``"PQ"``, ``"count error"`` → one
        number for each scene.
    """
    rows = []
    for truth, one in _pairs(truths, found):
        precision = average_precision(truth, one, IOUS)
        row = {f"AP@{iou}": float(ap) for iou, ap in zip(IOUS, precision, strict=True)}
        row["PQ"] = matching(truth, one).panoptic_quality
        row["count error"] = float(count_error(truth, one))
        rows.append(row)
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def masks(truths: Sequence[NDArray[Any]], found: Sequence[NDArray[Any]]) -> dict[str, list[float]]:
    """Score masks, scene by scene; as many answers as truths are needed.

    Parameters
    ----------
    truths, found : sequences of bool arrays (Y, X)
        In the same order.

    Returns
    -------
    dict
        ``"Dice"``, ``"clDice"``, ``"Dice within 3 px"`` → one number for each scene.
    """
    pairs = _pairs(truths, found)
    return {
        "Dice": [dice(*pair) for pair in pairs],
        "clDice": [cl_dice(*pair) for pair in pairs],
        f"Dice within {TOLERANCE:g} px": [tolerant_dice(*pair) for pair in pairs],
    }


def _pairs(
    truths: Sequence[NDArray[Any]], found: Sequence[NDArray[Any]]
) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    if len(truths) != len(found):
        raise CourseError(
            f"There are {len(truths)} truths and {len(found)} answers. Give one answer for each "
            "scene, in the same order."
        )
    return list(zip(truths, found, strict=True))


def tolerant_dice(
    truth: NDArray[Any], found: NDArray[Any], *, tolerance: float = TOLERANCE
) -> float:
    """Return a Dice that forgives outlines which lie `tolerance` pixels beside the truth.

    The harmonic mean of the share of found pixels that have a true one near, and of the share of
    true pixels that have a found one near (relaxed precision and recall, Mnih and Hinton, 2010). A
    thin root drawn one pixel too wide loses half its Dice and nothing here. If both are empty, it
    is 1.

    Parameters
    ----------
    truth, found : arrays of bool or whole numbers (Y, X) or (Z, Y, X)
        Anything but 0 is foreground.
    tolerance : float
        In pixels, 0 or more.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    CourseError
        If shapes differ, an image is masked or holds fractions, or the tolerance is impossible.

    Examples
    --------
    >>> from gpu_course.metrics.protocol import tolerant_dice
    >>> line = np.zeros((9, 40), bool)
    >>> line[4] = True
    >>> wide = np.zeros((9, 40), bool)
    >>> wide[3:6] = True
    >>> tolerant_dice(line, wide), tolerant_dice(line, np.roll(line, 4, axis=0))
    (1.0, 0.0)
    """
    from scipy import ndimage

    tolerance = number(tolerance, "tolerance", 0)
    true, answer = two_masks(truth, found)
    if not (true.any() and answer.any()):
        return float(true.any() == answer.any())
    precision = (ndimage.distance_transform_edt(~true)[answer] <= tolerance).mean()
    recall = (ndimage.distance_transform_edt(~answer)[true] <= tolerance).mean()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def table(methods: Mapping[str, Mapping[str, Sequence[float]]]) -> pd.DataFrame:
    """Return median and interval of each score of each method, as texts.

    Parameters
    ----------
    methods : mapping
        Method → score → one number for each scene, as `objects` and `masks` return them.

    Returns
    -------
    pandas.DataFrame
        A row for each method, a column for each score: ``"0.81 (0.74 to 0.88)"``. A single scene
        has no interval, and none is written.
    """
    import pandas as pd

    rows = {
        method: {name: _written(values) for name, values in scores.items()}
        for method, scores in methods.items()
    }
    return pd.DataFrame(rows).T


def _written(values: Sequence[float]) -> str:
    one = interval(values)
    # Drawing a single scene anew gives itself: that would look like certainty.
    return str(one) if len(values) > 1 else f"{one.median:.2f}"
