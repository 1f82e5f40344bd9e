"""The exercises' solutions: whole objects, and their brightness above their own background."""

from typing import TYPE_CHECKING

import numpy as np

from gpu_course.classical.measurement import keep, measure, on_border

if TYPE_CHECKING:
    import pandas as pd


def whole_objects(labels: np.ndarray, smallest: int) -> np.ndarray:
    """Keep the objects that the border does not cut and that are large enough.

    Parameters
    ----------
    labels : integer ndarray, (Y, X) or (Z, Y, X)
    smallest : int
        In pixels; an object of exactly this area stays.

    Returns
    -------
    integer ndarray, shape of `labels`
        The numbers of the objects that stay are unchanged.
    """
    table = measure(labels, labels)
    good = (table.area >= smallest) & ~on_border(table, labels.shape)
    return keep(labels, table.label[good])


def corrected_intensity(image: np.ndarray, labels: np.ndarray, width: int = 5) -> "pd.Series":
    """Measure how much brighter each object is than its own surroundings.

    The surroundings are a ring around the object: the background pixels that lie within `width`
    pixels of it and closer to it than to any other object. Their median shrugs off a stray pixel of
    an object that the labels missed.

    Parameters
    ----------
    image : ndarray, (Y, X) or (Z, Y, X)
        Intensities, any real dtype.
    labels : integer ndarray of the same shape
    width : int
        Of the ring, in pixels.

    Returns
    -------
    pandas.Series of float
        Mean of the object minus median of its ring, indexed by label. NaN where no pixel is left
        for a ring.
    """
    import pandas as pd
    from skimage.segmentation import expand_labels

    rings = np.where(labels > 0, 0, expand_labels(labels, distance=width))
    around = pd.Series(image[rings > 0]).groupby(rings[rings > 0]).median()
    objects = measure(image, labels).set_index("label").mean_intensity
    return (objects - around.reindex(objects.index)).rename("corrected_intensity")
