"""Label images: 0 is background, every other number one object."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError

Labels = NDArray[np.integer[Any]]

CODES = (255, 65535)
"""How programs write the foreground of a mask in 8 and 16 bits."""

LARGEST = 65535
"""StarDist's compiled functions count objects in 16 bits."""


def refuse_mask(labels: Any, what: str, *, in_pieces: bool = False) -> None:
    """Make sure that a label image is no mask, whose objects would all be taken for one.

    A label image may show objects in pieces: one that lies under another, or a root. So a mask is
    only what has one single number and that in several pieces, each at least a tenth as large as
    the largest: two for bool and for the numbers 255 and 65535, which programs write for masks;
    three for other numbers, as a single object may be cut in two.

    Parameters
    ----------
    labels : NumPy or CuPy array of whole numbers or bool, (Y, X) or (Z, Y, X)
        0 is background.
    what : str
        Begins the sentence of the error: what holds the labels.
    in_pieces : bool
        Say that the one object is meant to be in pieces: nothing is refused.

    Raises
    ------
    CourseError
        If it looks like a mask.

    Examples
    --------
    >>> from gpu_course.labels import refuse_mask
    >>> refuse_mask(np.array([[1, 1, 0, 2, 2]]), "The picture")  # two objects: nothing to say
    >>> refuse_mask(np.array([[255, 255, 0, 255, 255]]), "The picture")
    Traceback (most recent call last):
        ...
    gpu_course.errors.CourseError: The picture: one number, 255, for 2 separate pieces...
    """
    if in_pieces or not labels.size:
        return
    number = int(labels.max())
    # Nearly every label image ends here, before anything slow.
    if number == 0 or ((labels != 0) & (labels != number)).any():
        return
    from scipy import ndimage

    if hasattr(labels, "get"):  # CuPy never copies unasked
        labels = labels.get()
    corners = np.ones((3,) * labels.ndim, bool)
    parts, count = ndimage.label(labels != 0, structure=corners)
    sizes = np.bincount(parts.ravel())[1:]
    pieces = int((10 * sizes >= sizes.max()).sum())
    least = 2 if labels.dtype == bool or number in CODES else 3
    if pieces >= least:
        raise CourseError(
            f"{what}: one number, {number}, for {count} separate pieces. This looks like a mask; "
            "give scipy.ndimage.label(mask)[0], or, if it is one object, in_pieces=True."
        )


def small_numbers(labels: Labels) -> NDArray[np.int32]:
    """Return labels as int32 with numbers that fit into 16 bits, renumbered only if need be.

    Parameters
    ----------
    labels : ndarray, integer, any shape
        0 is background.

    Returns
    -------
    ndarray, int32, same shape
        The same numbers if none is above 65535, else 1…n in their order.

    Raises
    ------
    CourseError
        If there are more than 65535 objects.

    Examples
    --------
    >>> from gpu_course.labels import small_numbers
    >>> small_numbers(np.array([[0, 70_000, 7]]))
    array([[0, 2, 1]], dtype=int32)
    """
    if labels.max(initial=0) > LARGEST:
        labels = renumber(labels)
        if labels.max() > LARGEST:
            raise CourseError(
                f"A label image holds {labels.max()} objects, and StarDist counts to {LARGEST}. "
                "Cut it into smaller images."
            )
    return np.ascontiguousarray(labels, dtype=np.int32)


def renumber(labels: NDArray[Any]) -> NDArray[np.int32]:
    """Return labels with the values 0, 1…n, no number left out, in their old order.

    Parameters
    ----------
    labels
        Whole numbers from 0 up, of any shape and dtype; 0 is background.

    Returns
    -------
    ndarray of int32
        Same shape.

    Raises
    ------
    CourseError
        If some are masked, negative, missing or not whole: each such number would be an object.

    Examples
    --------
    >>> from gpu_course.labels import renumber
    >>> renumber(np.array([[0, 7, 7, 3]]))
    array([[0, 2, 2, 1]], dtype=int32)
    """
    _refuse_no_labels(labels)
    values, position = np.unique(labels, return_inverse=True)
    # Without background pixels the first object must still become 1, not 0.
    start = 0 if values.size and values[0] == 0 else 1
    return (position.reshape(labels.shape) + start).astype(np.int32)


def touching_faces(labels: Labels) -> Labels:
    """Return who touches whom, once for each pixel face that two objects share.

    Two objects touch where a pixel of one lies right beside, above or below (or, in 3D, before or
    behind) a pixel of the other; corners do not count.

    Parameters
    ----------
    labels : ndarray, integer (Y, X) or (Z, Y, X)

    Returns
    -------
    ndarray (faces, 2), dtype of `labels`
        The smaller number of each face first.

    Examples
    --------
    >>> from gpu_course.labels import touching_faces
    >>> touching_faces(np.array([[1, 1, 2], [0, 1, 2]]))
    array([[1, 2],
           [1, 2]])
    """
    faces = []
    for axis, n in enumerate(labels.shape):
        one = labels.take(np.arange(n - 1), axis)
        other = labels.take(np.arange(1, n), axis)
        meet = (one != other) & (one > 0) & (other > 0)
        faces.append(np.stack([one[meet], other[meet]], axis=1))
    return np.sort(np.concatenate(faces), axis=1)


def touching_pairs(labels: Labels) -> list[tuple[int, int]]:
    """Return pairs of objects that touch, so that no object is in two pairs.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)

    Returns
    -------
    list of (int, int)
        In rising order; a pair is left out where one of it is in an earlier pair.

    Examples
    --------
    >>> from gpu_course.labels import touching_pairs
    >>> touching_pairs(np.array([[1, 2, 3, 0, 4, 5]]))
    [(1, 2), (4, 5)]
    """
    taken: set[int] = set()
    pairs = []
    for one, other in np.unique(touching_faces(labels), axis=0).tolist():
        if not {one, other} & taken:
            pairs.append((one, other))
            taken |= {one, other}
    return pairs


def labelled_diameter(labels: NDArray[np.integer[Any]]) -> float:
    """Return the typical diameter of objects that somebody has labelled.

    Parameters
    ----------
    labels : ndarray of integers (Y, X)
        0 is background, 1…n the objects.

    Returns
    -------
    float
        The median over objects of the diameter of a disc of equal area, in pixels.

    Raises
    ------
    CourseError
        If there is no object; or as `renumber`.

    Examples
    --------
    >>> from gpu_course.labels import labelled_diameter
    >>> labels = np.zeros((40, 40), int)
    >>> labels[5:25, 5:25] = 1
    >>> round(labelled_diameter(labels), 1)
    22.6
    """
    _refuse_no_labels(labels)
    _, areas = np.unique(labels[labels > 0], return_counts=True)
    if not areas.size:
        raise CourseError(
            "No object is labelled, so there is no typical size. Give labels above 0."
        )
    return float(np.median(2 * np.sqrt(areas / np.pi)))


def _refuse_no_labels(labels: NDArray[Any]) -> None:
    """Make sure that every number is 0 or an object's."""
    kind = labels.dtype.kind
    whole = kind in "bui" or (
        kind == "f" and bool((np.isfinite(labels) & (labels == np.rint(labels))).all())
    )
    if np.ma.is_masked(labels) or not whole or (labels.size and labels.min() < 0):
        raise CourseError(
            "Labels are whole numbers from 0 up, none of them masked or missing: any other would "
            "be taken for an object, or be lost. Use 0 for background (labels.filled(0) for what "
            "is masked), and label the objects first."
        )
