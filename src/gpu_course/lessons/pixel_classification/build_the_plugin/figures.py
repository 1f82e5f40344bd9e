"""Helpers of the chapter ``pixel-classification/build-the-plugin``: strokes, and who comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gpu_course.display.figures import Panels


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
    return figure
