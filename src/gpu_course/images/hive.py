"""The marks that the course set on the hive photograph, for the parts of it that one looks at.

The photograph itself is the image set ``beesbook``. In its right half, which nothing is trained or
tuned on, one point was set for each bee (``data/hive/README.md`` says how).
"""

import csv
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_course import paths
from gpu_course.errors import CourseError

SCALE = 0.35
"""A bee of 200 pixels becomes one of 70, as in the simulated scenes."""

SHAPE = (3000, 4000)
"""Rows and columns of the photograph."""

WHOLE = (slice(0, 3000), slice(0, 4000))
CROWD = (slice(1950, 3000), slice(1800, 3000))
"""Rows and columns of the crowd in the right half, and a margin to its left."""

JUDGED = slice(2000, 3750)
"""Columns in which each bee has its point: further right lies the dark gap beside the comb."""


class Marks(NamedTuple):
    """What was marked in a part of the photograph.

    Attributes
    ----------
    bees, unclear : ndarray, float64 (n, 2)
        Row and column of a point on each bee, and where one may be, in pixels of the part.
    judged : (slice, slice)
        Rows and columns of the part in which each bee has its point.
    """

    bees: NDArray[np.float64]
    unclear: NDArray[np.float64]
    judged: tuple[slice, slice]


def marks(window: tuple[slice, slice] = WHOLE) -> Marks:
    """Return the points of the right half that lie in a part of the photograph.

    Parameters
    ----------
    window : (slice, slice)
        Rows and columns of the part, with a start and an end each.

    Raises
    ------
    CourseError
        If the part does not lie inside the photograph.
    """
    for part, length in zip(window, SHAPE, strict=True):
        if part.start is None or part.stop is None or not 0 <= part.start < part.stop <= length:
            raise CourseError(
                f"The photograph has {SHAPE[0]} × {SHAPE[1]} pixels, and a part of it from "
                f"{part.start} to {part.stop} was asked for. Give slices with a start and an end "
                "inside it."
            )
    rows, columns = window
    origin, ends = [rows.start, columns.start], [rows.stop, columns.stop]
    with (paths.data() / "hive" / "points.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    found = []
    for kind in ("bee", "unclear"):
        points = np.array(
            [(float(line["row"]), float(line["column"])) for line in lines if line["kind"] == kind]
        ).reshape(-1, 2)
        found.append(points[((points >= origin) & (points < ends)).all(axis=1)] - origin)
    left, right = np.clip([JUDGED.start, JUDGED.stop], columns.start, columns.stop) - columns.start
    judged = (slice(0, rows.stop - rows.start), slice(int(left), int(right)))
    return Marks(found[0], found[1], judged)
