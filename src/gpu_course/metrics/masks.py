"""Is this pixel part of an object? Scores that compare two masks."""

from numbers import Real

import numpy as np
from numpy.typing import ArrayLike

from gpu_course.errors import CourseError
from gpu_course.metrics._inputs import ratio, two_masks


def dice(truth: ArrayLike, prediction: ArrayLike) -> float:
    """Return the Dice coefficient of two masks, 2·|A∩B| / (|A| + |B|).

    Parameters
    ----------
    truth, prediction : array of bool or integer, YX or ZYX
        Pixels that are not 0 belong to an object, so label images may be given too.

    Returns
    -------
    float
        From 0 (no common pixel) to 1 (the same mask).

    Raises
    ------
    CourseError
        If the shapes differ or an array is no mask.

    References
    ----------
    Dice, L. R. (1945), https://doi.org/10.2307/1932409

    Examples
    --------
    >>> from gpu_course.metrics import dice
    >>> round(dice([[1, 1, 0]], [[0, 1, 0]]), 3)
    0.667
    """
    true, predicted = two_masks(truth, prediction)
    both, sizes = int((true & predicted).sum()), int(true.sum()) + int(predicted.sum())
    return ratio(2 * both, sizes)


def iou(truth: ArrayLike, prediction: ArrayLike) -> float:
    """Return the intersection over union of two masks, |A∩B| / |A∪B| (the Jaccard index).

    Parameters, range and errors are those of :func:`dice`; the two rank results alike, since
    IoU = Dice / (2 − Dice).

    Examples
    --------
    >>> from gpu_course.metrics import iou
    >>> iou([[1, 1, 0]], [[0, 1, 0]])
    0.5
    """
    true, predicted = two_masks(truth, prediction)
    return ratio(int((true & predicted).sum()), int((true | predicted).sum()))


def cl_dice(truth: ArrayLike, prediction: ArrayLike) -> float:
    """Return the centreline Dice, which asks for the same lines, however thickly drawn.

    A root that is one pixel too thin costs much Dice and is still the right root. clDice asks
    two other questions: how much of the prediction's skeleton lies inside the true mask, and how
    much of the true skeleton lies inside the prediction? It is the harmonic mean of both answers.

    Parameters
    ----------
    truth, prediction : array of bool or integer, YX or ZYX
        Pixels that are not 0 belong to an object.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    CourseError
        If the shapes differ or an array is no mask.

    References
    ----------
    Shit et al. (2021), https://doi.org/10.1109/CVPR46437.2021.01629

    Examples
    --------
    >>> from gpu_course.metrics import cl_dice, dice
    >>> thick, thin = np.zeros((2, 9, 30), bool)
    >>> thick[3:6, 2:28] = True
    >>> thin[4, 2:28] = True
    >>> round(dice(thick, thin), 2), round(cl_dice(thick, thin), 2)
    (0.5, 0.98)
    """
    from skimage.morphology import skeletonize

    true, predicted = two_masks(truth, prediction)
    if not true.any() or not predicted.any():
        return float(true.any() == predicted.any())
    true_lines, predicted_lines = (
        # Thinning can wear a small compact object away altogether: it is then its own line.
        lines if lines.any() else mask
        for mask, lines in ((true, skeletonize(true)), (predicted, skeletonize(predicted)))
    )
    correct = np.count_nonzero(predicted_lines & true) / np.count_nonzero(predicted_lines)
    found = np.count_nonzero(true_lines & predicted) / np.count_nonzero(true_lines)
    return ratio(2 * correct * found, correct + found, empty=0.0)


def centreline_recall(
    centreline: ArrayLike, prediction: ArrayLike, *, tolerance: float = 3.0
) -> float:
    """Return the part of a traced centreline that has the prediction within reach.

    For photographs whose roots were traced as lines: no true mask exists, so only this half of
    the question can be asked honestly.

    Parameters
    ----------
    centreline, prediction : array of bool or integer, YX or ZYX
        Pixels that are not 0 belong to a line or an object.
    tolerance : float
        How far, in pixels, the nearest predicted pixel may be.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    CourseError
        If the shapes differ, an array is no mask, or the tolerance is no number from 0 up.

    Examples
    --------
    >>> from gpu_course.metrics import centreline_recall
    >>> line, found = np.zeros((2, 9, 40), bool)
    >>> line[4] = True
    >>> found[6, :30] = True  # two pixels below the line, and too short
    >>> centreline_recall(line, found, tolerance=2)
    0.75
    """
    from scipy.ndimage import distance_transform_edt

    true, predicted = two_masks(centreline, prediction)
    number = isinstance(tolerance, Real) and not isinstance(tolerance, (bool, np.bool_))
    if not (number and 0 <= tolerance < np.inf):
        raise CourseError(f"The tolerance is {tolerance!r}. Give a number of pixels, 0 or more.")
    if not true.any() or not predicted.any():
        return float(true.any() == predicted.any())
    distance = distance_transform_edt(~predicted)
    return float(np.mean(distance[true] <= tolerance))
