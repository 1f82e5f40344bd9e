"""Turn grown roots into pixels: how much of each pixel a root covers, and its hairs."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gpu_course.images._fields import Field
from gpu_course.images._roots_growth import Root


def coverage(roots: list[Root], shape: tuple[int, int]) -> tuple[Field, Field]:
    """Return how much of each pixel the roots cover, and how deep inside a root it is.

    For every pixel the nearest point of any path is looked up by a distance transform; its exact
    position and radius then give a smooth edge. Thick and thin roots are drawn one after the
    other, because next to a thick root the nearest path may be that of a thin one.

    Both are float32 (Y, X). `covered` is 0 outside, 1 inside, between at edges and for roots
    thinner than a pixel. `depth` is 0 at a root's edge or outside, 1 on its centreline: for shading
    a round body.
    """
    covered = np.zeros(shape, np.float32)
    depth = np.zeros(shape, np.float32)
    main = [root for root in roots if root.order == 0]
    for group in (main, [root for root in roots if root.order > 0]):
        if group:
            _cover(group, covered, depth)
    return covered, depth


def _cover(roots: list[Root], covered: Field, depth: Field) -> None:
    """Draw roots of similar width into both fields."""
    shape = covered.shape
    points = np.concatenate([root.path for root in roots])
    radius = np.concatenate([root.radius for root in roots])
    inside = np.all((points > -0.5) & (points < np.array(shape) - 0.5), axis=1)
    if not inside.any():
        return
    points, radius = points[inside], radius[inside]
    rows, columns = np.round(points).astype(int).T
    which = np.full(shape, -1, np.int32)
    which[rows, columns] = np.arange(len(points))
    far, nearest = ndimage.distance_transform_edt(which < 0, return_indices=True)
    # Only pixels near a path matter; the rest need no exact distance.
    y, x = np.nonzero(far < radius.max() + 2)
    index = which[nearest[0, y, x], nearest[1, y, x]]
    distance = np.hypot(y - points[index, 0], x - points[index, 1])
    r = radius[index]
    # A root thinner than a pixel covers only a part of it.
    soft = np.clip(r - distance + 0.5, 0, np.minimum(1, 2 * r))
    covered[y, x] = np.maximum(covered[y, x], soft)
    depth[y, x] = np.maximum(depth[y, x], np.clip(1 - distance / (r + 0.5), 0, 1))


def centreline(roots: list[Root], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the pixels that the paths run through, bool (Y, X)."""
    line = np.zeros(shape, bool)
    for root in roots:
        rows, columns = np.round(root.path).astype(int).T
        inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
        line[rows[inside], columns[inside]] = True
    return line


def scatter(
    rng: np.random.Generator,
    starts: NDArray[np.float64],
    headings: NDArray[np.float64],
    lengths: NDArray[np.float64],
    shape: tuple[int, int],
) -> Field:
    """Draw many short straight strokes at once, fading towards their ends.

    They begin at `starts` (n, 2), rows and columns; `headings` (n,) are from straight down in
    radians, `lengths` (n,) in pixels, and `rng` gives each a strength of its own. The sum of the
    strokes, float32 (Y, X), is about 1 where a single strong one begins.
    """
    along = np.arange(0, lengths.max(initial=1), 0.7)
    y = starts[:, :1] + np.cos(headings)[:, None] * along
    x = starts[:, 1:] + np.sin(headings)[:, None] * along
    share = along / lengths[:, None]
    strength = rng.uniform(0.3, 1, (len(starts), 1)) * np.clip(1 - share, 0, 1)
    rows, columns = np.round(y).astype(int), np.round(x).astype(int)
    drawn = (strength > 0) & (rows >= 0) & (columns >= 0)
    drawn &= (rows < shape[0]) & (columns < shape[1])
    flat = rows[drawn] * shape[1] + columns[drawn]
    field = np.bincount(flat, weights=0.7 * strength[drawn], minlength=shape[0] * shape[1])
    return field.reshape(shape).astype(np.float32)


def hairs(rng: np.random.Generator, roots: list[Root], shape: tuple[int, int]) -> Field:
    """Draw the fine hairs that stand around roots like a brush, float32 (Y, X)."""
    starts, headings, lengths = [], [], []
    for root in roots:
        count = int(len(root.path) * rng.uniform(0.7, 2.2))
        if len(root.path) < 12:
            continue
        # Young tips are bald; so are stretches where the hairs have died.
        index = rng.integers(4, max(5, int(0.9 * len(root.path))), count)
        alive = np.sin(index * 0.5 / 83 + rng.uniform(0, 6.3)) + rng.normal(0, 0.4, count) > -0.7
        index = index[alive]
        ahead = root.path[np.minimum(index + 6, len(root.path) - 1)] - root.path[index - 4]
        # One side is often richer: hairs lie down where the paper was pulled off.
        side = np.where(rng.uniform(size=len(index)) < rng.uniform(0.25, 0.75), 1, -1)
        starts.append(root.path[index])
        headings.append(
            np.arctan2(ahead[:, 1], ahead[:, 0]) + side * rng.normal(1.3, 0.22, len(index))
        )
        # Hairs near the tip are still growing, so the brush ends in a wedge.
        grown = np.clip(2.2 * (1 - index / len(root.path)), 0.15, 1)
        lengths.append((rng.gamma(5, 4.5 if root.order else 3.6, len(index)) + 3) * grown)
    if not starts:
        return np.zeros(shape, np.float32)
    field = scatter(
        rng, np.concatenate(starts), np.concatenate(headings), np.concatenate(lengths), shape
    )
    soft: Field = ndimage.gaussian_filter(field, 0.9)
    return soft
