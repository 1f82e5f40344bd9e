"""Solutions of ``deep-learning/semantic-vs-instance``: merged objects, depth in each object."""

import numpy as np
from numpy.typing import NDArray

from gpu_course.labels import Labels


def count_merged(labels: Labels) -> int:
    """Count the objects that share a connected piece of the mask with another object.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
        0 is background, every other number one object.

    Returns
    -------
    int
        Objects, not pieces: three bees in one piece count as three.
    """
    from skimage.measure import label

    pieces = label(labels > 0, connectivity=1)
    inside = labels > 0
    # Every pixel says "this object has a part in this piece"; each such pair is kept once.
    pairs = np.unique(np.stack([pieces[inside], labels[inside]]), axis=1)
    shared = np.bincount(pairs[0]) > 1
    return len(np.unique(pairs[1][shared[pairs[0]]]))


def normalised_distance(labels: Labels) -> NDArray[np.float32]:
    """Return how deep every pixel lies in its own object: 1 at the deepest place, 0 outside.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
        0 is background, every other number one object.

    Returns
    -------
    ndarray, float32 (Y, X)
        Distance to the nearest pixel that is not of the same object, over its largest value in
        that object. The frame of the image is no border: nobody knows what lies beyond.
    """
    from scipy import ndimage

    depth = np.zeros(labels.shape, np.float32)
    for number, window in enumerate(ndimage.find_objects(labels), start=1):
        if window is None:
            continue
        # A pixel more on each side, so that a neighbour is seen as what it is: outside.
        wide = tuple(
            slice(max(part.start - 1, 0), part.stop + 1) for part in window if part is not None
        )
        own = labels[wide] == number
        # With nothing around it at all, there is no distance to measure.
        inside = ndimage.distance_transform_edt(own) if not own.all() else own.astype(float)
        depth[wide][own] = (inside / inside.max())[own]
    return depth
