"""Solution: how wide a drawn root is, from its mask and its middle line."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def widths_along(mask: NDArray[Any], line: NDArray[Any]) -> NDArray[np.float64]:
    """Return the width of a mask at every pixel of a middle line.

    The distance transform says how far a pixel is from the nearest pixel outside, from middle to
    middle. The edge of the mask lies half a pixel before that one, and there are two edges.

    Parameters
    ----------
    mask : ndarray, bool (Y, X)
    line : ndarray, bool (Y, X)
        One pixel wide. Where it runs outside the mask there is no width.

    Returns
    -------
    ndarray, float64 (n,)
        In pixels, one for each pixel of the line that lies in the mask. Exact for a line in the
        middle of an odd width; at most a pixel too little for an even one.
    """
    distance = ndimage.distance_transform_edt(mask)
    widths: NDArray[np.float64] = 2 * distance[line & mask] - 1
    return widths
