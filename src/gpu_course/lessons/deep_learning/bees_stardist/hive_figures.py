"""Pictures of the hive photograph for the chapter ``deep-learning/bees-stardist``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.lessons.deep_learning.bees_stardist import hive_points

CROWD = (slice(1950, 3000), slice(2000, 2999))
"""Rows and columns of the crowd in the right half, both a multiple of three."""

Labels = NDArray[np.integer[Any]]


def overview(image: NDArray[np.uint8], labels: Labels) -> Any:
    """Draw the whole photograph, reduced, with the outlines of objects.

    Parameters
    ----------
    image : ndarray, uint8 (Y, X)
    labels : ndarray, integer (Y, X)

    Returns
    -------
    gpu_course.display.Panels
    """
    from gpu_course import display

    # Reduced before they are drawn, or else outlines one pixel wide would vanish.
    return display.show(reduce(image, 5), outlines=[labels[::5, ::5]], no_scale=False, width=6)


def crowd(
    image: NDArray[np.uint8],
    answers: Mapping[str, Labels],
    points: hive_points.Reference | None = None,
) -> Any:
    """Draw the crowd of the right half with the objects of several methods, one below another.

    Parameters
    ----------
    image : ndarray, uint8 (Y, X)
        The photograph.
    answers : mapping
        Name of a method → its objects in the whole photograph.
    points : hive_points.Reference, optional
        None: those of the course. Bees are dots, unclear places crosses.

    Returns
    -------
    gpu_course.display.Panels
    """
    from gpu_course import display

    points = hive_points.reference() if points is None else points
    figure = display.show(
        *[reduce(image[CROWD], 3)] * len(answers),
        labels=[labels[CROWD][::3, ::3] for labels in answers.values()],
        titles=list(answers),
        columns=1,
        no_scale=False,
        width=5,
    )
    rows, columns = CROWD
    for axes in figure.axes:
        for where, marker, colour in ((points.bees, "o", "white"), (points.unclear, "x", "white")):
            inside = (where[:, 0] >= rows.start) & (where[:, 1] < columns.stop)
            y, x = ((where[inside] - [rows.start, columns.start]) / 3).T
            # A dark rim keeps dots in view on bright ground.
            rim = "black" if marker == "o" else colour
            axes.plot(x, y, marker, color=colour, markersize=5, markeredgecolor=rim)
        axes.set(xlim=(-0.5, 333), ylim=(349.5, -0.5))
    return figure


def reduce(image: NDArray[np.uint8], factor: int) -> NDArray[np.float32]:
    """Return an image with means of so many by so many pixels; what is left over is cut off."""
    rows, columns = (n // factor for n in image.shape)
    blocks = image[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor)
    return blocks.mean((1, 3), dtype=np.float32)
