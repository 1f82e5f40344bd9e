"""Simulated hive frames: infrared pictures of honeybees on comb, with an exact mask per bee.

The pictures imitate the observation-hive camera of the BeesBook project, reduced so that a bee is
about 70 pixels long: hexagonal comb under uneven light, single bees here, tight overlapping
clumps there, most bees with a round tag on the thorax. See the data card of the set for the
limits of the imitation.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gpu_course.errors import CourseError
from gpu_course.images._bees_body import Bee, body_mask, window
from gpu_course.images._bees_comb import honeycomb, light_and_age, wooden_frame
from gpu_course.images._bees_paint import paint
from gpu_course.images._fields import smooth_field

BEE_LENGTH = 70.0
"""Body length in pixels at the course's scale: 200 pixels of the photograph times 0.35."""

SMALLEST_SHARE = 0.04
"""A bee is kept if its visible area is at least this share of a body length squared. A whole bee
covers about 0.25, so a bee may be hidden to five sixths."""


def smallest_area(bee_length: float = BEE_LENGTH) -> int:
    """Return the least visible area of a labelled bee, in pixels."""
    return int(np.ceil(SMALLEST_SHARE * bee_length**2))


def simulate_bees(
    shape: tuple[int, int] = (1024, 1024),
    *,
    seed: int = 0,
    bees: int | None = None,
    clumping: float | None = None,
    tags: float = 0.85,
    bee_length: float = BEE_LENGTH,
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Simulate one infrared picture of bees on honeycomb.

    Every seed has its own comb, light, crowd and bees, and gives the same picture each time. On
    another kind of processor a pixel here and there is a few grey values off; the truth never is.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the picture, each at least one and a half bee lengths.
    seed : int
        Number of the scene, 0 or more.
    bees : int, optional
        How many bees to place. Some end up hidden or cut by the border and are left out, so the
        picture may show fewer. Without it the scene draws a number of its own that suits its area.
    clumping : float, optional
        Share of the bees that sit in crowds, 0 to 1. Without it the scene draws its own.
    tags : float
        Share of the bees that carry a tag, 0 to 1.
    bee_length : float
        Body length of a mean bee in pixels, 20 or more. Comb, light and blur keep their proportion
        to it.

    Returns
    -------
    image : ndarray, uint8 (Y, X)
        Grey levels of the camera.
    labels : ndarray, int32 (Y, X)
        0 is comb; 1, 2, … are the visible parts of the bees. A bee is its head, thorax and
        abdomen with what lies on them (folded wings, tag). Wings beyond the body, legs and
        antennae are so faint that they count as what they lie on. A bee that another one crosses
        may be in two pieces of one label. Bees of which less than ``smallest_area(bee_length)``
        pixels would be seen are not drawn at all: every bee in the picture has a label.

    Raises
    ------
    CourseError
        If an argument is outside its range.

    Examples
    --------
    >>> from gpu_course.images.bees import simulate_bees
    >>> image, labels = simulate_bees((256, 256), seed=1, bees=8)
    >>> image.shape, image.dtype.name, labels.dtype.name
    ((256, 256), 'uint8', 'int32')
    """
    _check(shape, seed, bees, clumping, tags, bee_length)
    shape = (int(shape[0]), int(shape[1]))
    rng = np.random.default_rng([20150821, seed])
    if bees is None:
        bees = max(1, round(rng.uniform(45, 100) * shape[0] * shape[1] / (205 * bee_length**2)))
    if clumping is None:
        clumping = rng.uniform(0.4, 0.8)

    clumps = _clumps(rng, shape, bees * clumping, bee_length)
    herd = _place(rng, shape, bees, clumping, clumps, tags, bee_length)
    herd, labels = _visible(herd, shape, smallest_area(bee_length))

    light, age = light_and_age(rng, shape, clumps, 6 * bee_length)
    ground = honeycomb(rng, shape, 0.412 * bee_length, light, age)
    grey = ground.grey
    if rng.uniform() < 0.35:
        wooden_frame(rng, grey, light, bee_length)
    texture = ndimage.gaussian_filter(rng.standard_normal((256, 256), dtype=np.float32), 0.7)
    texture /= texture.std()
    for bee in herd:
        area = window(bee, shape)
        if area is not None:
            paint(grey, ground.light, bee, area, texture, rng)
    return _expose(grey, rng, bee_length), labels


def _check(
    shape: tuple[int, int],
    seed: int,
    bees: int | None,
    clumping: float | None,
    tags: float,
    bee_length: float,
) -> None:
    """Raise CourseError for the first argument outside its range."""
    if not 20 <= bee_length <= 400:
        raise CourseError(f"bee_length is {bee_length}. Choose 20 to 400 pixels.")
    least = int(np.ceil(1.5 * bee_length))
    if len(shape) != 2 or min(shape) < least:
        raise CourseError(
            f"A bee picture of shape {tuple(shape)} has no room for bees {bee_length:g} pixels "
            f"long. Ask for two numbers, each {least} or more, or for shorter bees."
        )
    if seed < 0:
        raise CourseError(f"seed is {seed}. Scenes are numbered from 0.")
    if bees is not None and bees < 0:
        raise CourseError(f"bees is {bees}. Ask for 0 bees or more.")
    for name, share in (("clumping", clumping), ("tags", tags)):
        if share is not None and not 0 <= share <= 1:
            raise CourseError(f"{name} is {share}. It is a share: choose 0 to 1.")


def _clumps(
    rng: np.random.Generator, shape: tuple[int, int], crowd: float, length: float
) -> NDArray[np.float64]:
    """Draw where bees crowd: (row, column, radius along rows, along columns) in pixels, (n, 4)."""
    count = int(rng.integers(1, 3)) if min(shape) > 6 * length else 1
    # The room of each bee in a crowd, in body lengths squared; its body alone covers 0.25.
    room = rng.uniform(0.25, 0.55)
    radius = length * np.sqrt(max(crowd, 1.0) / count * room / np.pi)
    clumps = np.empty((count, 4))
    clumps[:, 0] = rng.uniform(0.15, 1.0, count) * shape[0]
    clumps[:, 1] = rng.uniform(0.1, 0.9, count) * shape[1]
    stretch = np.exp(rng.normal(0, 0.25, count))
    clumps[:, 2], clumps[:, 3] = radius * stretch, radius / stretch
    return clumps


def _place(
    rng: np.random.Generator,
    shape: tuple[int, int],
    bees: int,
    clumping: float,
    clumps: NDArray[np.float64],
    tags: float,
    length: float,
) -> list[Bee]:
    """Place bees one by one, none squarely on another.

    Each body is stood for by four discs along its axis. A new bee must keep a distance to all
    earlier discs; in a crowd that distance is drawn anew for each bee and often lets it climb.
    """
    heading = smooth_field(rng, (64, 64), 16)  # neighbours tend to face the same way
    taken = np.empty((0, 2))
    herd: list[Bee] = []
    discs = np.array([-0.35, -0.12, 0.12, 0.36])
    for number in range(bees):
        crowded = number < bees * clumping
        for attempt in range(40):
            if crowded:
                row, column, tall, wide = clumps[rng.integers(len(clumps))]
                row, column = row + rng.normal(0, 0.62) * tall, column + rng.normal(0, 0.62) * wide
            else:
                row, column = rng.uniform(-0.1, 1.1, 2) * shape
            if not (-0.3 * length < row < shape[0] + 0.3 * length) or not (
                -0.3 * length < column < shape[1] + 0.3 * length
            ):
                continue
            cell = tuple(np.clip((np.array([row, column]) / shape * 48 + 8).astype(int), 0, 63))
            angle = 2.2 * float(heading[cell]) + rng.vonmises(0, 1.2 if crowded else 0.3)
            ahead = np.array([np.sin(angle), np.cos(angle)])
            spine = np.array([row, column]) + discs[:, None] * length * ahead
            gap = rng.uniform(0.09, 0.27) if crowded else rng.uniform(0.22, 0.5)
            gap *= 1 - attempt / 120
            if len(taken):
                apart = np.linalg.norm(spine[:, None] - taken[None], axis=2).min()
                if apart < gap * length:
                    continue
            taken = np.concatenate([taken, spine])
            belly = rng.uniform() < 0.07
            in_cell = not belly and rng.uniform() < 0.04
            herd.append(
                Bee(
                    row=float(row),
                    column=float(column),
                    angle=float(angle),
                    length=float(length * np.clip(rng.normal(1, 0.055), 0.85, 1.15)),
                    stout=float(np.clip(rng.normal(1, 0.06), 0.85, 1.2)),
                    bend=float(rng.normal(0, 0.14)),
                    tagged=bool(rng.uniform() < tags),
                    belly=bool(belly),
                    in_cell=bool(in_cell),
                    spread=float(abs(rng.normal(0.08, 0.10))),
                )
            )
            break
    # Who sits in a cell lies under all others; the rest overlap in random order.
    order = rng.permutation(len(herd))
    return sorted((herd[i] for i in order), key=lambda bee: not bee.in_cell)


def _visible(
    herd: list[Bee], shape: tuple[int, int], least: int
) -> tuple[list[Bee], NDArray[np.int32]]:
    """Drop bees that are all but hidden and label the rest by what is seen of each.

    Taking a hidden bee away can only uncover others, so one round is enough.
    """
    keep = herd
    for _ in range(2):
        labels = np.zeros(shape, np.int32)
        for number, bee in enumerate(keep, start=1):
            area = window(bee, shape)
            if area is not None:
                labels[area.rows, area.columns][body_mask(bee, area)] = number
        seen = np.bincount(labels.ravel(), minlength=len(keep) + 1)[1:]
        if (seen >= least).all():
            break
        keep = [bee for bee, pixels in zip(keep, seen, strict=True) if pixels >= least]
    return keep, labels


def _expose(
    grey: NDArray[np.floating[Any]], rng: np.random.Generator, length: float
) -> NDArray[np.uint8]:
    """Photograph the scene: blur of the lens, shoulder of the film, noise of the sensor."""
    sigma = rng.uniform(0.45, 0.65) * length / BEE_LENGTH
    grey = ndimage.gaussian_filter(grey, sigma, truncate=3)
    knee = np.float32(225)
    over = np.maximum(grey - knee, 0)
    grey = np.minimum(grey, knee) + 30 * (1 - np.exp(-over / 30))
    noise = rng.standard_normal(grey.shape, dtype=np.float32)
    grey = grey + noise * (1.5 + 0.15 * np.sqrt(np.maximum(grey, 0)))
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)
