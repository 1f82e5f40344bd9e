"""The hive photograph as a lesson in transfer: scenes to learn from, real ones and varied ones.

The photograph has no labels of its own. The course drew some, which lie in ``data/hive``: outlines
of bees in its left half, to train and to choose thresholds with, and one point for every bee of
its right half, to judge by (`hive_points`). Nothing here hands out a training scene from the right
half.
"""

import csv
import dataclasses
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_course import paths
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.images.bees import simulate_bees

SCALE = 0.35
"""A bee of 200 pixels becomes one of 70, as in the simulated scenes."""

MIDDLE = 2000
"""The first column of the right half, which no training and no tuning may see."""

TRAINING = ((slice(0, 1350), slice(0, MIDDLE)), (slice(1350, 3000), slice(1240, MIDDLE)))
"""Rows and columns to learn from: scattered bees, and half of the crowd."""

VALIDATION = (slice(1350, 3000), slice(0, 1240))
"""Rows and columns that thresholds and the best epoch are chosen on."""

SMALLEST = 60
"""Pixels at `SCALE`; less of a bee is no label. What a window cuts off leaves such slivers."""


class Outline(NamedTuple):
    """One bee in pixels of the photograph: both ends of what is seen of its body, and its width."""

    head_row: float
    head_column: float
    tail_row: float
    tail_column: float
    width: float


def outlines() -> list[Outline]:
    """Return the bees drawn in the left half; where two overlap, the later one lies on top."""
    return [Outline(*map(float, row)) for row in read("bees.csv")]


def draw(bees: list[Outline], shape: tuple[int, int], scale: float = 1.0) -> NDArray[np.int32]:
    """Paint outlines as labels: int32 (Y, X), 0 or the number of the bee, from 1 on.

    A bee is an ellipse with blunt ends. `shape` is that of the result, whose size is `scale`
    relative to the photograph.
    """
    labels = np.zeros(shape, np.int32)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    for number, bee in enumerate(bees, start=1):
        head = np.array([bee.head_row, bee.head_column]) * scale
        tail = np.array([bee.tail_row, bee.tail_column]) * scale
        middle, half = (head + tail) / 2, np.linalg.norm(head - tail) / 2
        down, right = (head - tail) / (2 * half)
        along = (rows - middle[0]) * down + (columns - middle[1]) * right
        across = (rows - middle[0]) * right - (columns - middle[1]) * down
        inside = np.abs(along / half) ** 2.5 + np.abs(across * 2 / (bee.width * scale)) ** 2.5 <= 1
        labels[inside] = number
    return labels


def cut(photograph: Sample, window: tuple[slice, slice], split: str, index: int) -> Sample:
    """Return a part of the left half, reduced by `SCALE`, with its labels.

    The photograph is that of the hive, uint8 (3000, 4000), and the window its rows and columns; the
    split is ``"train"`` or ``"validation"``. The sample's image is uint8, its labels int32.

    Raises
    ------
    CourseError
        If the window reaches into the right half, the photograph is another, or the split is.
    """
    from scipy import ndimage

    from gpu_course.labels import renumber

    if photograph.name != "beesbook" or photograph.image.shape != (3000, 4000):
        raise CourseError(
            "The outlines belong to the whole hive photograph. Give images.load('beesbook')."
        )
    if split not in ("train", "validation"):
        raise CourseError(f'The split is {split!r}. The left half is for "train" or "validation".')
    rows, columns = window
    if columns.stop is None or not 0 <= (columns.start or 0) < columns.stop <= MIDDLE:
        raise CourseError(
            f"Columns from {MIDDLE} on are for the last judgement only: what was trained or tuned "
            f"on them proves nothing. End the window at column {MIDDLE}."
        )
    # The neural network's own way of reducing an image, so that it meets what it learned from.
    image = ndimage.zoom(photograph.image[rows, columns], SCALE, order=1)
    low, left = rows.start or 0, columns.start or 0
    moved = [Outline(b[0] - low, b[1] - left, b[2] - low, b[3] - left, b.width) for b in outlines()]
    labels = draw(moved, (image.shape[0], image.shape[1]), SCALE)
    labels[np.bincount(labels.ravel())[labels] < SMALLEST] = 0
    return dataclasses.replace(
        photograph, split=split, index=index, image=image, labels=renumber(labels), facts={}
    )


def left_half_samples(photograph: Sample) -> tuple[list[Sample], list[Sample]]:
    """Return labelled windows of the left half, for training and for validation.

    They are reduced by `SCALE`, and no bee is in both.
    """
    training = [cut(photograph, w, "train", i) for i, w in enumerate(TRAINING)]
    return training, [cut(photograph, VALIDATION, "validation", 0)]


def random_scenes(
    count: int, *, seed: int = 0, shape: tuple[int, int] = (512, 512), split: str = "train"
) -> list[Sample]:
    """Simulate scenes that differ more from each other than real ones do: domain randomisation.

    Bees of 55 to 90 pixels, few or many, scattered or in crowds, half or nearly all of them
    tagged. A network that has seen so much variety may take a photograph for one more variant.
    Scenes of other seeds are others.
    """
    scenes = []
    for index in range(count):
        # A generator for each scene: the first ones are the same, however many follow.
        rng = np.random.default_rng([25, seed, index])
        length = float(rng.uniform(55, 90))
        tags, clumping = float(rng.uniform(0.5, 1.0)), float(rng.uniform(0.3, 1.0))
        image, labels = simulate_bees(
            shape,
            seed=100_000 * (seed + 1) + index,
            bee_length=length,
            tags=tags,
            clumping=clumping,
        )
        name = f"random bees {seed}"
        scenes.append(Sample(name, split, index, image, "YX", labels=labels))
    return scenes


def read(name: str) -> list[list[str]]:
    """Return the rows of a file in ``data/hive``, without the names of its columns."""
    with (paths.data() / "hive" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]
