"""The chart of the chapter: when requests come, and when jobs run."""

from collections.abc import Mapping, Sequence

import numpy as np

from gpu_course.display.chart_styles import COLOURS, GRID, INK
from gpu_course.display.charts import chart, finish
from gpu_course.display.figures import Panels


def timeline(
    asked: Sequence[float],
    plans: Mapping[str, list[tuple[int, float]]],
    *,
    work: float,
    alt: str,
) -> Panels:
    """Draw when requests come, and when jobs run under each plan.

    `asked` says when each request comes and `work` how long each job takes, in seconds; `plans` is
    the name of a plan → its jobs, as `schedule` returns them.
    """
    figure, (axes,) = chart(alt=alt, height=0.6 + 0.6 * len(plans))
    rows = {name: -row for row, name in enumerate(plans, 1)}
    axes.plot(asked, np.zeros(len(asked)), "|", color=INK, markersize=14, markeredgewidth=2)
    for name, jobs in plans.items():
        for number, begins in jobs:
            axes.barh(rows[name], work, left=begins, height=0.6, color=COLOURS[0], edgecolor="w")
            middle = begins + work / 2
            axes.text(middle, rows[name], str(number), color="w", ha="center", va="center")
    finish(axes, across="seconds", grid=False)
    axes.set_yticks([0, *rows.values()], ["requests", *rows])
    axes.set_ylim(-len(plans) - 0.6, 0.6)
    axes.set_xlim(left=min(asked) - 0.1)
    axes.spines["left"].set_visible(False)
    axes.tick_params(left=False)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure
