"""Error and deviance over the iterations of a deconvolution."""

from collections.abc import Mapping

import numpy as np

from gpu_course.display.chart_styles import QUIET
from gpu_course.display.charts import chart, finish, style
from gpu_course.display.figures import Panels
from gpu_course.lessons.deconvolution.simulated_sphere.history import History


def error_chart(
    histories: Mapping[str, History], target: float, *, stops: Mapping[str, int], alt: str
) -> Panels:
    """Draw error and deviance over the iterations, one line for each way of deconvolving.

    `histories` is a name → what `watch` returned; `target` the deviance at which a rule stops,
    drawn as a level; `stops` a name → the iteration to mark, for as many as have one.
    """
    figure, (upper, lower) = chart(2, alt=alt)
    for number, (name, history) in enumerate(histories.items()):
        look = style(number, marks=False, dashes=True)
        steps = np.arange(1, len(history.error) + 1)
        for axes, values in ((upper, history.error), (lower, history.deviance)):
            axes.plot(steps, values, label=name, **look)
            if name in stops:
                at = stops[name] - 1
                axes.plot(
                    steps[at], values[at], "o", color=look["color"], markersize=8,
                    markerfacecolor="white", markeredgewidth=2,
                )  # fmt: skip
    lower.axhline(target, color=QUIET, linewidth=1)
    lower.text(1, target, "noise alone", fontsize=9, va="bottom")
    longest = max(len(history.error) for history in histories.values())
    ticks = [n for n in (1, 2, 5, 10, 20, 50, 100, 200) if n <= longest]
    for axes in (upper, lower):
        axes.set_xscale("log")
        axes.set_xticks(ticks, [str(n) for n in ticks])
        axes.minorticks_off()
    least = min(history.deviance.min() for history in histories.values())
    upper.set_ylim(0.2, 1.0)
    lower.set_ylim(min(least, target) - 0.01, target + 0.12)
    finish(upper, across="iteration", up="error (NRMSE)")
    finish(lower, across="iteration", up="deviance", legend=False)
    return figure
