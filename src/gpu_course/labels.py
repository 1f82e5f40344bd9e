"""Label images: 0 is background, every other number one object."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer[Any]]


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
    """
    taken: set[int] = set()
    pairs = []
    for one, other in np.unique(touching_faces(labels), axis=0).tolist():
        if not {one, other} & taken:
            pairs.append((one, other))
            taken |= {one, other}
    return pairs
