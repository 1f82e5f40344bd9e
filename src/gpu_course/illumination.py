"""How evenly an image is lit, told from its tiles: light that is added, and light that falls off.

Two faults of lamps look alike and need different cures. *Added* light, such as a glow from one
side, lifts the background under everything: subtract it. *Falling* light dims objects and
background by the same factor: divide by it. For `gpu_course.brightness`, which measures both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FILLED = 0.5
"""A tile whose darkest part stands out so far from the tiles around it, as a share of the way from
background to objects, lies inside of an object…"""
MANY_FILLED = 0.05
"""…and from this share of the tiles on, objects are wider than tiles."""
SEEN = 0.02
"""A tile holds objects if its range is at least this share of what the tiles with the largest have:
objects in the dark may be a tenth as bright as in the light."""
LEAST_TILES = 12
"""A course of light over an image is not told from fewer tiles."""
SAYS = 0.5
"""The course of the background is one if it leaves less than half of its scatter unexplained."""
AGREE = 0.8
"""Least correlation of the courses of background and objects, if one light dims both."""
ROUNDS = 10
"""Of weighting, after which a fit to absolute distances no longer changes."""


def added(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    full: NDArray[np.bool_],
    grid: tuple[int, int],
) -> float:
    """Return by how much the brightest background lies above the dimmest objects.

    Where objects are wider than tiles, the darkest part of a tile inside of one is no background.
    Then what stands out from the tiles around it on every side is cut off first (a morphological
    opening), which leaves light that rises steadily as it is.

    Parameters
    ----------
    low, high : ndarray (tile,)
        How dark and how bright each tile is, row by row; `low` is infinite for those that have no
        say.
    full : ndarray of bool (tile,)
        Which of them hold objects; at least one.
    grid : (int, int)
        Rows and columns of tiles.

    Returns
    -------
    float
        As a multiple of the way from background to objects; below 0 where no background is as
        bright as objects elsewhere.
    """
    from scipy import ndimage

    way = float(np.median(high[full]) - np.median(low[full]))
    cut = ndimage.grey_opening(low.reshape(grid), (3, 3), mode="nearest").ravel()
    ground, opened = low[full], cut[full]
    if (ground - opened > FILLED * way).mean() > MANY_FILLED:
        ground = np.minimum(ground, opened)
    return float((np.percentile(ground, 90) - np.percentile(high[full], 10)) / way)


def falling(
    low: NDArray[np.float64],
    span: NDArray[np.float64],
    holds: NDArray[np.bool_],
    grid: tuple[int, int],
) -> float:
    """Return how many times as bright objects are at one side as at the other.

    Objects of one image differ in brightness, and by chance the brighter ones may lie on one side.
    So it counts only if the background has a course of its own and dims the same way.

    Parameters
    ----------
    low, span : ndarray (tile,)
        How dark each tile is, and its range, row by row.
    holds : ndarray of bool (tile,)
        Which of them hold more than noise.
    grid : (int, int)
        Rows and columns of tiles.

    Returns
    -------
    float
        Factor between the 5th and the 95th percentile of a straight course of the logarithm; 1
        where objects and background do not dim together. A background that is black everywhere
        has no course, and nothing is told then.
    """
    if not holds.any():
        return 1.0
    seen = holds & (span > SEEN * np.percentile(span[holds], 95))
    if seen.sum() < LEAST_TILES:
        return 1.0
    rows, columns = np.indices(grid).reshape(2, -1)[:, seen]
    places = np.stack([np.ones(rows.size), rows, columns], axis=1)
    objects = _course(places, np.log(span[seen]))
    ground = _course(places, low[seen])
    scatter = np.abs(low[seen] - np.median(low[seen])).sum()
    left = np.abs(low[seen] - ground).sum()
    if np.ptp(objects) == 0 or np.ptp(ground) == 0 or left > (1 - SAYS) * scatter:
        return 1.0
    if np.corrcoef(np.exp(objects), ground)[0, 1] < AGREE:
        return 1.0
    return float(np.exp(np.subtract(*np.percentile(objects, [95, 5]))))


def _course(places: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the plane from which values are least far away, in sum: outliers do not bend it."""
    weights = np.ones(values.size)
    for _ in range(ROUNDS):
        root = np.sqrt(weights)
        plane, *_ = np.linalg.lstsq(places * root[:, None], values * root, rcond=None)
        far = np.abs(values - places @ plane)
        weights = 1 / np.maximum(far, 1e-3 * np.ptp(values) + 1e-12)
    return np.asarray(places @ plane)
