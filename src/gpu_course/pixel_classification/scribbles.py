"""Sparse labels: a few painted pixels of each class, all others left open."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError

#: Labels come back as uint8.
MOST_CLASSES = 255


def checked(scribbles: Any, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return scribbles as a NumPy array of uint8.

    Parameters
    ----------
    scribbles : array of int
        0 is not painted, 1 to 255 the classes.
    shape : tuple of int
        Spatial shape of the image they were painted on.

    Raises
    ------
    CourseError
        If the shapes differ or the values are no classes.
    """
    from gpu_course.devices import to_numpy

    labels = to_numpy(scribbles)
    if tuple(labels.shape) != tuple(shape):
        raise CourseError(
            f"The scribbles have the shape {tuple(labels.shape)} and the image {tuple(shape)}. "
            "Paint on a layer of the image's size."
        )
    if labels.dtype.kind not in "iub":
        raise CourseError(
            f"The scribbles are {labels.dtype} numbers. Give integers: 0 where nothing is painted."
        )
    if labels.size and (labels.min() < 0 or labels.max() > MOST_CLASSES):
        raise CourseError(
            f"The scribbles go from {labels.min()} to {labels.max()}. "
            f"Use 0 for not painted and 1 to {MOST_CLASSES} for the classes."
        )
    return labels.astype(np.uint8)


def strokes(scribbles: NDArray[Any]) -> NDArray[np.int32]:
    """Give each stroke a number: connected pixels of one class, diagonals included.

    Parameters
    ----------
    scribbles : ndarray of int
        0 is not painted.

    Returns
    -------
    ndarray of int32
        Same shape: 0 where nothing is painted, 1…n the strokes.
    """
    from skimage.measure import label

    return label(scribbles, background=0, connectivity=scribbles.ndim).astype(np.int32)
