"""Grey values before anything is known of them: one plane at the door, its tiles, noise and steps.

For `gpu_course.brightness` and `gpu_course.object_size`, which measure on them.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError

TILES = 8
"""The shorter side of an image is cut into about so many tiles…"""
SMALLEST_TILE, LARGEST_TILE = 16, 64
"""…but none is smaller or larger, in pixels: each should hold an object and its surroundings."""
MOST_EXACT = 2**53
"""Whole numbers beyond it are rounded in float64."""
ABOVE_NOISE = 6.0
"""A tile holds something if its range exceeds its noise so many times."""


def plane(image: Any) -> NDArray[np.float64]:
    """Return one plane of real, finite numbers in float64, or say why the image is none."""
    if np.ma.is_masked(image):
        raise CourseError("The image is a masked array. Fill what is masked: image.filled(value).")
    try:
        given = np.asarray(image)
    except (TypeError, ValueError, RuntimeError) as error:  # rows of unequal length, a GPU's array
        raise CourseError(
            f"Of this {type(image).__name__} no array can be made. Give rows of equal length, or a "
            "NumPy array."
        ) from error
    if given.ndim != 2 or given.size == 0 or given.dtype.kind not in "buif":
        raise CourseError(
            f"Brightness is measured on one plane of real numbers, and this is an array of shape "
            f"{given.shape} and type {given.dtype}. Give one plane, or one colour channel."
        )
    if given.dtype.kind in "ui" and max(int(given.max()), -int(given.min())) > MOST_EXACT:
        raise CourseError(
            f"The image holds whole numbers from {given.min()} to {given.max()}, and above 2**53 "
            "they would be rounded. Subtract the smallest one first."
        )
    with np.errstate(over="ignore"):  # of long doubles: told below
        pixels = given.astype(np.float64)
    if not np.isfinite(pixels).all():
        raise CourseError(
            "The image holds missing or infinite values. Replace them first, for instance with "
            "numpy.nan_to_num."
        )
    low, high = float(pixels.min()), float(pixels.max())
    limits = np.finfo(np.float32)
    if max(high, -low) > float(limits.max) or 0 < high - low < float(limits.tiny):
        raise CourseError(
            f"The image holds numbers from {low:.3g} to {high:.3g}, which numbers of 32 bits "
            "cannot hold or tell apart. Bring them to an ordinary range, such as 0 to 1."
        )
    return pixels


def pixels(image: Any) -> NDArray[np.float32]:
    """Return an image (Y, X) or (Y, X, C) as float32, if that is what it is and says the same."""
    given = np.asarray(image)
    real = given.ndim in (2, 3) and given.size and given.dtype.kind in "buif"
    with np.errstate(over="ignore"):
        pixels = given.astype(np.float32, copy=False) if real else np.zeros(0, np.float32)
    if not real or np.ma.is_masked(image) or not np.isfinite(pixels).all():
        raise CourseError(
            f"An image of shape {given.shape} and type {given.dtype} cannot change its size: one "
            "plane of finite real numbers is needed. Fill what is masked or missing first, and "
            "give one plane."
        )
    return pixels


def tile_side(shape: tuple[int, ...]) -> int:
    """Return how many pixels a side the tiles of an image of this shape have."""
    return min(int(np.clip(min(shape) // TILES, SMALLEST_TILE, LARGEST_TILE)), *shape)


def tile_grid(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return how many rows and columns of whole tiles there are."""
    rows, columns = (n // tile_side(shape) for n in shape)
    return rows, columns


def tiles(pixels: NDArray[Any]) -> NDArray[Any]:
    """Cut into square tiles: array (tile, pixel). What is left over at the far edges is dropped."""
    side, (rows, columns) = tile_side(pixels.shape), tile_grid(pixels.shape)
    cut = pixels[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return cut.swapaxes(1, 2).reshape(rows * columns, side * side)


@dataclasses.dataclass(frozen=True)
class Heights:
    """How dark and how bright each tile is, ndarrays (tile,), and the noise of the whole."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    #: Which tiles hold more than noise.
    holds: NDArray[np.bool_]
    noise: float

    @property
    def span(self) -> NDArray[np.float64]:
        """The range of each tile."""
        return self.high - self.low


def heights(
    pixels: NDArray[np.float64], seen: NDArray[np.bool_], enough: NDArray[np.bool_]
) -> Heights:
    """Smooth an image a little, and take the 5th and 99th percentile of each tile.

    `seen` (tile, pixel) are the pixels that count, one at least in each tile; `enough` (tile,)
    says which tiles have a say.
    """
    from scipy import ndimage

    here = noise(pixels)
    cut = tiles(ndimage.gaussian_filter(pixels, 1.0))
    low, high = np.array(
        [np.percentile(tile[part], [5, 99]) for tile, part in zip(cut, seen, strict=True)]
    ).T
    return Heights(low, high, enough & (high - low > ABOVE_NOISE * 0.28 * here), here)


def frame(pixels: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return what lies in exactly level squares of 7 pixels a side, and a rim for the smoothing.

    A camera makes noise, so such squares are what a program has put around the picture. But where
    the camera was full, they belong to the objects.
    """
    from scipy import ndimage

    level = ndimage.maximum_filter(pixels, 7) == ndimage.minimum_filter(pixels, 7)
    level &= pixels < pixels.max()
    return np.asarray(ndimage.maximum_filter(level, 13))


def noise(pixels: NDArray[np.float64]) -> float:
    """Estimate noise from what a mask that cancels planes and saddles leaves (Immerkær, 1996).

    Of the absolute answers the median is taken, so that edges do not count, and only where the
    image is not exactly level, so that a black frame does not count either.
    """
    from scipy import ndimage

    mask = np.outer([1, -2, 1], [1, -2, 1])
    answers = np.abs(ndimage.convolve(pixels, mask))
    answers = answers[answers > 0]
    return float(np.median(answers)) / (6 * 0.6745) if answers.size else 0.0


def steps(image: NDArray[Any], span: float) -> float:
    """Count the grey values from background to objects; the smallest step between values is one.

    Whole numbers count as such in floats, too: methods make floats of what a camera wrote.
    """
    if np.asarray(image).dtype.kind == "f" and (np.asarray(image) % 1).any():
        return float("inf")
    values = np.unique(image).astype(np.float64)
    return float(span / np.diff(values).min()) if values.size > 1 else 0.0
