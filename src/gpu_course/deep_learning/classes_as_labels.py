"""Numbers in a label image that do not name objects: classes, and the greys of soft edges."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.labels import CODES

PIECES = 3
"""A number in so many pieces hardly names an object: see `gpu_course.labels.refuse_mask`."""
MANY = 4
"""Classes lie in so many pieces a number; objects that something was cut from do not."""
NEAR = 4
"""Soft edges reach so many pixels."""


def refuse_classes(labels: NDArray[np.integer[Any]], what: str, *, objects: bool = True) -> None:
    """Make sure that the numbers of a label image name objects, where there is more than one.

    Programs for pixel classification write 1 for cells and 2 for all that is none; a mask that was
    smoothed, resized or saved as JPEG on its way holds greys between 0 and 255. Both look like
    labels with several numbers, and a network would learn that the rim of an object, or all cells
    together, are one.

    Parameters
    ----------
    labels : ndarray of whole numbers (Y, X) or (Z, Y, X)
        0 is background.
    what : str
        Begins the sentence of the error: what holds the labels.
    objects : bool
        Whether objects are to be told apart. If not, what is not 0 counts, in how many pieces
        ever; only where nothing is 0 does it say nothing.

    Raises
    ------
    CourseError
        If half of the numbers or more lie in three separate pieces or more, each at least a tenth
        as large as the largest, and there are four times as many pieces as numbers; if few numbers
        share the whole image, or one of few covers more than half of it, and one lies in pieces; or
        if most of what is labelled has the number
        255 or 65535, and greys are around it.

    Examples
    --------
    >>> from gpu_course.deep_learning.classes_as_labels import refuse_classes
    >>> refuse_classes(np.array([[1, 1, 0, 2, 2]]), "The picture")  # two objects: nothing to say
    >>> refuse_classes(np.array([[2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 0]]), "The picture")
    Traceback (most recent call last):
        ...
    gpu_course.errors.CourseError: The picture: 2 of its 2 numbers lie in three pieces or more...
    """
    numbers, areas = np.unique(labels[labels > 0], return_counts=True)
    if numbers.size < 2:
        return
    if objects and _soft(labels, numbers, areas):
        raise CourseError(
            f"{what}: {numbers.size} numbers, and most of what is labelled has the number "
            f"{numbers[-1]}. This looks like a mask whose edges are grey, because it was smoothed, "
            f"resized or saved as JPEG. Save it with 0 and {numbers[-1]} alone "
            f"(labels > {numbers[-1] // 2})."
        )
    pieces = _pieces(labels)
    scattered = int((pieces >= PIECES).sum())
    classes = "If they are classes, keep those pixels that are objects (labels == 1, for instance)"
    if numbers.size <= MANY and labels.all() and scattered:
        raise CourseError(
            f"{what}: the numbers {' and '.join(map(str, numbers))} share the whole image, and "
            f"0 for background is nowhere. {classes}; if they are objects, cut the image elsewhere."
        )
    if objects and numbers.size <= MANY and scattered and 2 * areas.max() > labels.size:
        raise CourseError(
            f"{what}: the number {numbers[areas.argmax()]} covers more than half of the image, and "
            f"{scattered} of its {numbers.size} numbers lie in three pieces or more. This looks "
            f"like classes, one of which is the background. {classes}; if objects, give each piece "
            "a number of its own."
        )
    if objects and 2 * scattered >= numbers.size and pieces.sum() >= MANY * numbers.size:
        raise CourseError(
            f"{what}: {scattered} of its {numbers.size} numbers lie in three pieces or more, and a "
            f"number should name one object. {classes}; if greys of a mask, save it with 0 and 255 "
            "alone; if objects, give each piece a number of its own."
        )


def _soft(
    labels: NDArray[np.integer[Any]], numbers: NDArray[Any], areas: NDArray[np.integer[Any]]
) -> bool:
    """Tell whether the highest number is that of masks, and most others lie along its edge."""
    from scipy.ndimage import maximum_filter

    if int(numbers[-1]) not in CODES or 2 * areas[-1] <= areas.sum():
        return False
    full = labels == numbers[-1]
    grey = (labels > 0) & ~full
    return bool(2 * maximum_filter(full, 2 * NEAR + 1)[grey].sum() >= grey.sum())


def _pieces(labels: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return in how many pieces each number lies: of a tenth of its largest or more."""
    from skimage.measure import label

    parts = label(labels, background=0, connectivity=labels.ndim)
    there = parts > 0
    first = np.unique(parts[there], return_index=True)[1]
    sizes = np.bincount(parts[there])[1:]
    _, owner = np.unique(labels[there][first], return_inverse=True)
    largest = np.zeros(owner.max() + 1, np.int64)
    np.maximum.at(largest, owner, sizes)
    counts: NDArray[np.int64] = np.bincount(owner[10 * sizes >= largest[owner]])
    return counts
