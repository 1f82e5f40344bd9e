"""Which part of an image is on the screen, and in which order its tiles are worked on.

A region is a tuple of slices, one for each axis, from the slowest axis on: (y, x) in a plane,
(z, y, x) in a volume, (t, y, x) in a movie.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from gpu_course.pixel_classification.tiles import windows

Region = tuple[slice, ...]

SIDE = {2: (512, 512), 3: (8, 256, 256)}
"""Largest tile, in pixels. The halo that features need costs less in large tiles; a stroke of the
brush, a cancelled job and the progress bar wait for one tile, so they ask for small ones. In a
volume the window mostly shows one plane, so its tiles are thin slabs."""


def grid(shape: Sequence[int], space: Sequence[int] | None = None) -> list[Region]:
    """Cut an image into tiles that cover each pixel once, in the order of the axes.

    The shape is in pixels, such as (y, x), (z, y, x) or (t, y, x); a tile has one pixel along axes
    that are not `space` (None: all are).
    """
    space = range(len(shape)) if space is None else space
    sides = dict(zip(space, SIDE[len(space)], strict=True))
    return list(windows(tuple(shape), tuple(sides.get(axis, 1) for axis in range(len(shape)))))


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


def distance(one: Region, other: Region) -> float:
    """Return how far the middles of two regions are apart, in pixels."""
    apart = [a.start + a.stop - b.start - b.stop for a, b in zip(one, other, strict=True)]
    return math.hypot(*apart) / 2


def nearest_first(tiles: Iterable[Region], region: Region) -> list[Region]:
    """Sort tiles by their distance from a region: those that meet it first."""
    return sorted(tiles, key=lambda tile: (not meet(tile, region), distance(tile, region)))
