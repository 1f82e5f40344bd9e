"""How evenly an image is lit, told from its tiles: light that is added, and light that falls off.

Two faults of lamps look alike and need different cures. *Added* light, such as a glow from one
side, lifts the background under everything: subtract it. *Falling* light dims objects and
background by the same factor: divide by it. `gpu_course.brightness` measures both, and evens out
what rises or falls steadily from one side to the other.
"""

from __future__ import annotations

import dataclasses

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
SAYS = 0.45
"""The course of the background is one if it explains that share of its scatter."""
AGREE = 0.8
"""Least correlation of the courses of background and objects, if one light dims both."""
GLOW = 0.5
"""Light that is added counts if the background rises by so much of the way to the objects."""
ROUNDS = 10
"""Of weighting, after which a fit to absolute distances no longer changes."""

Course = tuple[float, float, float]
"""A value in the middle of an image, and by how much it changes over all rows, and all columns."""
Ends = tuple[float, float]
"""Between which values a course is known; beyond, it keeps the nearer one."""
EVERYWHERE: Ends = (-np.inf, np.inf)


@dataclasses.dataclass(frozen=True)
class Light:
    """Light that changes steadily from one side of an image to the other.

    Attributes
    ----------
    ground : (float, float, float)
        Course of the background, in grey values.
    height : (float, float, float)
        Course of the natural logarithm of how far objects rise above it; level if light is added.
    falls : float
        How many times as bright objects are at one side as at the other, of those that were seen;
        1 if light is added.
    ground_ends, height_ends : (float, float)
        Smallest and largest value of each course where objects were seen. Where none are, nobody
        knows how far light falls on, and to divide by ever less would make objects of the noise.
    """

    ground: Course
    height: Course
    falls: float = 1.0
    ground_ends: Ends = EVERYWHERE
    height_ends: Ends = EVERYWHERE

    def even_out(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return an image (Y, X) as if all of it had the light of its middle.

        The background is taken away with its own course, so that an offset of the camera, which no
        light makes, need not be known. What rises above it is divided by the light.
        """
        height = _over(self.height, pixels.shape, self.height_ends)
        ground = _over(self.ground, pixels.shape, self.ground_ends)
        return self.ground[0] + (pixels - ground) / np.exp(height - self.height[0])


def _over(course: Course, shape: tuple[int, ...], ends: Ends) -> NDArray[np.float64]:
    """Return the values of a course over an image, none of them beyond its ends."""
    down, right = np.ogrid[: shape[0], : shape[1]]
    middle, rows, columns = course
    there = rows * ((down + 0.5) / shape[0] - 0.5) + columns * ((right + 0.5) / shape[1] - 0.5)
    return np.clip(middle + there, *ends)


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


def light_of(
    low: NDArray[np.float64],
    span: NDArray[np.float64],
    holds: NDArray[np.bool_],
    grid: tuple[int, int],
    covered: tuple[float, float] = (1.0, 1.0),
) -> Light | None:
    """Return the light that changes from one side to the other, or None where it does not.

    Objects of one image differ in brightness, and by chance the brighter ones may lie on one side.
    So light falls off only if the background has a course of its own and dims the same way. If
    objects do not dim with a background that changes much, light is added.

    Parameters
    ----------
    low, span : ndarray (tile,)
        How dark each tile is, and its range, row by row.
    holds : ndarray of bool (tile,)
        Which of them hold more than noise.
    grid : (int, int)
        Rows and columns of tiles.
    covered : (float, float)
        Which part of the image's rows and columns the tiles cover, from the first on.

    Returns
    -------
    Light or None
        Its factor lies between the 5th and the 95th percentile of a straight course of the
        logarithm. A background that is black everywhere has no course, and nothing is told then.
    """
    if not holds.any():
        return None
    seen = holds & (span > SEEN * np.percentile(span[holds], 95))
    if seen.sum() < LEAST_TILES:
        return None
    across = (np.indices(grid).reshape(2, -1)[:, seen].T + 0.5) / grid * covered - 0.5
    places = np.column_stack([np.ones(len(across)), across])
    height, ground = _plane(places, np.log(span[seen])), _plane(places, low[seen])
    objects, background = places @ height, places @ ground
    scatter = np.abs(low[seen] - np.median(low[seen])).sum()
    left = np.abs(low[seen] - background).sum()
    if np.ptp(background) == 0 or left > (1 - SAYS) * scatter:
        return None
    if np.ptp(objects) > 0 and np.corrcoef(np.exp(objects), background)[0, 1] >= AGREE:
        falls = float(np.exp(np.subtract(*np.percentile(objects, [95, 5]))))
        ends = (
            _ends(background, ground, grid, covered),
            _ends(objects, height, grid, covered),
        )
        return Light(_three(ground), _three(height), falls, *ends)
    if np.ptp(background) > GLOW * np.median(span[seen]):
        return Light(_three(ground), (0.0, 0.0, 0.0))
    return None


def _ends(
    seen: NDArray[np.float64],
    course: NDArray[np.float64],
    grid: tuple[int, int],
    covered: tuple[float, float],
) -> Ends:
    """Return the values of a course where tiles saw it, and one tile further."""
    further = float(np.abs(course[1:]) @ np.divide(covered, grid))
    return float(seen.min()) - further, float(seen.max()) + further


def _three(numbers: NDArray[np.float64]) -> Course:
    middle, rows, columns = map(float, numbers)
    return middle, rows, columns


def _plane(places: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the plane from which values are least far away, in sum: outliers do not bend it."""
    weights = np.ones(values.size)
    for _ in range(ROUNDS):
        root = np.sqrt(weights)
        plane, *_ = np.linalg.lstsq(places * root[:, None], values * root, rcond=None)
        far = np.abs(values - places @ plane)
        weights = 1 / np.maximum(far, 1e-3 * np.ptp(values) + 1e-12)
    return np.asarray(plane)
