"""Helpers of the chapter ``deep-learning/semantic-vs-instance``: merges, mistakes, rays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer[Any]]


def star(labels: Labels, number: int, rays: int) -> tuple[tuple[int, int], NDArray[np.float64]]:
    """Return the star of one object: its middle, and the ends of its rays.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
    number : int
        Of the object.
    rays : int

    Returns
    -------
    middle : tuple of int
        Row and column of the pixel that lies deepest inside.
    ends : ndarray, float (rays, 2)
        Rows and columns.
    """
    from scipy import ndimage
    from stardist.geometry import dist_to_coord, star_dist

    own = np.ascontiguousarray(labels == number, np.int32)
    inside = ndimage.distance_transform_edt(np.pad(own, 1))[1:-1, 1:-1]
    row, column = (int(n) for n in np.unravel_index(inside.argmax(), inside.shape))
    reach = star_dist(own, rays, mode="cpp")[row, column]
    ends = dist_to_coord(reach[None], np.array([[row, column]]))[0].T
    return (row, column), np.asarray(ends, np.float64)


def stars_figure(image: NDArray[Any], labels: Labels, number: int, rays: Sequence[int]) -> Any:
    """Draw the rays of one object over its picture, once for each number of rays.

    Parameters
    ----------
    image : ndarray (Y, X)
    labels : ndarray, integer (Y, X)
    number : int
        Of the object.
    rays : sequence of int

    Returns
    -------
    gpu_course.display.Panels
    """
    from gpu_course import display
    from gpu_course.display.chart_styles import COLOURS

    rows, columns = np.nonzero(labels == number)
    window = tuple(slice(max(n.min() - 8, 0), n.max() + 9) for n in (rows, columns))
    image, labels = image[window], labels[window]
    figure = display.show(
        *[image] * len(rays), titles=[f"{n} rays" for n in rays], no_scale=False, width=6
    )
    for axes, n in zip(figure.axes, rays, strict=True):
        (row, column), ends = star(labels, number, n)
        for y, x in ends:
            axes.plot([column, x], [row, y], color="white", linewidth=0.8)
        around = np.vstack([ends, ends[:1]])
        axes.plot(around[:, 1], around[:, 0], color=COLOURS[1], linewidth=2)
        axes.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5))
    return figure


def chart(across: Sequence[float], curves: Mapping[str, Sequence[float]], x: str, y: str) -> Any:
    """Draw a score against a number, one line for each name.

    Parameters
    ----------
    across : sequence of float
    curves : mapping
        Name → one score from 0 to 1 for each number.
    x, y : str
        Names of the axes.

    Returns
    -------
    matplotlib.figure.Figure
    """
    import matplotlib.pyplot as plt

    from gpu_course.display.chart_styles import COLOURS, MARKS

    figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
    for (name, values), colour, mark in zip(curves.items(), COLOURS, MARKS, strict=False):
        axes.plot(across, values, color=colour, marker=mark, label=name)
    axes.set(xlabel=x, ylabel=y, ylim=(0, 1.02), xticks=list(across))
    axes.legend(frameon=False, loc="lower left")
    axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)  # or the notebook would draw it a second time
    return figure
