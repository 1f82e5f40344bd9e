"""Charts of the scores of every scene, and of what a score cost."""

from collections.abc import Mapping, Sequence

import numpy as np

from gpu_course.display import charts
from gpu_course.display.chart_styles import QUIET
from gpu_course.display.figures import Panels


def ladder(scores: Mapping[str, Mapping[str, Sequence[float]]], *, alt: str) -> Panels:
    """Draw the scores of every scene, joined from method to method, one panel above the other.

    Parameters
    ----------
    scores : mapping
        Title of the panel → method → one score for each scene, all in the same order.
    alt : str
        What a reader who cannot see the charts should know.

    Returns
    -------
    Panels
        Thin lines: scenes. Thick line with marks: the median.
    """
    figure, panels = charts.chart(len(scores), alt=alt, height=2.3)
    for axes, (title, methods) in zip(panels, scores.items(), strict=True):
        values = np.array(list(methods.values()), float)  # method, scene
        axes.plot(range(len(values)), values, color=QUIET, linewidth=1)
        median = charts.style(0) | {"linewidth": 3}
        axes.plot(range(len(values)), np.median(values, axis=1), **median)
        axes.set_xticks(range(len(values)), list(methods))
        axes.set(xlim=(-0.35, len(values) - 0.65), ylim=(0, 1.03))
        charts.finish(axes, title=title)
    return figure


def cost_figure(costs: Mapping[str, Mapping[str, float]], *, alt: str) -> Panels:
    """Draw minutes of a person and of a computer against the score reached.

    Parameters
    ----------
    costs : mapping
        ``"set: method"`` → ``{"score": …, "minutes": …}``, minutes of labelling and training.
    alt : str
        What a reader who cannot see the chart should know.

    Returns
    -------
    Panels
        Minutes on a logarithmic axis, one line for each set.
    """
    figure, (axes,) = charts.chart(alt=alt, height=3.3)
    sets = list(dict.fromkeys(name.partition(": ")[0] for name in costs))
    for number, which in enumerate(sets):
        mine = [cost for name, cost in costs.items() if name.startswith(f"{which}: ")]
        # A logarithm knows no zero.
        minutes = [max(cost["minutes"], 0.1) for cost in mine]
        axes.plot(minutes, [cost["score"] for cost in mine], label=which, **charts.style(number))
    axes.set_xscale("log")
    axes.set_ylim(0, 1.03)
    charts.finish(axes, across="minutes of labelling and training", up="score")
    return figure
