"""The part of an image that the window shows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


def visible_region(corners: ArrayLike, shape: Sequence[int]) -> tuple[slice, ...]:
    """Return the part of an image that the window shows.

    Parameters
    ----------
    corners : array of int (2, axes)
        The first and the last pixel in view, as in ``layer.corner_pixels``. They may lie beside
        the image.
    shape : sequence of int
        Shape of the image.

    Returns
    -------
    tuple of slice
        One for each axis; never empty, as the nearest pixel stands for an image out of view.
    """
    region = []
    for first, last, length in zip(*np.asarray(corners), shape, strict=True):
        start = min(max(int(first), 0), length - 1)
        stop = min(max(int(last) + 1, start + 1), length)
        region.append(slice(start, stop))
    return tuple(region)
