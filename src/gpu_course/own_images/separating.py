"""Objects from a mask: what hangs together, or round parts told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.labels import renumber


def objects_of(
    mask: NDArray[Any], *, diameter: float | None = None, smallest: float = 0.0
) -> NDArray[np.int32]:
    """Give every object of a mask a number.

    Parameters
    ----------
    mask : ndarray (Y, X)
        Above 0 on objects.
    diameter : float, optional
        Of the objects, in pixels: they are taken for round and told apart where they touch, at the
        waists. None: whatever hangs together is one object.
    smallest : float
        Objects of less area are left out, in pixels.

    Returns
    -------
    ndarray, int32 (Y, X)
        0 is background, 1 … n the objects.

    Examples
    --------
    >>> from gpu_course.own_images.separating import objects_of
    >>> y, x = np.mgrid[:40, :60]
    >>> two = (np.hypot(y - 20, x - 20) < 11) | (np.hypot(y - 20, x - 38) < 11)
    >>> int(objects_of(two).max()), int(objects_of(two, diameter=22).max())
    (1, 2)
    """
    from scipy import ndimage
    from skimage.segmentation import watershed

    there = np.asarray(mask) > 0
    whole, _ = ndimage.label(there, structure=np.ones((3, 3)))
    if diameter is not None and there.any():
        inside = ndimage.distance_transform_edt(np.pad(there, 1))[1:-1, 1:-1]
        # A rough outline has many small peaks; the blur leaves one for each object.
        depth = ndimage.gaussian_filter(inside, diameter / 12)
        size = 2 * max(1, round(diameter / 4)) + 1
        peaks = (depth == ndimage.maximum_filter(depth, size)) & there & (inside > diameter / 8)
        seeds, _ = ndimage.label(peaks, structure=np.ones((3, 3)))
        parts = watershed(-depth, seeds, mask=there)
        # What is too thin for a peak of its own is an object all the same, if a small one.
        whole = np.where(parts > 0, parts, np.where(there, whole + parts.max(), 0))
    areas = np.bincount(whole.ravel())
    keep = areas >= smallest
    keep[0] = False
    return renumber(np.where(keep[whole], whole, 0))
