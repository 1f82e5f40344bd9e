"""Pictures of the hive photograph, reduced, with objects and points over it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gpu_course import display
from gpu_course.display.figures import Panels
from gpu_course.images.windows import block_means
from gpu_course.labels import Labels
from gpu_course.lessons.deep_learning.bees_stardist import hive_points

CROWD = (slice(1950, 3000), slice(2000, 2999))
"""Rows and columns of the crowd in the right half, both a multiple of three."""


def overview(image: NDArray[np.uint8], labels: Labels, *, alt: str) -> Panels:
    """Draw the whole photograph, reduced, with the outlines of objects.

    Parameters
    ----------
    image : ndarray, uint8 (Y, X)
    labels : ndarray, integer (Y, X)
    alt : str
        What a reader who cannot see the picture should know.
    """
    # Reduced before they are drawn, or else outlines one pixel wide would vanish.
    return display.show(
        block_means(image, 5), outlines=[labels[::5, ::5]], no_scale=False, width=6, alt=alt
    )


def crowd(
    image: NDArray[np.uint8],
    answers: Mapping[str, Labels],
    points: hive_points.Reference | None = None,
    *,
    alt: str,
) -> Panels:
    """Draw the crowd of the right half with the objects of several methods, one below another.

    The image is the photograph, uint8 (Y, X); `answers` is the name of a method → its objects in
    the whole photograph. Bees of `points` (None: those of the course) are dots, unclear places
    crosses.
    """
    points = hive_points.reference() if points is None else points
    figure = display.show(
        *[block_means(image[CROWD], 3)] * len(answers),
        labels=[labels[CROWD][::3, ::3] for labels in answers.values()],
        titles=list(answers),
        columns=1,
        no_scale=False,
        width=5,
        alt=alt,
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
