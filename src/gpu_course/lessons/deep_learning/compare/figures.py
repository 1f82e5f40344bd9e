"""Charts of the scores of every scene, and of medians with their intervals."""

from collections.abc import Mapping, Sequence

import numpy as np

from gpu_course.display import charts
from gpu_course.display.chart_styles import METHODS, QUIET
from gpu_course.display.figures import Panels
from gpu_course.metrics import protocol

OTHER = 3
"""The style of a method that has none of its own on all pages."""


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
        # Long names in two lines: four of them stand beside each other.
        names = [name.replace(", ", ",\n") for name in methods]
        axes.set_xticks(range(len(values)), names)
        axes.set(xlim=(-0.35, len(values) - 0.65), ylim=(0, 1.03))
        charts.finish(axes, title=title)
    return figure


def intervals(scores: Mapping[str, Mapping[str, Sequence[float]]], *, alt: str) -> Panels:
    """Draw the median over scenes of each method, and its 95 % interval, one panel for each set.

    Parameters
    ----------
    scores : mapping
        Title of the panel → method → one score for each scene.
    alt : str
        What a reader who cannot see the charts should know.

    Returns
    -------
    Panels
        Marks: medians. Bars: intervals; a single scene has none.
    """
    figure, panels = charts.chart(len(scores), alt=alt, height=1.35)
    for axes, (title, methods) in zip(panels, scores.items(), strict=True):
        for place, (method, values) in enumerate(methods.items()):
            style = charts.style(METHODS.get(method, OTHER)) | {"linestyle": "none"}
            one = protocol.interval(values)
            if len(values) > 1:
                axes.plot([one.low, one.high], [place, place], color=style["color"], linewidth=2)
            axes.plot(one.median, place, **style)
        axes.set_yticks(range(len(methods)), list(methods))
        # The first method stands above, as in the tables.
        axes.set(xlim=(0, 1.03), ylim=(len(methods) - 0.5, -0.5))
        charts.finish(axes, title=title)
    return figure
