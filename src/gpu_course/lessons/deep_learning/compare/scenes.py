"""What the comparing chapter needs: paired scores, what methods cost, and charts of both."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.images import Sample

RESAMPLES = 5000
"""Draws of the bootstrap: enough for two digits of an interval."""


def split_train_half(half: Sample, *, rows: int = 384) -> tuple[Sample, Sample]:
    """Return the upper rows of a train image to learn from, and the rest to choose by.

    Parameters
    ----------
    half : Sample
        Of the split "train", with labels.
    rows : int
        Where to cut. A nucleus on the cut is cut.

    Returns
    -------
    training, validation : Sample
        The second with the split "validation".

    Raises
    ------
    CourseError
        If the image is not of the split "train", or one part would be empty.
    """
    if half.split != "train" or not 0 < rows < half.image.shape[0]:
        raise CourseError(
            f"Row {rows} of an image of the split {half.split!r} with {half.image.shape[0]} rows "
            "is no place to cut. Take a train image, and a row inside it."
        )
    columns = slice(0, half.image.shape[1])
    upper, lower = half.crop(slice(0, rows), columns), half.crop(slice(rows, None), columns)
    return upper, dataclasses.replace(lower, split="validation")


def crowded_window(labels: NDArray[Any], side: int) -> tuple[slice, slice]:
    """Return the square window with most foreground.

    Parameters
    ----------
    labels : array (Y, X)
        Mask or labels.
    side : int
        Rows and columns of the window; less where the image is smaller.
    """
    from scipy.ndimage import uniform_filter

    rows, columns = (min(side, n) for n in labels.shape)
    share = uniform_filter((labels > 0).astype(np.float32), (rows, columns), mode="constant")
    # Only middles whose window lies inside the image.
    inside = tuple(
        slice(s // 2, n - s + s // 2 + 1)
        for n, s in zip(labels.shape, (rows, columns), strict=True)
    )
    y, x = np.unravel_index(int(share[inside].argmax()), share[inside].shape)
    return slice(int(y), int(y) + rows), slice(int(x), int(x) + columns)
