"""What the chapter on roots needs beside the network: windows, photographs at half size, blending.

`soft_dice_loss` and `blend` are the solutions of its exercises.
"""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gpu_course import images
from gpu_course.deep_learning.data import Batch
from gpu_course.deep_learning.losses import dice_cross_entropy
from gpu_course.deep_learning.precision import autocast, best_precision
from gpu_course.errors import CourseError
from gpu_course.images import Sample

WINDOW = (slice(100, 1100), slice(450, 1350))
"""Rows and columns of a photograph on which section 3 judged its classifier."""


def soft_dice_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Return one minus the Dice of probabilities with a mask.

    Dice counts pixels, and a count has no gradient. Probabilities in the place of yes and no give
    the same number where the network is sure, and a slope where it is not.

    Parameters
    ----------
    logits : tensor, float (N, 1, Y, X)
        What the network returned.
    truth : tensor, integer (N, 1, Y, X)
        1 on roots, 0 elsewhere.

    Returns
    -------
    tensor, float32, one number
        0: perfect. The 1 added above and below keeps a batch without roots from 0 / 0.

    References
    ----------
    Milletari et al. (2016), https://doi.org/10.1109/3DV.2016.79
    """
    probability = logits.sigmoid()
    overlap = (probability * truth).sum()
    area = probability.sum() + truth.sum()
    return 1 - (2 * overlap + 1) / (area + 1)


def blend(left: NDArray[Any], right: NDArray[Any], overlap: int) -> NDArray[np.float64]:
    """Join two tiles that share some columns, so that one fades into the other.

    Parameters
    ----------
    left, right : ndarray (Y, X)
        The last `overlap` columns of the left tile show the same place as the first ones of the
        right tile.
    overlap : int
        Shared columns, at least 1.

    Returns
    -------
    ndarray, float64 (Y, X of both − overlap)
    """
    # In the middle of its first shared column, the right tile is half a step inside.
    share = (np.arange(overlap) + 0.5) / overlap
    faded = (1 - share) * left[:, -overlap:] + share * right[:, :overlap]
    return np.concatenate([left[:, :-overlap], faded, right[:, overlap:]], axis=1)


def quicker_precision(model: nn.Module, batch: Batch, *, least: float = 1.3) -> str:
    """Return the number format in which this device trains faster, by trying both.

    A CPU with units for bfloat16 is twice as fast with it; one without them is slower. GPUs are
    not asked: `precision.best_precision` knows.

    Parameters
    ----------
    model : torch.nn.Module
        Is left as it was, apart from its gradients, which are dropped.
    batch : Batch
    least : float
        How many times faster bfloat16 must be to be chosen.

    Returns
    -------
    {"float32", "bfloat16", "float16"}
    """
    device = batch.images.device
    if device.type != "cpu":
        return best_precision(device)
    loss, before = dice_cross_entropy(1), [b.clone() for b in model.buffers()]
    took = {}
    for precision in ("float32", "bfloat16"):
        seconds = []
        for _ in range(3):
            start = time.perf_counter()
            with autocast(device, precision):
                result = model(batch.images.contiguous(memory_format=torch.channels_last))
            loss(result, batch.masks).backward()
            seconds.append(time.perf_counter() - start)
        # The first step also sets things up: the best of three is the fair one.
        took[precision] = min(seconds)
    model.zero_grad(set_to_none=True)
    for now, then in zip(model.buffers(), before, strict=True):
        now.copy_(then)  # batch normalisation keeps running means
    return "bfloat16" if took["float32"] > least * took["bfloat16"] else "float32"


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
