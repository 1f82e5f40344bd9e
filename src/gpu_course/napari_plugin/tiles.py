"""Which part of an image is on the screen, and in which order its tiles are worked on.

A region is a tuple of slices, one for each spatial axis, from the slowest axis on: (y, x) in a
plane, (z, y, x) in a volume.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from gpu_course.pixel_classification.tiles import windows

Region = tuple[slice, ...]

SIDE = {2: (512, 512), 3: (64, 128, 128)}
"""Largest tile, in pixels. The halo that features need costs less in large tiles; a stroke of the
brush, a cancelled job and the progress bar wait for one tile, so they ask for small ones."""


def grid(shape: Sequence[int]) -> list[Region]:
    """Cut an image into tiles.

    Parameters
    ----------
    shape : sequence of int
        Spatial shape, (y, x) or (z, y, x), in pixels.

    Returns
    -------
    list of region
        They cover each pixel once, in the order of the axes.
    """
    return list(windows(tuple(shape), SIDE[len(shape)]))


def visible(
    corners: ArrayLike, shape: Sequence[int], point: Sequence[float], displayed: Sequence[int]
) -> Region:
    """Return the part of an image that the window shows.

    Parameters
    ----------
    corners : array of int (2, axes)
        The first and the last pixel in view, in pixels of the image, as napari keeps it in
        ``layer.corner_pixels``. Axes that are not displayed are ignored.
    shape : sequence of int
        Spatial shape of the image.
    point : sequence of float
        Where the sliders stand, in pixels of the image, one for each axis.
    displayed : sequence of int
        The axes that the window shows: two in a plane, three in a volume.

    Returns
    -------
    region
        Never empty: beside the image the nearest pixel counts as seen. Before napari draws for
        the first time the corners are all 0, and everything may be in view.
    """
    first, last = np.asarray(corners, dtype=int)
    if not first.any() and not last.any():
        last = np.asarray(shape) - 1
    region = []
    for axis, length in enumerate(shape):
        if axis in displayed:
            low, high = int(first[axis]), int(last[axis]) + 1
        else:
            low = round(float(point[axis]))
            high = low + 1
        low = min(max(low, 0), length - 1)
        region.append(slice(low, min(max(high, low + 1), length)))
    return tuple(region)


def meet(one: Region, other: Region) -> bool:
    """Return whether two regions have a pixel in common."""
    return all(a.start < b.stop and b.start < a.stop for a, b in zip(one, other, strict=True))


def nearest_first(tiles: Iterable[Region], region: Region) -> list[Region]:
    """Sort tiles by the distance of their middle from the middle of a region, in pixels."""

    def middle(part: Region) -> np.ndarray:
        return np.array([(s.start + s.stop) / 2 for s in part])

    target = middle(region)
    return sorted(tiles, key=lambda tile: float(np.linalg.norm(middle(tile) - target)))
