"""Helpers of the chapter ``deep-learning/labelling``: polygons, faults, hands that slip.

The hands are simulated: they see the truth, and make mistakes as people do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def dots_chart(rows: Mapping[str, Sequence[float]], x: str) -> Any:
    """Draw a row for each name with a mark for each run, and a line at the first row's mean.

    Parameters
    ----------
    rows : mapping
        Name → one score for each seed.
    x : str
        What the score is.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib import pyplot as plt

    from gpu_course.display.chart_styles import COLOURS, MARKS

    figure, axes = plt.subplots(figsize=(5, 0.8 + 0.36 * len(rows)), layout="constrained")
    for place, scores in enumerate(rows.values()):
        for score, colour, mark in zip(scores, COLOURS, MARKS, strict=False):
            axes.plot(score, place, mark, color=colour, markersize=7)
    axes.axvline(float(np.mean(next(iter(rows.values())))), color="0.6", linewidth=1, zorder=0)
    axes.set(xlabel=x, yticks=range(len(rows)), yticklabels=list(rows))
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)  # or the notebook would draw it a second time
    return figure
