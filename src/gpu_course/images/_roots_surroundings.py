"""What else is on a photograph of roots: edges of the paper, bright strips, stains and grains."""

import numpy as np
from scipy import ndimage

from gpu_course.images._fields import Field, smooth_field, step
from gpu_course.images._roots_drawing import scatter


def borders(rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Field, Field]:
    """Draw strips along some sides: a rim of a tube, the board behind the paper, a bright table.

    Each is dark or bright, a little tilted, and often has a thin line along its edge, which is what
    looks most like a root. They lie over all else. Both results are float32 (Y, X): 1 where a strip
    hides what is below and 0 where there is none; and its grey level there.
    """
    cover, tone = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for side in range(4):
        # Views: what is written there is written into the whole.
        views = np.rot90(cover, side), np.rot90(tone, side)
        for _ in range(rng.choice((0, 1, 2), p=(0.5, 0.35, 0.15))):
            _border(rng, *views)
    return cover, tone


def _border(rng: np.random.Generator, cover: Field, tone: Field) -> None:
    """Lay one strip along the upper side."""
    height, width = cover.shape
    depth, tilt = rng.gamma(1.5, 12) + 2, rng.normal(0, 0.012)
    along = np.arange(width, dtype=np.float32) - width / 2
    edge = depth + tilt * along + rng.uniform(0, 1) * smooth_field(rng, (1, width), 30)[0]
    y = np.arange(height, dtype=np.float32)[:, None]
    level = rng.uniform(5, 45) if rng.uniform() < 0.5 else rng.uniform(70, 235)
    texture = rng.uniform(0.5, 6) * smooth_field(rng, (height, width), rng.uniform(2, 20))
    _lay(cover, tone, np.clip(edge - y + 0.5, 0, 1), level + texture)
    if rng.uniform() < 0.7:
        # The edge itself: paper curls, glue dries, and water stands in the slit.
        thick = rng.uniform(0.4, 2.5)
        line = np.clip(thick - np.abs(edge - y) + 0.5, 0, min(1, 2 * thick))
        worn = step(smooth_field(rng, (1, width), rng.uniform(6, 60)), -1.5, 1.0)
        _lay(cover, tone, line * worn, rng.choice((rng.uniform(0, 30), rng.uniform(60, 230))))


def _lay(cover: Field, tone: Field, alpha: Field, level: Field | float) -> None:
    """Lay one more layer over the layers there are."""
    both = 1 - (1 - cover) * (1 - alpha)
    weight = np.divide(alpha, both, out=np.zeros_like(alpha), where=both > 0)
    tone += weight * (level - tone)
    cover[:] = both


def add_stains(rng: np.random.Generator, grey: Field) -> None:
    """Put a few stains on the ground, in place: wet or chalky, ragged, most brighter than it."""
    height, width = grey.shape
    for _ in range(rng.poisson(2.0)):
        size = rng.uniform(8, 60)
        middle = rng.uniform(0, 1, 2) * (height, width)
        low = np.maximum((middle - 3 * size).astype(int), 0)
        view = grey[low[0] : int(middle[0] + 3 * size), low[1] : int(middle[1] + 3 * size)]
        if min(view.shape) < 2:
            continue
        y, x = np.ogrid[: view.shape[0], : view.shape[1]]
        near = np.exp(-(((y + low[0] - middle[0]) ** 2 + (x + low[1] - middle[1]) ** 2) / size**2))
        ragged = smooth_field(rng, (view.shape[0], view.shape[1]), rng.uniform(3, 15))
        cover = step(near.astype(np.float32) + 0.35 * ragged, 0.4, rng.uniform(0.7, 1.5))
        view += cover * rng.choice((1, 1, 1, -1)) * rng.uniform(8, 70)


def add_grains(rng: np.random.Generator, grey: Field) -> None:
    """Sprinkle grains and short fibres, brighter than the ground, in place."""
    shape = (grey.shape[0], grey.shape[1])
    count = rng.poisson(10 ** rng.uniform(-5, -3) * grey.size)
    strokes = scatter(
        rng,
        rng.uniform(0, 1, (count, 2)) * np.array(shape),
        rng.uniform(0, 2 * np.pi, count),
        rng.gamma(1.2, 4, count) + 1,
        shape,
    )
    grey += rng.uniform(20, 140) * ndimage.gaussian_filter(strokes, rng.uniform(0.4, 1.2))
