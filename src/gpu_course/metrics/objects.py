"""Which pixels belong to which object? Scores that compare two label images."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_course.errors import CourseError
from gpu_course.metrics._inputs import label_image, ratio, same_shape

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""The IoU thresholds at which the course reports average precision."""


@dataclass(frozen=True)
class Matching:
    """What came of matching true and predicted objects one to one; of two images it can be added.

    Attributes
    ----------
    threshold : float
        Least IoU at which two objects count as the same.
    tp, fp, fn : int
        True objects that were found; predicted objects that match none; true objects missed.
    summed_iou : float
        Sum of the IoU of all matched pairs.

    Examples
    --------
    >>> from gpu_course.metrics import Matching
    >>> both = Matching(0.5, tp=8, fp=1, fn=1, summed_iou=6.4) + Matching(0.5, 0, 1, 1, 0.0)
    >>> both.tp, both.fp, both.fn, round(both.f1, 2), round(both.mean_matched_iou, 2)
    (8, 2, 2, 0.8, 0.8)
    """

    threshold: float
    tp: int
    fp: int
    fn: int
    summed_iou: float

    @property
    def precision(self) -> float:
        """Part of the predicted objects that are right."""
        return self._part(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """Part of the true objects that were found."""
        return self._part(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return self._part(self.tp, self.tp + (self.fp + self.fn) / 2)

    @property
    def average_precision(self) -> float:
        """StarDist's and the Data Science Bowl's average precision, tp / (tp + fp + fn)."""
        return self._part(self.tp, self.tp + self.fp + self.fn)

    @property
    def mean_matched_iou(self) -> float:
        """How well the matched objects were outlined."""
        return self._part(self.summed_iou, self.tp)

    @property
    def panoptic_quality(self) -> float:
        """Mean matched IoU times F1 (Kirillov et al. 2019)."""
        return self._part(self.summed_iou, self.tp + (self.fp + self.fn) / 2)

    def _part(self, numerator: float, denominator: float) -> float:
        nothing_to_find = self.tp + self.fp + self.fn == 0
        return 1.0 if nothing_to_find else ratio(numerator, denominator, empty=0.0)

    def __add__(self, other: Matching) -> Matching:
        """Pool the objects of two images."""
        if self.threshold != other.threshold:
            raise CourseError("Matchings at different IoU thresholds cannot be added.")
        return Matching(
            self.threshold,
            self.tp + other.tp,
            self.fp + other.fp,
            self.fn + other.fn,
            self.summed_iou + other.summed_iou,
        )


def matching(
    true_labels: ArrayLike,
    predicted_labels: ArrayLike,
    threshold: float = 0.5,
    *,
    in_pieces: bool = False,
) -> Matching:
    """Match the objects of two label images one to one, as many as possible.

    Two objects may be matched if their IoU reaches the threshold. Above 0.5 an object has at most
    one partner; at 0.5 and below there can be a choice, and the assignment that matches the most
    objects is taken (among those, the one with the greatest IoU).

    Parameters
    ----------
    true_labels, predicted_labels : array of integer, YX or ZYX
        0 is background, every other number one object; numbers need not be consecutive.
    threshold : float
        Least IoU of a match, above 0 and at most 1.
    in_pieces : bool
        Let a single object in several pieces pass, which otherwise is taken for a mask.

    Returns
    -------
    Matching

    Raises
    ------
    CourseError
        If the shapes differ, labels are negative, not whole numbers or a mask, or the threshold
        is out of range.

    Examples
    --------
    >>> from gpu_course.metrics import matching
    >>> found = matching([[1, 1, 0, 2, 2, 0, 0]], [[5, 5, 0, 0, 0, 0, 7]])
    >>> found.tp, found.fp, found.fn
    (1, 1, 1)
    """
    return _match(_pair_ious(true_labels, predicted_labels, in_pieces), threshold)


def average_precision(
    true_labels: ArrayLike | Sequence[ArrayLike],
    predicted_labels: ArrayLike | Sequence[ArrayLike],
    thresholds: float | Iterable[float] = THRESHOLDS,
    *,
    in_pieces: bool = False,
) -> NDArray[np.float64]:
    """Return the average precision tp / (tp + fp + fn) at each IoU threshold.

    The name is StarDist's and the 2018 Data Science Bowl's; other fields mean the area under a
    precision–recall curve by it.

    Parameters
    ----------
    true_labels, predicted_labels : array of integer, YX or ZYX, or lists of them
        0 is background, every other number one object. A list or tuple holds one array per image;
        objects are then counted over all images before dividing.
    thresholds : float or iterable of float
        Least IoU of a match, each above 0 and at most 1.
    in_pieces : bool
        Let a single object in several pieces pass, which otherwise is taken for a mask.

    Returns
    -------
    ndarray of float, one number per threshold

    Raises
    ------
    CourseError
        As :func:`matching`; also if the two lists differ in length or are empty.

    References
    ----------
    Schmidt et al. (2018), https://doi.org/10.1007/978-3-030-00934-2_30
    Caicedo et al. (2019), https://doi.org/10.1038/s41592-019-0612-7

    Examples
    --------
    >>> from gpu_course.metrics import average_precision
    >>> truth = [[1, 1, 1, 1, 0, 2, 2]]
    >>> average_precision(truth, [[1, 1, 1, 0, 0, 2, 2]], [0.5, 0.9]).round(2)
    array([1.  , 0.33])
    """
    several = isinstance(true_labels, (list, tuple))
    if several != isinstance(predicted_labels, (list, tuple)):
        raise CourseError("One side is a list of images, the other a single image. Give two lists.")
    truths: Sequence[Any] = true_labels if several else [true_labels]  # type: ignore[assignment]
    guesses: Sequence[Any] = predicted_labels if several else [predicted_labels]  # type: ignore[assignment]
    if len(truths) != len(guesses) or not truths:
        raise CourseError(
            f"{len(truths)} true and {len(guesses)} predicted images cannot be compared. "
            "Give one prediction for each true image."
        )
    # The overlaps do not depend on the threshold, so they are counted once per image.
    ious = [_pair_ious(*pair, in_pieces) for pair in zip(truths, guesses, strict=True)]
    levels = thresholds if isinstance(thresholds, Iterable) else [thresholds]
    return np.array([_match_all(ious, t).average_precision for t in levels])


def count_error(
    true_labels: ArrayLike, predicted_labels: ArrayLike, *, in_pieces: bool = False
) -> float:
    """Return the relative error of the number of objects, (predicted − true) / true.

    Positive means too many. The number can be right while every object is wrong, so look at
    :func:`average_precision` beside it.

    Parameters
    ----------
    true_labels, predicted_labels : array of integer, any shapes
        0 is background, every other number one object.
    in_pieces : bool
        Let a single object in several pieces pass, which otherwise is taken for a mask.

    Returns
    -------
    float
        0 if the numbers agree, infinite if there was no object but some were predicted.

    Raises
    ------
    CourseError
        If labels are negative, not whole numbers or a mask.

    Examples
    --------
    >>> from gpu_course.metrics import count_error
    >>> float(count_error([[1, 0, 2, 0, 3, 0, 4]], [[1, 0, 2, 0, 3, 0, 0]]))
    -0.25
    """
    true, predicted = (
        np.count_nonzero(np.unique(label_image(labels, side, in_pieces=in_pieces)))
        for labels, side in ((true_labels, "true"), (predicted_labels, "predicted"))
    )
    if true == 0:
        return math.inf if predicted else 0.0
    return (predicted - true) / true


def same_objects(first: ArrayLike, second: ArrayLike) -> bool:
    """Return whether two label images are equal up to the numbers given to the objects.

    Parameters
    ----------
    first, second : array of integer, YX or ZYX
        0 is background in both, and every other number one object; others are refused.

    Examples
    --------
    >>> from gpu_course.metrics import same_objects
    >>> same_objects([[1, 1, 0, 2]], [[7, 7, 0, 3]])
    True
    >>> same_objects([[1, 1, 0, 2]], [[7, 7, 0, 7]])
    False
    """
    one = label_image(first, "first", in_pieces=True)
    two = label_image(second, "second", in_pieces=True)
    if one.shape != two.shape or ((one == 0) != (two == 0)).any():
        return False
    # Each pixel pairs two numbers. No number of either side may take part in two different pairs.
    pairs = np.unique(np.stack([one.ravel(), two.ravel()]), axis=1)
    return bool(pairs.shape[1] == len(np.unique(one)) == len(np.unique(two)))


def _pair_ious(
    true_labels: ArrayLike, predicted_labels: ArrayLike, in_pieces: bool
) -> NDArray[np.float64]:
    """Return the IoU of each true object (row) with each predicted object (column)."""
    true = label_image(true_labels, "true", in_pieces=in_pieces)
    predicted = label_image(predicted_labels, "predicted", in_pieces=in_pieces)
    same_shape(true, predicted)
    # Renumber to 0…n, so that the table below has no empty rows however large the labels are.
    true_ids, true_index = np.unique(true, return_inverse=True)
    predicted_ids, predicted_index = np.unique(predicted, return_inverse=True)
    shape = (len(true_ids), len(predicted_ids))
    # Each pixel adds 1 to the cell (its true object, its predicted object).
    cell = true_index.ravel() * shape[1] + predicted_index.ravel()
    common = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    union = common.sum(1, keepdims=True) + common.sum(0, keepdims=True) - common
    ious = common / np.maximum(union, 1)
    return ious[true_ids != 0][:, predicted_ids != 0]


def _match(ious: NDArray[np.float64], threshold: float) -> Matching:
    from scipy.optimize import linear_sum_assignment

    a_number = isinstance(threshold, int | float | np.number) and not isinstance(threshold, bool)
    if not a_number or not 0 < threshold <= 1:
        raise CourseError(f"The IoU threshold is {threshold!r}. Give a number above 0, at most 1.")
    n_true, n_predicted = ious.shape
    allowed = ious >= threshold
    # A match is worth 1, plus an IoU so small that all stay below 1: more matches always win.
    worth = np.where(allowed, 1 + ious / (2 * max(1, min(ious.shape))), 0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    matched = allowed[rows, columns]
    tp = int(np.count_nonzero(matched))
    summed = float(ious[rows, columns][matched].sum())
    return Matching(float(threshold), tp, n_predicted - tp, n_true - tp, summed)


def _match_all(tables: Sequence[NDArray[np.float64]], threshold: float) -> Matching:
    first, *rest = (_match(ious, threshold) for ious in tables)
    for other in rest:
        first = first + other
    return first
