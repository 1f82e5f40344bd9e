"""Prediction of images of any size: tile by tile, with overlap, in the memory there is."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from gpu_course.deep_learning.data import find_device, starts
from gpu_course.deep_learning.normalisation import Normalisation, Scale, channels_first
from gpu_course.deep_learning.precision import autocast, best_precision
from gpu_course.deep_learning.unet import probabilities
from gpu_course.errors import CourseError

SMALLEST_TILE = 64
"""Below, a tile is mostly border; a device without room for it has room for nothing."""


def predict_tiled(
    model: nn.Module,
    image: NDArray[Any],
    *,
    tile: int = 512,
    overlap: int | None = None,
    blend: int | None = None,
    flips: bool = False,
    normalisation: Scale | None = None,
    device: torch.device | str | None = None,
    precision: str | None = None,
    say: Callable[[str], object] = print,
) -> NDArray[np.float32]:
    """Predict an image of any size.

    Near the border of a tile the network misses what lies beyond, and zeros stand in for it. So
    tiles overlap by `overlap` pixels: of these, the outer part is thrown away and over a middle
    part of `blend` pixels one tile fades into the next. Without ``blend``, and with at least twice
    the distance that the network sees (`receptive_field.theoretical`) as overlap, the result is
    that of the whole image at once. Far less overlap is usually enough: what lies far away
    counts little.

    Networks with ``norm="group"`` or ``"instance"`` take means over all they are given, so their
    tiles differ from the whole image however large the overlap is.

    Parameters
    ----------
    model : torch.nn.Module
        A trained `UNet`, or any network with `stride`. It is used as if after ``eval()``.
    image : ndarray (Y, X) or (Y, X, C)
        As the camera gave it; it is normalised here, as a whole.
    tile : int
        Rows and columns of a tile, rounded up to a multiple of the network's stride.
    overlap : int, optional
        Pixels that neighbouring tiles share at least. None: a quarter of a tile.
    blend : int, optional
        None: half of the overlap. 0: no fading, every pixel comes from one tile alone.
    flips : bool
        Predict all eight mirror images and rotations as well and take the mean: eight times the
        work for a somewhat better result (test-time augmentation).
    normalisation : Normalisation or FixedRange, optional
        That of the training. None: ``Normalisation()``.
    device : torch.device or str, optional
        None: `gpu_course.devices.torch`.
    precision : {"float32", "bfloat16", "float16"}, optional
        None: the best of the device.
    say : function
        Is told in a sentence when the device is full and smaller tiles are tried.

    Returns
    -------
    ndarray, float32 (classes, Y, X)
        Probabilities; one channel for a network with one class.

    Raises
    ------
    CourseError
        If the image does not fit the network, the overlap does not fit the tile, or the device
        is too full for the smallest tile.

    Examples
    --------
    >>> from gpu_course.deep_learning import UNet, predict_tiled
    >>> network, image = UNet(1, 1, depth=2, width=4), np.eye(100)
    >>> predict_tiled(network, image, tile=64, device="cpu").shape
    (1, 100, 100)
    """
    for name, number in (("tile", tile), ("overlap", overlap), ("blend", blend)):
        optional = name != "tile" and number is None
        if not optional and (isinstance(number, bool) or not isinstance(number, int | np.integer)):
            raise CourseError(f"{name}={number!r}. Give a whole number of pixels.")
    if np.ma.is_masked(image):
        raise CourseError("The image is a masked array. Fill what is masked: image.filled(value).")
    image = np.asarray(image)
    where = find_device(device)
    numbers = precision or best_precision(where)
    pixels = torch.from_numpy((normalisation or Normalisation())(channels_first(image)))
    stride = int(getattr(model, "stride", 1))
    was_training = model.training
    model.to(where).eval()
    if where.type == "mps":
        from gpu_course.deep_learning.apple import keep_channels_first

        keep_channels_first(model)
    try:
        while True:
            try:
                with torch.inference_mode(), autocast(where, numbers):
                    return _all_tiles(model, pixels, tile, overlap, blend, flips, stride, where)
            except (torch.OutOfMemoryError, RuntimeError) as error:
                if not _is_full(error):
                    raise
            # Outside the except block: the error itself holds on to the tensors of the tile.
            smaller = tile // 2
            if smaller < max(SMALLEST_TILE, stride):
                raise CourseError(
                    f"The memory of {where} is full even for tiles of {tile} pixels. Close other "
                    'programs that use it, or predict with device="cpu".'
                )
            say(f"The memory of {where} is full: going on with tiles of {smaller} pixels.")
            tile, overlap, blend = smaller, overlap and overlap // 2, blend and blend // 2
            if where.type == "cuda":
                torch.cuda.empty_cache()
    finally:
        model.train(was_training)


def _all_tiles(
    model: nn.Module,
    pixels: Tensor,
    tile: int,
    overlap: int | None,
    blend: int | None,
    flips: bool,
    stride: int,
    device: torch.device,
) -> NDArray[np.float32]:
    """Predict tile by tile and add up the results, each weighted, in main memory."""
    rows, columns = pixels.shape[1:]
    padded = pad(pixels, stride)
    height, width = padded.shape[1:]
    side = -(-tile // stride) * stride
    sides = (min(side, height), min(side, width))
    step, overlap, blend = plan(side, overlap, blend, stride)
    total = weights = None
    for row, column in itertools.product(
        starts(height, sides[0], step), starts(width, sides[1], step)
    ):
        window = (slice(row, row + sides[0]), slice(column, column + sides[1]))
        result = predict(model, padded[:, *window][None].to(device), flips=flips)[0].float().cpu()
        if total is None or weights is None:
            total, weights = torch.zeros(len(result), height, width), torch.zeros(height, width)
        weight = fade(row, sides[0], height, overlap, blend)[:, None] * fade(
            column, sides[1], width, overlap, blend
        )
        total[:, *window] += result * weight
        weights[window] += weight
    assert total is not None
    assert weights is not None
    whole: NDArray[np.float32] = (total / weights)[:, :rows, :columns].numpy()
    return whole


def plan(side: int, overlap: int | None, blend: int | None, stride: int) -> tuple[int, int, int]:
    """Return the step from tile to tile, the overlap and the width of fading, in pixels.

    Tiles begin at multiples of the stride: a network that halves the image four times sees a grid
    of 16 pixels, and a tile that begins elsewhere would have it elsewhere.

    Raises
    ------
    CourseError
        If the overlap leaves no step, or more is blended than overlaps.
    """
    overlap = side // 4 if overlap is None else overlap
    blend = overlap // 2 if blend is None else blend
    step = (side - overlap) // stride * stride
    if overlap < 0 or step < 1:
        raise CourseError(
            f"Tiles of {side} pixels cannot overlap by {overlap}: they would not move on. Choose "
            f"an overlap from 0 to {side - stride}, or larger tiles."
        )
    if not 0 <= blend <= overlap:
        raise CourseError(f"Of {overlap} shared pixels, {blend} cannot be blended. Choose fewer.")
    return step, overlap, blend


def fade(start: int, side: int, length: int, overlap: int, blend: int) -> Tensor:
    """Return the weight, float32 (side,), of a tile's pixels along one axis.

    The tile begins at `start` of an axis of `length` pixels. For `overlap` and `blend` see
    `predict_tiled`. The weight is nearly 0 in the outer (overlap − blend) / 2 pixels, rising over
    the next `blend` to 1; at the edge of the image, 1 to the end.
    """
    position = torch.arange(side, dtype=torch.float32)
    outer = (overlap - blend) / 2
    weight = torch.ones(side)
    for edge, distance in ((start > 0, position), (start + side < length, position.flip(0))):
        if edge:
            # The middle of a pixel lies half a pixel from its border.
            weight *= ((distance + 0.5 - outer) / max(blend, 1e-3)).clamp(0, 1)
    # Where no other tile comes to help, a weight of 0 would leave nothing.
    return weight.clamp(min=1e-12)


def predict(model: nn.Module, batch: Tensor, *, flips: bool = False) -> Tensor:
    """Return the probabilities (N, classes, Y, X) of a batch of normalised images (N, C, Y, X).

    Their size fits the network. With `flips`, it is the mean over the eight symmetries.
    """
    if not flips:
        return probabilities(model(batch))
    total = torch.zeros(())
    for turns, mirror in itertools.product(range(4), (False, True)):
        seen = torch.rot90(batch.flip(-1) if mirror else batch, turns, dims=(-2, -1))
        result = torch.rot90(probabilities(model(seen)), -turns, dims=(-2, -1)).float()
        total = total.to(result.device) + (result.flip(-1) if mirror else result)
    return total / 8


def pad(pixels: Tensor, stride: int) -> Tensor:
    """Repeat the last row and column until both sides are multiples of the stride.

    Parameters
    ----------
    pixels : tensor (C, Y, X)
    stride : int
    """
    below, right = (-n % stride for n in pixels.shape[1:])
    if not below and not right:
        return pixels
    return functional.pad(pixels[None], (0, right, 0, below), mode="replicate")[0]


def _is_full(error: Exception) -> bool:
    """Tell a full device from other errors: CPUs and Apple's GPUs say it only in words."""
    words = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or any(
        hint in words for hint in ("out of memory", "can't allocate memory", "not enough memory")
    )
