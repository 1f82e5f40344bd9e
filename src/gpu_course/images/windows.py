"""Parts of an image that stand for the whole: where most of something lies, and means of blocks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def fullest_window(pixels: NDArray[Any], side: int) -> tuple[slice, slice]:
    """Return the square window that holds most of the pixels.

    Parameters
    ----------
    pixels : ndarray (Y, X)
        What is sought: bool, or how much of it lies in each pixel.
    side : int
        Rows and columns of the window; less where the image is smaller.

    Returns
    -------
    rows, columns : slice
        Inside the image. Of several that hold as much, the upper one, then the one to the left.
    """
    from scipy.ndimage import uniform_filter

    sides = [min(side, n) for n in pixels.shape]
    share = uniform_filter(pixels.astype(np.float32), sides, mode="constant")
    # Only middles whose window lies inside the image.
    inside = share[
        tuple(slice(s // 2, n - s + s // 2 + 1) for n, s in zip(pixels.shape, sides, strict=True))
    ]
    top, left = (int(n) for n in np.unravel_index(int(inside.argmax()), inside.shape))
    return slice(top, top + sides[0]), slice(left, left + sides[1])


def block_means(image: NDArray[Any], factor: int) -> NDArray[np.float32]:
    """Return an image reduced to the means of blocks.

    Parameters
    ----------
    image : ndarray (Y, X)
    factor : int
        Rows and columns of a block. Rows and columns that fill no block are cut off.

    Returns
    -------
    ndarray, float32 (Y / factor, X / factor)
    """
    rows, columns = (n // factor for n in image.shape)
    blocks = image[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor)
    return blocks.mean(axis=(1, 3), dtype=np.float32)
