"""The chart of ``deep-learning/labelling``: what spoilt labels cost."""

from collections.abc import Mapping, Sequence

import numpy as np

from gpu_course.display.chart_styles import QUIET
from gpu_course.display.charts import chart, finish, style
from gpu_course.display.figures import Panels


def dots_chart(rows: Mapping[str, Sequence[float]], across: str, *, alt: str) -> Panels:
    """Draw a row for each name with a mark for each run, and a line at the first row's mean.

    Parameters
    ----------
    rows : mapping
        Name → one score for each seed.
    across : str
        What the score is.
    alt : str
        What a reader who cannot see the chart should know.
    """
    figure, (axes,) = chart(alt=alt, height=0.5 + 0.36 * len(rows))
    axes.axvline(float(np.mean(next(iter(rows.values())))), color=QUIET, linewidth=1, zorder=0)
    for place, scores in enumerate(rows.values()):
        for seed, score in enumerate(scores):
            axes.plot(score, place, **style(seed))
    axes.set_yticks(range(len(rows)), list(rows))
    axes.invert_yaxis()
    finish(axes, across=across)
    return figure
