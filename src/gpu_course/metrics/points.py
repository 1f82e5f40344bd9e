"""Labelled objects, judged by points: where nobody drew outlines, somebody may have set a point.

A point says that an object is there, not where it ends. So a good score says that objects are
found and told apart, and nothing of their outlines.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_course.errors import CourseError
from gpu_course.metrics._inputs import label_image, ratio


@dataclasses.dataclass(frozen=True)
class Judgement:
    """Objects against points.

    Attributes
    ----------
    found, missed, wrong : int
        Points with an object of their own, points without one, and objects without a point.
    """

    found: int
    missed: int
    wrong: int

    @property
    def precision(self) -> float:
        """Share of the objects that hold a point; 1 if there is no object and no point."""
        return ratio(self.found, self.found + self.wrong, empty=float(not self.missed))

    @property
    def recall(self) -> float:
        """Share of the points that were found; 1 if there is no object and no point."""
        return ratio(self.found, self.found + self.missed, empty=float(not self.wrong))

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return ratio(2 * self.found, 2 * self.found + self.missed + self.wrong)

    def row(self) -> dict[str, float]:
        """Return the judgement as a row of a table."""
        return dataclasses.asdict(self) | {
            "precision": self.precision,
            "recall": self.recall,
            "point F1": self.f1,
        }


def judge(
    labels: ArrayLike,
    points: ArrayLike,
    *,
    unclear: ArrayLike | None = None,
    within: tuple[slice, slice] | None = None,
) -> Judgement:
    """Compare objects with points: a point inside an object finds it, each object once.

    An object that holds several points finds one of them only; the others are missed. An object
    that holds none is wrong, unless it holds an unclear point or its centre lies elsewhere than
    in the part that is judged.

    Parameters
    ----------
    labels : integer array (Y, X)
        0 is background, 1…n the objects.
    points : array (n, 2)
        Row and column of a point in each true object, in pixels.
    unclear : array (m, 2), optional
        Where an object may be: found or not, it does not count.
    within : (slice, slice), optional
        Rows and columns in which every object has its point. None: the whole image.

    Returns
    -------
    Judgement

    Raises
    ------
    CourseError
        If the labels are no label image of two axes, points are no rows and columns or lie outside
        of it, or `within` is no pair of slices.

    Examples
    --------
    >>> from gpu_course.metrics.points import judge
    >>> labels = np.zeros((20, 30), int)
    >>> labels[2:8, 2:8], labels[10:16, 10:28] = 1, 2
    >>> judge(labels, [(4, 5), (12, 12), (12, 25), (1, 29)])
    Judgement(found=2, missed=2, wrong=0)
    """
    objects = label_image(labels, "found", in_pieces=True)
    if objects.ndim != 2:
        raise CourseError(
            f"The labels have the shape {objects.shape}. Points are compared with labels of rows "
            "and columns."
        )
    if within is not None and [type(part) for part in within] != [slice, slice]:
        raise CourseError(f"`within` is {within!r}. Give two slices: of rows, and of columns.")
    marks = _places(points)
    bounds = [part.indices(n)[:2] for part, n in zip(within or _ALL, objects.shape, strict=True)]
    hit = set(_at(objects, marks)) - {0}
    doubtful = set(_at(objects, _places([] if unclear is None else unclear)))
    judged = {
        number
        for number, centre in _centres(objects).items()
        if all(start <= c < stop for (start, stop), c in zip(bounds, centre, strict=True))
    }
    return Judgement(len(hit), len(marks) - len(hit), len(judged - hit - doubtful))


_ALL = (slice(None), slice(None))


def _places(points: ArrayLike) -> NDArray[np.float64]:
    """Return points as rows and columns, float64 (n, 2)."""
    given = np.asarray(points, float)
    if given.size == 0:
        return np.zeros((0, 2))
    if given.ndim != 2 or given.shape[1] != 2 or not np.isfinite(given).all():
        broken = "" if np.isfinite(given).all() else " and hold values that are no numbers"
        raise CourseError(
            f"The points have the shape {given.shape}{broken}. Give a row and a column for each: "
            "shape (n, 2), as np.argwhere(marks) has it."
        )
    return given


def _at(labels: NDArray[np.integer[Any]], points: NDArray[np.float64]) -> list[int]:
    """Return the label under each point."""
    where = np.rint(points).astype(int)
    if ((where < 0) | (where >= labels.shape)).any():
        raise CourseError(
            f"A point lies outside of labels of the shape {labels.shape}. Give labels as large as "
            "the image on which the points were set."
        )
    rows, columns = where.T
    return [int(number) for number in labels[rows, columns]]


def _centres(labels: NDArray[np.integer[Any]]) -> dict[int, tuple[float, float]]:
    """Return the mean row and column of each object."""
    numbers, which, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    middles = [
        np.bincount(which.ravel(), weights=axis.ravel()) / sizes
        for axis in np.broadcast_arrays(*np.ogrid[: labels.shape[0], : labels.shape[1]])
    ]
    return {
        int(number): (float(row), float(column))
        for number, row, column in zip(numbers, *middles, strict=True)
        if number
    }
