"""Photographs of roots in the red channel, at half their size and back at full size."""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import images
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.images.windows import block_means

WINDOW = (slice(100, 1100), slice(450, 1350))
"""Rows and columns of a photograph on which section 3 judged its classifier."""


def load_red(split: str, number: int) -> list[Sample]:
    """Return the first photographs of a split of RootNav at full size, red channel only.

    Section 3's classifier saw the red channel too. Roots are pale on blue paper, so red tells
    them apart best, and the network that learned on grey scenes takes one channel.

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

    The image is float32, the means of 2 × 2 pixels; the mask True where two pixels of four were. An
    odd last row or column is dropped. There is no centreline: half a line is none.

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
        image=block_means(sample.image, 2),
        mask=block_means(sample.mask, 2) >= 0.5,
        centreline=None,
    )


def double(image: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return an image of half size (Y, X) interpolated to its full size, `shape`."""
    from skimage.transform import resize

    enlarged: NDArray[np.float32] = resize(image, shape, order=1).astype(np.float32)
    return enlarged
