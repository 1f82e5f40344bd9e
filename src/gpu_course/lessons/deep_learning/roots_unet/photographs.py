"""What the chapter on roots needs beside the network: windows, photographs at half size, blending.

`soft_dice_loss` and `blend` are the solutions of its exercises.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import images
from gpu_course.errors import CourseError
from gpu_course.images import Sample

WINDOW = (slice(100, 1100), slice(450, 1350))
"""Rows and columns of a photograph on which section 3 judged its classifier."""


def wrong_window(
    truth: NDArray[np.bool_], found: NDArray[np.bool_], side: int
) -> tuple[slice, ...]:
    """Return the square window with the most wrong pixels.

    Parameters
    ----------
    truth, found : ndarray, bool (Y, X)
    side : int
        Rows and columns of the window; less where the picture is smaller.

    Returns
    -------
    tuple of slice
        Rows and columns.
    """
    from scipy.ndimage import uniform_filter

    side = min(side, *truth.shape)
    wrong = uniform_filter((truth != found).astype(np.float32), side, mode="constant")
    # Only middles whose window lies inside the picture.
    inside = tuple(slice(side // 2, n - side + side // 2 + 1) for n in truth.shape)
    middle = np.unravel_index(int(wrong[inside].argmax()), wrong[inside].shape)
    return tuple(slice(int(m), int(m) + side) for m in middle)


def photographs(split: str, number: int) -> list[Sample]:
    """Return the first photographs of a split of RootNav, red channel only.

    Section 3's classifier saw the red channel too. Roots are pale on blue paper, so red tells
    them apart best, and the network that learned on grey scenes takes one channel.

    Parameters
    ----------
    split : {"train", "validation", "test"}
    number : int

    Returns
    -------
    list of Sample
        With axes YX, at full size.

    Raises
    ------
    CourseError
        If the photographs are not there and cannot be fetched.
    """
    samples = [images.load("rootnav", split, index=index) for index in range(number)]
    return [
        dataclasses.replace(s, image=np.ascontiguousarray(s.image[..., 0]), axes="YX")
        for s in samples
    ]


def halve(sample: Sample) -> Sample:
    """Return a grey scene at half its size, with its mask.

    Parameters
    ----------
    sample : Sample
        With axes YX.

    Returns
    -------
    Sample
        Image float32, the means of 2 × 2 pixels; mask True where two pixels of four were.
        An odd last row or column is dropped. There is no centreline: half a line is none.

    Raises
    ------
    CourseError
        If the scene has channels or no mask.
    """
    if sample.axes != "YX" or sample.mask is None:
        raise CourseError(
            f"Only grey scenes with a mask can be halved, and this one has axes {sample.axes}. "
            "Take one channel first."
        )
    return dataclasses.replace(
        sample,
        image=half(sample.image),
        mask=half(sample.mask) >= 0.5,
        centreline=None,
    )


def half(image: NDArray[Any]) -> NDArray[np.float32]:
    """Return the means of 2 × 2 pixels, float32; an odd last row or column is dropped."""
    rows, columns = (n // 2 * 2 for n in image.shape)
    fours = image[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2)
    return fours.mean(axis=(1, 3), dtype=np.float32)


def double(image: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return an image of half size at full size again, interpolated.

    Parameters
    ----------
    image : ndarray (Y, X)
    shape : tuple of int
        Rows and columns of the full size.
    """
    from skimage.transform import resize

    enlarged: NDArray[np.float32] = resize(image, shape, order=1).astype(np.float32)
    return enlarged
