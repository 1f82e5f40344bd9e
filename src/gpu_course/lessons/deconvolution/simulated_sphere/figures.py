"""A deconvolution put to the test on a sphere: how far off it is, and when to stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from gpu_course.display import Panels
from gpu_course.lessons.deconvolution.simulated_sphere.watch import History

# Okabe and Ito's colours, dark to light, with a dash each: the lines part in grey print as well.
LINES: tuple[tuple[str, Any], ...] = (
    ("#000000", "-"),
    ("#0072b2", (0, (5, 1.5))),
    ("#d55e00", (0, (1.2, 1.2))),
    ("#7f3f78", (0, (6, 1.5, 1.2, 1.5))),
)


def error_chart(
    histories: Mapping[str, History], target: float, *, stops: Mapping[str, int], alt: str
) -> Panels:
    """Draw error and deviance over the iterations, one line for each way of deconvolving.

    Parameters
    ----------
    histories : mapping
        Name → what :func:`watch` returned.
    target : float
        Deviance at which a rule stops, drawn as a level.
    stops : mapping
        Name → iteration to mark, for as many of the names as have one.
    alt : str
        What a reader who cannot see the chart should know.
    """
    from gpu_course.display import Panels

    figure = Panels(figsize=(4.5, 5.6), facecolor="white", layout="constrained")
    figure.alt = alt
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.5, 1))
    for (name, history), (colour, dash) in zip(histories.items(), LINES, strict=False):
        steps = np.arange(1, len(history.error) + 1)
        for axes, values in ((upper, history.error), (lower, history.deviance)):
            axes.plot(steps, values, color=colour, linestyle=dash, linewidth=2, label=name)
            if name in stops:
                at = stops[name] - 1
                axes.plot(
                    steps[at], values[at], "o", color=colour, markersize=8, mfc="white", mew=2
                )
    lower.axhline(target, color="0.4", linewidth=1)
    lower.text(1, target, "noise alone", fontsize=11, va="bottom")
    upper.set(xscale="log", ylabel="error (NRMSE)", ylim=(0.2, 1.0))
    lower.set(xlabel="iteration", ylabel="deviance")
    spread = min(history.deviance.min() for history in histories.values())
    lower.set_ylim(min(spread, target) - 0.01, target + 0.12)
    ticks = [n for n in (1, 2, 5, 10, 20, 50, 100, 200) if n <= len(steps)]
    lower.set_xticks(ticks, [str(n) for n in ticks])
    lower.minorticks_off()
    for axes in (upper, lower):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.tick_params(labelsize=11)
        axes.xaxis.label.set_size(11)
        axes.yaxis.label.set_size(11)
    upper.legend(frameon=False, fontsize=11, loc="upper left", bbox_to_anchor=(0.1, 1.03))
    return figure
