"""Helpers of the chapter ``pixel-classification/build-the-plugin``: strokes, and who comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.display.figures import Panels, prefer_own_bundle

if TYPE_CHECKING:
    from napari.layers import Labels


def schedule(asked: Sequence[float], pause: float, work: float) -> list[tuple[int, float]]:
    """Return which requests are worked on, and when.

    A request waits until no other has come for `pause` seconds, and until the job before it is
    done. If a newer request comes while it waits, the newer one takes its place.

    Parameters
    ----------
    asked : sequence of float
        When each request comes, ascending, in seconds.
    pause : float
        Calm that is waited for, in seconds.
    work : float
        How long each job takes, in seconds.

    Returns
    -------
    list of (int, float)
        Number of the request, from 0, and the time at which its job begins.
    """
    begun = []
    free = 0.0
    for number, time in enumerate(asked):
        begins = max(time + pause, free)
        replaced = any(newer < begins for newer in asked[number + 1 :])
        if not replaced:
            begun.append((number, begins))
            free = begins + work
    return begun


def every_one(asked: Sequence[float], work: float) -> list[tuple[int, float]]:
    """Return the same for a queue, in which every request is worked on, one after the other."""
    begun: list[tuple[int, float]] = []
    free = 0.0
    for number, time in enumerate(asked):
        begins = max(time, free)
        begun.append((number, begins))
        free = begins + work
    return begun


def timeline(
    asked: Sequence[float],
    plans: Mapping[str, list[tuple[int, float]]],
    *,
    work: float,
    alt: str,
) -> Panels:
    """Draw when requests come, and when jobs run under each plan.

    Parameters
    ----------
    asked : sequence of float
        When each request comes, in seconds.
    plans : mapping
        Name of the plan → its jobs, as `schedule` returns them.
    work : float
        How long each job takes, in seconds.
    alt : str
        What a reader who cannot see the picture is told.
    """
    figure = Panels(figsize=(7.2, 0.9 + 0.6 * len(plans)), facecolor="white")
    figure.alt = alt
    axes = figure.add_axes((0.2, 0.32, 0.78, 0.64))
    rows = {name: -row for row, name in enumerate(plans, 1)}
    axes.plot(asked, np.zeros(len(asked)), "|", color="black", markersize=14, markeredgewidth=2)
    for name, jobs in plans.items():
        for number, begins in jobs:
            axes.barh(rows[name], work, left=begins, height=0.6, color="#0072b2", edgecolor="white")
            middle = begins + work / 2
            axes.text(middle, rows[name], str(number), color="white", ha="center", va="center")
    axes.set_yticks([0, *rows.values()], ["requests", *rows], fontsize=10)
    axes.set_ylim(-len(plans) - 0.6, 0.6)
    axes.set_xlim(left=min(asked) - 0.1)
    axes.set_xlabel("seconds", fontsize=10)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    prefer_own_bundle()
    return figure


def strokes_of(marks: NDArray[Any]) -> list[tuple[NDArray[np.intp], int]]:
    """Return the pixels (n, axes) and the class of each stroke.

    Parameters
    ----------
    marks : array of int
        0 where nothing is painted, else the class. Strokes do not touch.
    """
    from skimage.measure import label

    numbers = label(marks, connectivity=marks.ndim)
    found = []
    for number in range(1, int(numbers.max()) + 1):
        pixels = np.argwhere(numbers == number)
        found.append((pixels, int(marks[tuple(pixels[0])])))
    return found


def stroke(layer: Labels, pixels: NDArray[np.intp], number: int) -> None:
    """Paint one stroke with napari's own brush; it is one step for undo, and one paint event.

    Parameters
    ----------
    layer : napari.layers.Labels
    pixels : ndarray of int (n, axes)
    number : int
        The class.
    """
    layer.brush_size = 1
    with layer.block_history():
        for pixel in pixels:
            layer.paint(tuple(pixel.tolist()), number, refresh=False)
    layer.refresh()
