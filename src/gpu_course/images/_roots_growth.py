"""How a simulated root system grows: paths in the plane, with a radius at every point.

Each root is a walk with a heading. The heading turns at random, smoothly, and is pulled back a
little at each step to an angle that the root prefers: straight down for a main root, obliquely down
for a side root, as gravity guides growing tips. A root gets thinner towards its tip. Side roots are
longest in the upper part of their parent, and shorter further down, since those are younger.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEP = 0.5
"""Distance of neighbouring points of a path, in pixels: fine enough to look up as a curve."""

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Root:
    """One root.

    Attributes
    ----------
    path : ndarray, float64 (n, 2)
        Points (y, x) from base to tip, half a pixel apart.
    radius : ndarray, float64 (n,)
        Half the width at each point, in pixels.
    order : int
        0 for a main root, 1 for its side roots, 2 for theirs.
    """

    path: Points
    radius: Points
    order: int


@dataclass(frozen=True)
class Habit:
    """How a kind of plant grows; lengths in pixels, angles in radians."""

    # Range of the main root's length, as a share of the picture's height.
    depth: tuple[float, float]
    radius: tuple[float, float, float]  # radii at the base of roots of order 0, 1 and 2
    spacing: float  # mean distance of side roots along a main root
    reach: float  # length of the longest side roots
    bend: float  # how strongly headings wander
    second: float  # mean distance of second-order roots along a side root; 0 for none
    room: float  # width of the picture for each plant
    taper: float = 0.62  # share of its radius that a root loses on the way to its tip
    # Range of rows where main roots start, as a share of the height.
    crown: tuple[float, float] = (-0.12, 0.02)


def grow_plant(rng: np.random.Generator, habit: Habit, base: Points, height: int) -> list[Root]:
    """Grow one plant from its base (y, x) in a picture of `height` rows; the main root is first."""
    length = height * rng.uniform(*habit.depth)
    thick = habit.radius[0] * rng.uniform(0.85, 1.2)
    main = _walk(rng, base, rng.normal(0, 0.12), length, thick, 0.5 * habit.bend, 0, habit.taper)
    roots = [main]
    for side in _branch(rng, main, habit, habit.reach, habit.spacing, 1):
        roots.append(side)
        if habit.second:
            roots += _branch(rng, side, habit, 0.28 * habit.reach, habit.second, 2)
    return roots


def _branch(
    rng: np.random.Generator,
    parent: Root,
    habit: Habit,
    reach: float,
    spacing: float,
    order: int,
) -> list[Root]:
    """Grow the side roots of one root."""
    length = len(parent.path) * STEP
    position, roots = spacing * rng.uniform(0.2, 1.2), []
    while position < 0.88 * length:
        index = int(position / STEP)
        ahead = parent.path[min(index + 8, len(parent.path) - 1)] - parent.path[max(index - 8, 0)]
        side = rng.choice((-1, 1))
        heading = np.arctan2(ahead[1], ahead[0]) + side * rng.uniform(1.0, 1.6)
        # Younger further down, so shorter; now and then one is short anyway.
        age = 1 - position / length
        size = reach * age**1.3 * rng.uniform(0.35, 1) * rng.choice((0.45, 1, 1, 1))
        if size > 8:
            thick = habit.radius[order] * rng.uniform(0.7, 1.25) * (0.65 + 0.35 * age)
            thick = min(thick, 0.8 * parent.radius[index])
            start = parent.path[index]
            walk = _walk(rng, start, heading, size, thick, habit.bend, order, habit.taper)
            roots.append(walk)
        position += spacing * rng.gamma(1.6) / 1.6
    return roots


def _walk(
    rng: np.random.Generator,
    start: Points,
    heading: float,
    length: float,
    thick: float,
    bend: float,
    order: int,
    loss: float,
) -> Root:
    """Grow one root; `heading` is measured from straight down, positive to the right."""
    coarse = 6.0  # pixels between turns; the path between them is a smooth curve
    steps = max(3, int(length / coarse))
    preferred = np.clip(heading, -1.25, 1.25) * (1 if order else 0)
    headings = np.empty(steps)
    turn = 0.0
    for position in range(steps):
        # Turns remember the last turn: roots meander, they do not jitter.
        turn = 0.82 * turn + rng.normal(0, 0.055 * bend)
        heading += turn - 0.05 * (heading - preferred)
        headings[position] = heading
    corners = np.cumsum(np.stack([np.cos(headings), np.sin(headings)], axis=1) * coarse, axis=0)
    corners = np.concatenate([[start], start + corners])
    at = np.arange(0, steps, STEP / coarse)
    known = np.arange(steps + 1)
    path = np.stack([np.interp(at, known, corners[:, axis]) for axis in (0, 1)], axis=1)
    # Thin towards the tip, the last few pixels most.
    along = at / steps
    taper = (1 - loss * along) * np.clip((1 - along) * length / (6 * thick + 4), 0, 1) ** 0.5
    swell = 1 + 0.06 * np.sin(along * length / 23 + rng.uniform(0, 6.3))
    return Root(path, np.maximum(thick * taper * swell, 0.35), order)
