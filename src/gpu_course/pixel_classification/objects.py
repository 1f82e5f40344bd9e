"""From probabilities of pixels to objects with a number each."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.parameters import number

BELOW_1 = 1 - 1e-9
"""A threshold of 1 is above every probability."""


def to_objects(
    probability: Any,
    *,
    threshold: float = 0.5,
    smoothing: float = 1.0,
    smallest: float = 30,
    spacing: float = 5.0,
) -> NDArray[np.int32]:
    """Separate objects that touch, and number them.

    The forest knows pixels, not objects. Pixels above the threshold are foreground. Deep inside
    an object the distance to the background is large, and at the neck between two it is small: so
    the deepest places are the seeds, and a watershed lets each grow as far as the neck. Objects
    that overlap so far that no neck is left stay one.

    Parameters
    ----------
    probability : array, (Y, X) or (Z, Y, X)
        Probability of the class that objects are made of, 0 to 1; or a mask. Of any library.
    threshold : float
        Above it a pixel belongs to an object.
    smoothing : float
        Width of the Gaussian that smooths the probability first, and the distance afterwards, in
        pixels.
    smallest : float
        Objects of fewer pixels are left out.
    spacing : float
        Smallest distance of two seeds, in pixels: about the radius of an object. More merges
        neighbours, less splits long objects.

    Returns
    -------
    ndarray of int32
        Same shape: 0 is background, 1…n the objects.

    Raises
    ------
    CourseError
        If the array is not 2D or 3D, is masked, or holds anything but probabilities, or if a
        parameter makes no sense.

    Examples
    --------
    >>> from gpu_course.pixel_classification import to_objects
    >>> y, x = np.mgrid[:40, :60]
    >>> discs = np.hypot(y - 20, np.minimum(abs(x - 20), abs(x - 38))) < 11
    >>> bool(discs[20, 29]), int(to_objects(discs).max())  # they touch, and are two
    (True, 2)
    """
    from scipy import ndimage
    from skimage.segmentation import watershed

    from gpu_course.devices import to_numpy
    from gpu_course.labels import renumber

    if np.ma.is_masked(probability):
        raise CourseError("The probability is a masked array. Fill it: probability.filled(0).")
    values = to_numpy(probability)
    if values.dtype.kind not in "buif":
        raise CourseError(f"The probability holds {values.dtype}, and no real numbers from 0 to 1.")
    values = values.astype(np.float32)
    if values.ndim not in (2, 3):
        raise CourseError(
            f"The probability has {values.ndim} axes. Give one class, such as probability[1]."
        )
    if not np.isfinite(values).all():
        raise CourseError("The probability holds missing or infinite values. Replace them first.")
    smoothing, smallest = number(smoothing, "smoothing", 0), number(smallest, "smallest", 0)
    spacing, threshold = number(spacing, "spacing", 1), number(threshold, "threshold", 0, BELOW_1)
    if values.size and not -1e-3 <= values.min() <= values.max() <= 1.001:
        raise CourseError(
            f"The probability goes from {values.min():g} to {values.max():g}, and not from 0 to 1. "
            "Give one class of predict_proba(), or a mask such as mask > 0."
        )
    foreground = ndimage.gaussian_filter(values, smoothing) > threshold
    if foreground.all() or not foreground.any():  # no border between the two: one object or none
        whole = foreground.any() and foreground.size >= smallest
        return np.full(values.shape, whole, np.int32)
    # Beyond the image's border an object may go on, so that the border is no edge.
    depth = ndimage.distance_transform_edt(foreground).astype(np.float32)
    depth = ndimage.gaussian_filter(depth, smoothing, mode="nearest")
    # As deep as any place around, within half a pixel: a long object is equally deep all along its
    # middle line, and must not fall apart into beads.
    deepest = ndimage.maximum_filter(depth, size=2 * int(spacing) + 1)
    middle = foreground & (depth >= deepest - 0.5)
    near = ndimage.distance_transform_edt(~middle) <= spacing / 2
    seeds, _ = ndimage.label(near, np.ones((3,) * values.ndim))
    seeds[~middle] = 0
    labels = watershed(-depth, seeds, mask=foreground)
    size = np.bincount(labels.ravel())
    labels[size[labels] < smallest] = 0
    return renumber(labels)
