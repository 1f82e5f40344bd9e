"""Simulated roots in which nothing is the same twice: width, ground, border, light, sharpness.

`roots.simulate_roots` imitates one kind of scene well. A network that learned from it has learned
its widths and its soil too, and draws them where they are not. Here the widths of the roots, and
all that is no root, are drawn anew from wide ranges for every scene, so that none of it can be
relied on (*domain randomisation*). The masks are made as those of real photographs are: from traced
lines and from what stands out beside them.

References
----------
Tobin et al. (2017), https://doi.org/10.1109/IROS.2017.8202133 (domain randomisation)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gpu_course.errors import CourseError
from gpu_course.images import _roots_drawing as drawing
from gpu_course.images import _roots_ground as ground
from gpu_course.images import _roots_surroundings as surroundings
from gpu_course.images import _roots_traced as tracing
from gpu_course.images._fields import Field, smooth_field, step
from gpu_course.images._roots_growth import Habit, Root, grow_plant
from gpu_course.images.catalogue import seed_of
from gpu_course.images.sample import Sample

SMALLEST = 128
"""Fewest rows or columns of a scene."""

WIDTHS = (1.2, 9.0)
"""Range of the widths of main roots at their base, in pixels. Side roots are thinner."""

NAME = "varied roots"
GROUNDS = ("soil", "paper")


def load_varied_roots(split: str, index: int, shape: tuple[int, int] = (512, 512)) -> Sample:
    """Return one scene, as `gpu_course.images.load` returns those of its sets.

    Parameters
    ----------
    split : {"train", "validation", "test"}
        No scene is in two of them.
    index : int
        Which scene of the split, from 0.
    shape : tuple of int
        Rows and columns, each at least 128.

    Returns
    -------
    Sample
        With axes YX, `mask` and `centreline`; ``facts["ground"]`` names what the roots lie on.

    Raises
    ------
    CourseError
        If the shape is too small, the index negative or there is no such split.
    """
    seed = seed_of(split, index) if split in ("train", "validation", "test") and index >= 0 else -1
    if seed < 0:
        raise CourseError(
            f"There is no scene {index} of {split!r}. Take train, validation or test, and an "
            "index of 0 or more."
        )
    image, mask, line = simulate_varied_roots(shape, seed=seed)
    facts = {"seed": seed, "ground": GROUNDS[_on_paper(seed)]}
    return Sample(NAME, split, index, image, "YX", mask=mask, centreline=line, facts=facts)


def simulate_varied_roots(
    shape: tuple[int, int] = (512, 512), *, seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]:
    """Simulate one grey picture of roots of any width on any ground.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns, each at least 128.
    seed : int
        Number of the scene, 0 or more.

    Returns
    -------
    image : ndarray, uint8 (Y, X)
    mask : ndarray, bool (Y, X)
        As a person would draw it: see `_roots_traced.drawn_mask`.
    line : ndarray, bool (Y, X)
        The traced middle lines, one pixel wide.

    Raises
    ------
    CourseError
        If the shape is too small or the seed negative.
    """
    if len(shape) != 2 or min(shape) < SMALLEST or seed < 0:
        raise CourseError(
            f"A scene of shape {tuple(shape)} and seed {seed} cannot be made. Give at least "
            f"{SMALLEST} rows and columns, and a seed of 0 or more."
        )
    rng = np.random.default_rng([7, seed])
    roots = _plants(rng, shape)
    bare = _ground(rng, shape, paper=_on_paper(seed))
    hazy, rooted = _rooted(rng, bare, roots, paper=_on_paper(seed))
    cover, tone = surroundings.borders(rng, shape)
    blur, gain = rng.uniform(0.3, 1.3), 10 ** rng.uniform(-0.25, 0.15)
    without, haze, seen = (
        ndimage.gaussian_filter(gain * (grey + cover * (tone - grey)), blur)
        for grey in (bare, hazy, rooted)
    )
    image = ground.camera(rng, seen, 0.0, rng.uniform(0.5, 6.0))
    low, high = np.percentile(image, [1, 99.8])
    clear = seen - without > tracing.CLEAR * max(high - low, 1)
    traced = tracing.trace(rng, roots, tracing.distinct(seen - haze, image, cover > 0.5))
    mask, line = tracing.drawn_mask(traced, clear, cover > 0.5)
    return image, mask, line


def _on_paper(seed: int) -> bool:
    """Two scenes of three lie on paper."""
    return bool(np.random.default_rng([11, seed]).uniform() < 0.67)


def _plants(rng: np.random.Generator, shape: tuple[int, int]) -> list[Root]:
    """Let plants grow from above, of a habit that is drawn for the scene."""
    height, width = shape
    low, high = np.log(WIDTHS)
    main = float(np.exp(rng.uniform(low, high))) / 2
    side = main * rng.uniform(0.35, 1.0)
    habit = Habit(
        depth=(0.3, 1.6),
        radius=(main, side, max(0.35, side * rng.uniform(0.3, 0.8))),
        spacing=float(10 ** rng.uniform(0.85, 1.6)),
        reach=float(rng.uniform(60, 330)),
        bend=float(rng.uniform(0.25, 1.4)),
        second=float(rng.choice((0, 0, rng.uniform(20, 80)))),
        room=float(rng.uniform(200, 500)),
        taper=float(rng.uniform(0.2, 0.7)),
        crown=(-0.2, 0.15),
    )
    count = max(1, round(width / habit.room))
    roots: list[Root] = []
    for number in range(count):
        column = (number + rng.uniform(0.2, 0.8)) * width / count
        base = np.array([rng.uniform(*habit.crown) * height, column])
        # Now and then two main roots of one seed run side by side, or across each other.
        for _ in range(rng.choice((1, 1, 2))):
            roots += grow_plant(rng, habit, base + rng.normal(0, 4, 2), height)
    return roots


def _ground(rng: np.random.Generator, shape: tuple[int, int], *, paper: bool) -> Field:
    """Draw the ground with its stains and grains, and no root."""
    grey = ground.paper(rng, shape) if paper else ground.soil(rng, shape)
    # Coarse or fine, strong or weak: the felt and the crumbs of one camera are not another's.
    middle = float(grey.mean())
    grey = middle * rng.uniform(0.5, 1.5) + rng.uniform(0.4, 1.4) * (grey - middle)
    surroundings.add_stains(rng, grey)
    surroundings.add_grains(rng, grey)
    clipped: Field = np.clip(grey, 0, None).astype(np.float32)
    return clipped


def _rooted(
    rng: np.random.Generator, bare: Field, roots: list[Root], *, paper: bool
) -> tuple[Field, Field]:
    """Lay the roots on the ground: return it with what glows around them, and with them, too."""
    shape = (bare.shape[0], bare.shape[1])
    covered, depth = drawing.coverage(roots, shape)
    main, _ = drawing.coverage([root for root in roots if root.order == 0], shape)
    # By how much roots exceed the ground; side roots are thinner and let it shine through.
    contrast, thin = rng.uniform(30, 130), rng.uniform(0.3, 1.0)
    grey = bare.copy()
    if paper:
        # Wet paper glows around a root, and hairs stand there like a brush.
        brush = rng.uniform(0, 0.15) * contrast * np.minimum(drawing.hairs(rng, roots, shape), 2)
        glow = rng.uniform(0, 0.4) * contrast * ndimage.gaussian_filter(covered, rng.uniform(1, 3))
        grey += brush + glow * (1 + 0.3 * smooth_field(rng, shape, 6))
        film = np.zeros(shape, np.float32)
    else:
        grey *= 1 - rng.uniform(0, 0.3) * np.roll(covered, (2, 1), axis=(0, 1)) * (1 - covered)
        film = step(smooth_field(rng, shape, 34) + 0.5 * smooth_field(rng, shape, 7), 0.0, 1.6)
    tone = float(np.median(bare)) + contrast * np.where(main > 0, 1, thin)
    tone = tone * (1 + 0.08 * smooth_field(rng, shape, 60)) + rng.uniform(0, 45) * depth
    opaque = covered * (0.95 - rng.uniform(0.3, 0.8) * film)
    rooted = grey + opaque * (tone - grey)
    return grey.astype(np.float32), rooted.astype(np.float32)
