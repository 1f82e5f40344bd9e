"""How evenly an image is lit, told from its tiles: light that is added, and light that falls off.

Two faults of lamps look alike and need different cures. *Added* light, such as a glow from one
side, lifts the background under everything: subtract it. *Falling* light dims objects and
background by the same factor: divide by it. `gpu_course.brightness` measures both, and evens out
what changes steadily: from one side to the other, as under a lamp beside its place, or from the
middle outwards, as behind a lens that darkens the corners (vignetting).
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
LIT = 0.15
"""The same where light changes outwards: no lens takes more, and the noise of light that dims
outwards does so, too."""
LEAST_TILES = 12
"""A course of light over an image is not told from fewer tiles."""
AGREE = 0.8
"""Least correlation of the courses of background and objects, if one light dims both."""
GLOW = 0.5
"""Light that is added counts if the background rises by so much of the way to the objects."""
SURROUNDED = 0.75
"""A tile lies among objects if this share of the nine around it, and itself, holds some."""
ROUNDS = 10
"""Of weighting, after which a fit to absolute distances no longer changes."""

Course = tuple[float, float, float, float]
"""A value in the middle of an image, and by how much it changes over all rows, over all columns,
and with the square of the distance from the middle, in lengths of the longer side."""
SIDES = [0, 1, 2]
SHAPES = ((SIDES, 0.45, 0.0), ([0, 3], 0.3, 0.1), ([0, 1, 2, 3], 0.4, 0.12))
"""Which numbers of a course are not 0: from side to side, or if that is not found, from the middle
or from another place outwards, whichever explains more beyond its least. Then which share of the
scatter of the background it has to explain, and by how much the background has to change, as a
share of the height of objects: a change that is hardly any fits by chance. Chosen on 43 frames of
`gpu_course.images.nuclei_dsb`, train and validation: none of them changes outwards as it is."""
Ends = tuple[float, float]
"""Between which values a course is known; beyond, it keeps the nearer one."""
EVERYWHERE: Ends = (-np.inf, np.inf)


@dataclasses.dataclass(frozen=True)
class Light:
    """Light that changes steadily over an image.

    Attributes
    ----------
    ground : (float, float, float, float)
        Course of the background, in grey values.
    height : (float, float, float, float)
        Course of the natural logarithm of how far objects rise above it; level if light is added.
    falls : float
        How many times as bright objects are where there is most light as where there is least, of
        those that were seen; 1 if light is added.
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
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    down, right = (rows + 0.5) / shape[0] - 0.5, (columns + 0.5) / shape[1] - 0.5
    there = course[1] * down + course[2] * right
    if course[3]:
        there = there + course[3] * _outwards(down, right, shape)
    return np.clip(course[0] + there, *ends)


def _outwards(
    down: NDArray[np.float64], right: NDArray[np.float64], shape: tuple[float, ...]
) -> NDArray[np.float64]:
    """Return squares of distances from the middle in lengths of the longer side, from shares."""
    squares: NDArray[np.float64] = (down * shape[0]) ** 2 + (right * shape[1]) ** 2
    return squares / max(shape) ** 2


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
    """Return the light that changes steadily over an image, or None where it does not.

    Objects of one image differ in brightness, and by chance the brighter ones may lie together.
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
        Its factor lies between the 5th and the 95th percentile of the course of the logarithm. A
        background that is black everywhere has no course, and nothing is told then.
    """
    if not holds.any():
        return None
    large = np.percentile(span[holds], 95)
    seen, lit = holds & (span > SEEN * large), holds & (span > LIT * large)
    across = (np.indices(grid).reshape(2, -1).T + 0.5) / grid * covered - 0.5
    outwards = _outwards(across[:, 0], across[:, 1], tuple(np.divide(grid, covered)))
    places = np.column_stack([np.ones(len(across)), across, outwards])
    tile = np.divide(covered, grid)
    # From half a side away, a tile further out adds its own length to the square of the distance.
    steps = np.array([0, *tile, tile.min()])
    found = []
    for shape, says, least in SHAPES:
        told = seen if shape == SIDES else _surrounded(lit.reshape(grid)).ravel()
        if told.sum() >= LEAST_TILES:
            light, explained = _light(places[told], low[told], span[told], shape, least, steps)
            if light is not None and explained >= says:
                if shape == SIDES:
                    return light
                found.append((explained - says, light))
    return max(found, key=lambda one: one[0])[1] if found else None


def _surrounded(seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which tiles have most tiles around them seen, too.

    At the rim of a group of objects, a tile holds but a piece of one. A group in the middle would
    look as if light fell off around it.
    """
    from scipy import ndimage

    around = ndimage.uniform_filter(seen.astype(float), 3, mode="nearest")
    return seen & (around > SURROUNDED)


def _light(
    places: NDArray[np.float64],
    low: NDArray[np.float64],
    span: NDArray[np.float64],
    shape: list[int],
    least: float,
    steps: NDArray[np.float64],
) -> tuple[Light | None, float]:
    """Return light of one shape, None if tiles at these places do not tell of it.

    And which share of the scatter of the background it explains.
    """
    height, objects = _course(places, np.log(span), shape)
    ground, background = _course(places, low, shape)
    change = np.ptp(background) / np.median(span)
    scatter = np.abs(low - np.median(low)).sum()
    if change <= least or not scatter:
        return None, 0.0
    explained = float(1 - np.abs(low - background).sum() / scatter)
    if np.ptp(objects) > 0 and np.corrcoef(np.exp(objects), background)[0, 1] >= AGREE:
        falls = float(np.exp(np.subtract(*np.percentile(objects, [95, 5]))))
        ends = _ends(background, ground, steps), _ends(objects, height, steps)
        return Light(ground, height, falls, *ends), explained
    added = Light(ground, (0.0, 0.0, 0.0, 0.0))
    return (added if change > GLOW else None), explained


def _ends(seen: NDArray[np.float64], course: Course, steps: NDArray[np.float64]) -> Ends:
    """Return the values of a course where tiles saw it, and one tile further."""
    further = float(np.abs(course) @ steps)
    return float(seen.min()) - further, float(seen.max()) + further


def _course(
    places: NDArray[np.float64], values: NDArray[np.float64], shape: list[int]
) -> tuple[Course, NDArray[np.float64]]:
    """Return the course from which values are least far away, in sum, and its values at places.

    Outliers do not bend it, as they would if squares were added.
    """
    used, weights = places[:, shape], np.ones(values.size)
    for _ in range(ROUNDS):
        root = np.sqrt(weights)
        numbers, *_ = np.linalg.lstsq(used * root[:, None], values * root, rcond=None)
        far = np.abs(values - used @ numbers)
        weights = 1 / np.maximum(far, 1e-3 * np.ptp(values) + 1e-12)
    course = np.zeros(4)
    course[shape] = numbers
    middle, down, right, outwards = map(float, course)
    return (middle, down, right, outwards), used @ numbers
