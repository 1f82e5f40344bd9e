"""Solutions of ``deep-learning/labelling``: polygons and faults; slices filled between others."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.labels import Labels


def polygons_to_labels(
    polygons: Sequence[NDArray[np.floating[Any]]], shape: tuple[int, int]
) -> NDArray[np.int32]:
    """Fill polygons with the numbers 1, 2, 3 …; an earlier one is never painted over.

    Parameters
    ----------
    polygons : sequence of ndarray, float (corners, 2)
        Rows and columns of the corners, as in the `data` of napari's shapes layer. Parts beyond
        the image are left out.
    shape : tuple of int
        Rows and columns of the image.

    Returns
    -------
    ndarray, int32 (Y, X)
    """
    from skimage.draw import polygon2mask

    labels = np.zeros(shape, np.int32)
    for number, corners in enumerate(polygons, start=1):
        labels[polygon2mask(shape, corners) & (labels == 0)] = number
    return labels


def find_faults(labels: Labels, smallest: int = 20) -> dict[int, str]:
    """Return what is suspicious about the objects of a label image.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
    smallest : int
        Fewer pixels are a slip of the brush.

    Returns
    -------
    dict
        Number of the object → ``"speck"``, ``"pieces"`` (its pixels do not hang together, not
        even by a corner) or ``"hole"`` (it surrounds background). The first that applies.
    """
    from scipy import ndimage
    from skimage.measure import label

    faults = {}
    for number in np.unique(labels[labels > 0]).tolist():
        own = labels == number
        if own.sum() < smallest:
            faults[number] = "speck"
        elif label(own, connectivity=2).max() > 1:
            faults[number] = "pieces"
        elif (ndimage.binary_fill_holes(own) & (labels == 0)).any():
            faults[number] = "hole"
    return faults


def fill_between(labels: Labels) -> NDArray[np.int32]:
    """Fill the slices between painted ones.

    The signed distance to an object's outline, positive inside, is mixed from the painted slices
    on either side, by how near they are; where it is positive, there is the object.

    Parameters
    ----------
    labels : ndarray, integer (Z, Y, X)
        Slices without any label count as not painted.

    Returns
    -------
    ndarray, int32 (Z, Y, X)
        No object goes on beyond the first and last slice in which it was painted.
    """
    from scipy.ndimage import distance_transform_edt as distance

    painted = np.flatnonzero(labels.any(axis=(1, 2)))
    filled = labels.astype(np.int32)
    deepest = np.zeros(labels.shape, np.float32)
    for below, above in pairwise(painted.tolist()):
        for number in np.intersect1d(labels[below], labels[above]):
            if number == 0 or above == below + 1:
                continue
            ends = [distance(own) - distance(~own) for own in labels[[below, above]] == number]
            for z in range(below + 1, above):
                share = (z - below) / (above - below)
                depth = (1 - share) * ends[0] + share * ends[1]
                wins = depth > deepest[z]
                filled[z][wins], deepest[z][wins] = number, depth[wins]
    return filled
