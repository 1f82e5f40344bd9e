"""Objects in the hive photograph, judged by points that were set by eye in its right half."""

import dataclasses
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.labels import Labels
from gpu_course.lessons.deep_learning.bees_stardist import hive

FRAME = 3750
"""Columns from here on show the dark gap beside the comb; bees there are not judged."""


class Reference(NamedTuple):
    """Points set by eye in the right half, as (row, column) in pixels, float (n, 2).

    One for every bee; and where it is unclear whether one is: found or not, it does not count.
    """

    bees: NDArray[np.float64]
    unclear: NDArray[np.float64]


def reference() -> Reference:
    """Return the points of the right half."""
    rows = hive.read("points.csv")
    kinds = [
        [(float(row), float(column)) for row, column, kind in rows if kind == wanted]
        for wanted in ("bee", "unclear")
    ]
    return Reference(*(np.array(points, np.float64).reshape(-1, 2) for points in kinds))


@dataclasses.dataclass(frozen=True)
class Judgement:
    """Objects against points.

    Attributes
    ----------
    found, missed, wrong : int
        Points with an object of their own, points without, and objects without a point.
    """

    found: int
    missed: int
    wrong: int

    def row(self) -> dict[str, float]:
        """Return the judgement as a row of a table."""
        return dataclasses.asdict(self) | {
            "precision": self.precision,
            "recall": self.recall,
            "point F1": self.f1,
        }

    @property
    def precision(self) -> float:
        """Share of the objects that are bees."""
        return self.found / max(1, self.found + self.wrong)

    @property
    def recall(self) -> float:
        """Share of the bees that were found."""
        return self.found / max(1, self.found + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.found / max(1, 2 * self.found + self.missed + self.wrong)


def judge(
    labels: Labels,
    points: Reference | None = None,
    columns: tuple[int, int] = (hive.MIDDLE, FRAME),
) -> Judgement:
    """Compare objects with points: a point inside an object finds a bee, each object once.

    An object may hold several points, but finds one bee only. Objects that hold no point count as
    wrong if their centre lies in the columns asked for, unless an unclear point lies in them.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
        Objects in the whole photograph.
    points : Reference, optional
        None: `reference`.
    columns : (int, int)
        First column to judge, and the first that is not judged any more.

    Returns
    -------
    Judgement

    Raises
    ------
    CourseError
        If the labels do not cover the photograph.
    """
    points = reference() if points is None else points
    if labels.ndim != 2 or labels.shape[1] < FRAME:
        raise CourseError(
            f"The labels have the shape {labels.shape}. Judge labels of the whole photograph, as "
            "large as it is."
        )
    hit = set(_at(labels, points.bees)) - {0}
    unclear = set(_at(labels, points.unclear))
    numbers = np.unique(labels[labels > 0])
    across = np.broadcast_to(np.arange(labels.shape[1]), labels.shape)
    sums = np.bincount(labels.ravel(), weights=across.ravel())
    centres = sums[numbers] / np.bincount(labels.ravel())[numbers]
    judged = numbers[(centres >= columns[0]) & (centres < columns[1])]
    wrong = len(set(judged.tolist()) - hit - unclear)
    return Judgement(len(hit), len(points.bees) - len(hit), wrong)


def enlarge(labels: Labels, shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Return labels of a reduced photograph as large as the photograph.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
    shape : tuple of int
        Rows and columns wanted. Every pixel takes the label of the nearest one.
    """
    rows, columns = (np.arange(n) * m // n for n, m in zip(shape, labels.shape, strict=True))
    return labels[np.ix_(rows, columns)].astype(np.int32)


def _at(labels: Labels, points: NDArray[np.float64]) -> list[int]:
    rows, columns = np.rint(points).astype(int).T
    return [int(n) for n in labels[rows, columns]]
