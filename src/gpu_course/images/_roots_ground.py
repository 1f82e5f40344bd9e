"""What roots lie on: soil behind the window of a rhizotron, or blue paper."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gpu_course.images._fields import Field, smooth_field, step
from gpu_course.images._roots_drawing import coverage, scatter
from gpu_course.images._roots_growth import Root


def _noise(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Field:
    """Return blurred white noise of unit standard deviation."""
    field = ndimage.gaussian_filter(rng.standard_normal(shape, dtype=np.float32), sigma)
    scaled: Field = field / field.std()
    return scaled


def light(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    """Return an uneven illumination around 1: brighter somewhere, darker towards a border."""
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in shape)
    tilt = rng.uniform(-0.16, 0.16, 2)
    field: Field = (
        1
        + tilt[0] * y[:, None]
        + tilt[1] * x[None]
        - rng.uniform(0.02, 0.16) * (y[:, None] ** 2 + x[None] ** 2)
        + 0.05 * smooth_field(rng, shape, 420)
    )
    return field


def soil(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    """Draw soil as a camera sees it through glass, float32 grey levels (Y, X).

    Crumbs at several scales with dark gaps between them, pale sand grains, a few stones with a lit
    upper side, and pieces of straw and dead roots: bright, long and thin, they are what a filter
    for lines finds first.
    """
    level = rng.uniform(74, 98)
    clods = smooth_field(rng, shape, rng.uniform(50, 85))
    crumbs = smooth_field(rng, shape, rng.uniform(5.5, 8))
    grains = _noise(rng, shape, 1.5)
    dust = _noise(rng, shape, 0.6)
    grey = level + 6 * clods + 5 * crumbs + 8 * grains + 6 * dust
    # Crumbs are lit from above: their upper slopes are bright, and each throws a small shadow.
    grey += 11 * np.clip(np.roll(crumbs, -2, axis=0) - np.roll(crumbs, 2, axis=0), -1.5, 1.5)
    # Gaps: where crumbs and clods are both low, little light comes back.
    gap = step(-(0.9 * crumbs + 0.6 * clods + 0.4 * grains), 0.8, 2.9)
    grey -= (0.62 * grey) * gap
    sand = step(grains + 0.5 * dust, 2.7, 3.6)
    grey += sand * rng.uniform(35, 70)
    _stones(rng, grey)
    _straw(rng, grey)
    lit: Field = grey * light(rng, shape)
    return lit


def _stones(rng: np.random.Generator, grey: Field) -> None:
    """Put a few stones in, each in its own small window."""
    height, width = grey.shape
    for _ in range(rng.poisson(9e-6 * grey.size)):
        size = rng.gamma(3, 3.2) + 4
        reach = int(size * 1.5)
        row, column = rng.integers(0, height), rng.integers(0, width)
        top, left = max(row - reach, 0), max(column - reach, 0)
        view = grey[top : row + reach, left : column + reach]
        y, x = np.ogrid[top : top + view.shape[0], left : left + view.shape[1]]
        angle, flat = rng.uniform(0, 3.2), rng.uniform(0.55, 0.95)
        u = (np.cos(angle) * (x - column) + np.sin(angle) * (y - row)) / size
        v = (np.cos(angle) * (y - row) - np.sin(angle) * (x - column)) / (size * flat)
        around = np.arctan2(v, u)
        edge = 1 + 0.10 * np.sin(3 * around + angle) + 0.06 * np.sin(5 * around + 2 * angle)
        distance = np.hypot(u, v) / edge
        body = np.clip((1 - distance) * size / 1.5, 0, 1)
        tone = rng.uniform(66, 112) - 24 * (y - row) / size
        shadow = np.clip((1.25 - distance) * 2.2, 0, 1) * (y > row) * 0.35
        view *= 1 - shadow * (1 - body)
        speckle = ndimage.gaussian_filter(rng.normal(0, 16, view.shape), 1.1)
        view += body * (0.25 * view + 0.75 * tone + speckle - view)


def _straw(rng: np.random.Generator, grey: Field) -> None:
    """Lay pieces of straw and dead root on the soil: thin, bright and not part of any plant."""
    pieces = []
    for _ in range(rng.poisson(2.6e-5 * grey.size)):
        length, bend = rng.uniform(14, 85), rng.normal(0, 0.012)
        along = np.arange(0, length, 0.5)
        heading = rng.uniform(0, 2 * np.pi) + bend * along
        start = rng.uniform(0, 1, 2) * np.array(grey.shape)
        path = start + np.cumsum(np.stack([np.cos(heading), np.sin(heading)], 1) * 0.5, axis=0)
        thick = rng.uniform(0.6, 2.3)
        pieces.append(Root(path, np.full(len(path), thick), 0))
    if pieces:
        covered, depth = coverage(pieces, (grey.shape[0], grey.shape[1]))
        tone = 118 + 26 * smooth_field(rng, (grey.shape[0], grey.shape[1]), 60)
        buried = step(smooth_field(rng, (grey.shape[0], grey.shape[1]), 16), -0.4, 1.2)
        grey += covered * (0.85 - 0.6 * buried) * (tone + 22 * depth - grey)
    count = rng.poisson(3e-4 * grey.size)
    fibres = scatter(
        rng,
        rng.uniform(0, 1, (count, 2)) * np.array(grey.shape),
        rng.uniform(0, 2 * np.pi, count),
        rng.uniform(4, 22, count),
        (grey.shape[0], grey.shape[1]),
    )
    grey += 26 * np.minimum(fibres, 1.5)


def paper(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    """Draw the red channel of blue paper: dark, felted and a little dusty, float32 (Y, X)."""
    # The strengths are those of the photographs, band by band.
    grey = (
        rng.uniform(43, 52)
        + 3.9 * _noise(rng, shape, 0.5)
        + 3.4 * _noise(rng, shape, 0.9)
        + 2.5 * _noise(rng, shape, 2.8)
        + 0.7 * smooth_field(rng, shape, 16)
        + 1.4 * smooth_field(rng, shape, 150)
    )
    count = rng.poisson(4e-4 * grey.size)
    fibres = scatter(
        rng,
        rng.uniform(0, 1, (count, 2)) * np.array(shape),
        rng.uniform(0, 2 * np.pi, count),
        rng.uniform(2, 9, count),
        shape,
    )
    grey += 20 * ndimage.gaussian_filter(fibres, 0.7)
    lit: Field = grey * (1 + 0.35 * (light(rng, shape) - 1))
    return lit


def camera(rng: np.random.Generator, grey: Field, blur: float, noise: float) -> NDArray[np.uint8]:
    """Blur by the lens, add the sensor's noise, and store 8 bits."""
    seen = ndimage.gaussian_filter(grey, blur)
    seen += (
        noise
        * np.sqrt(np.clip(seen, 1, None) / 80)
        * rng.standard_normal(grey.shape, dtype=np.float32)
    )
    return np.clip(np.round(seen), 0, 255).astype(np.uint8)
