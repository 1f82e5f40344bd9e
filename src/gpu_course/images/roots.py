"""Simulated root systems with exact masks: in soil behind glass, or on blue paper.

The soil scene is the course's own test: roots of a few pixels' width, partly covered by soil, among
straw that looks like them. The paper scene imitates the red channel of the RootNav 2.0
photographs at their own scale. See the data card of the set for the limits of the imitation.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gpu_course.errors import CourseError
from gpu_course.images import _roots_drawing as drawing
from gpu_course.images import _roots_ground as ground
from gpu_course.images._fields import Field, smooth_field, step
from gpu_course.images._roots_growth import Habit, Root, grow_plant

SMALLEST = 128
"""Fewest rows or columns of a scene; below, a root system is only a line or two."""

HABITS = {
    "soil": Habit(
        depth=(0.75, 1.25),
        radius=(4.0, 1.9, 1.1),
        spacing=24,
        reach=330,
        bend=1.0,
        second=60,
        room=430,
    ),
    "paper": Habit(
        depth=(1.0, 1.9),
        radius=(3.4, 2.9, 0.8),
        spacing=17,
        reach=400,
        bend=0.34,
        second=0,
        room=800,
        taper=0.4,
        crown=(-0.12, -0.01),
    ),
}


def simulate_roots(
    shape: tuple[int, int] = (1024, 1024),
    *,
    seed: int = 0,
    background: Literal["soil", "paper"] = "soil",
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]:
    """Simulate one grey picture of roots.

    Every seed has its own plants, ground and light, and gives the same picture each time. On
    another kind of processor a pixel here and there is a few grey values off; the truth never is.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns, each at least 128. The scale does not change with it: a larger picture
        shows more plants.
    seed : int
        Number of the scene, 0 or more.
    background : {"soil", "paper"}
        What the roots lie on.

    Returns
    -------
    image : ndarray, uint8 (Y, X)
    mask : ndarray, bool (Y, X)
        Pixels at least half covered by a root, also where a thin film of soil lies on it. Root
        hairs do not count.
    centreline : ndarray, bool (Y, X)
        Pixels on the middle of a root, all inside the mask.

    Raises
    ------
    CourseError
        The shape is too small, the seed negative or the background unknown.
    """
    _check(shape, seed, background)
    rng = np.random.default_rng(seed)
    roots = _plants(rng, shape, HABITS[background])
    covered, depth = drawing.coverage(roots, shape)
    line = drawing.centreline(roots, shape)
    if background == "soil":
        image = _in_soil(rng, shape, covered, depth)
    else:
        image = _on_paper(rng, shape, roots, covered, depth)
    return image, (covered >= 0.5) | line, line


def _check(shape: tuple[int, int], seed: int, background: str) -> None:
    if len(shape) != 2 or min(shape) < SMALLEST:
        raise CourseError(
            f"A picture of roots needs at least {SMALLEST} rows and columns, not {tuple(shape)}. "
            "Ask for a larger one and crop it."
        )
    if seed < 0:
        raise CourseError(f"The seed {seed} is negative. Use 0 or more.")
    if background not in HABITS:
        raise CourseError(
            f"There is no background “{background}” for roots. Choose one of {', '.join(HABITS)}."
        )


def _plants(rng: np.random.Generator, shape: tuple[int, int], habit: Habit) -> list[Root]:
    """Let as many plants grow as there is room for, each from its own place at the top."""
    height, width = shape
    count = max(1, round(width / habit.room))
    roots: list[Root] = []
    for number in range(count):
        column = (number + rng.uniform(0.3, 0.7)) * width / count
        base = np.array([rng.uniform(*habit.crown) * min(height, 1024), column])
        roots += grow_plant(rng, habit, base, height)
    return roots


def _in_soil(
    rng: np.random.Generator, shape: tuple[int, int], covered: Field, depth: Field
) -> NDArray[np.uint8]:
    """Lay the roots into soil, which covers them here and there."""
    grey = ground.soil(rng, shape)
    # A root presses a narrow shadow into the soil beside it.
    grey *= 1 - 0.22 * np.roll(covered, (2, 1), axis=(0, 1)) * (1 - covered)
    tone = (
        rng.uniform(118, 142) + 14 * smooth_field(rng, shape, 90) + 6 * smooth_field(rng, shape, 9)
    )
    film = step(smooth_field(rng, shape, 34) + 0.5 * smooth_field(rng, shape, 7), 0.0, 1.6)
    visible = covered * (0.92 - rng.uniform(0.62, 0.78) * film)
    grey += visible * (tone + 30 * depth - grey)
    return ground.camera(rng, grey, 0.75, 3.0)


def _on_paper(
    rng: np.random.Generator,
    shape: tuple[int, int],
    roots: list[Root],
    covered: Field,
    depth: Field,
) -> NDArray[np.uint8]:
    """Lay the roots on paper, with the haze of their hairs."""
    grey = ground.paper(rng, shape)
    hairs = drawing.hairs(rng, roots, shape)
    grey += 20 * np.minimum(hairs, 2)
    # Wet paper glows a little around a root.
    grey += 26 * ndimage.gaussian_filter(covered, 4)
    # Thick roots are opaque and bright; thin ones let the paper through.
    main, _ = drawing.coverage([root for root in roots if root.order == 0], shape)
    tone = np.where(main > 0, 146, 94) + 9 * smooth_field(rng, shape, 70)
    # A round body has no sharp edge: its light falls off over a pixel or two.
    opaque = ndimage.gaussian_filter(np.maximum(main, 0.85 * covered), 0.8)
    grey += opaque * (tone + 42 * depth - grey)
    return ground.camera(rng, grey.astype(np.float32), 0.6, 0.5)
