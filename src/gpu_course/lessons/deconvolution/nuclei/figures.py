"""Raw against deconvolved: every pair of scores, and the mean differences with their intervals."""

from typing import TYPE_CHECKING

from gpu_course.display.chart_styles import COLOURS, INK, QUIET
from gpu_course.display.charts import chart, finish
from gpu_course.display.figures import Panels

if TYPE_CHECKING:
    import pandas as pd

GOOD, BAD = COLOURS[:2]


def paired_chart(table: "pd.DataFrame", measure: str, *, alt: str) -> Panels:
    """Draw one line for each scene, from its raw value to its deconvolved one.

    A row for each exposure, a column for each microscope. Lines that rise are drawn solid and
    blue, others dashed and orange; the means are black diamonds.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`gpu_course.lessons.deconvolution.nuclei.study.compare`.
    measure : str
        One of its columns.
    alt : str
        What a reader who cannot see the chart should know.
    """
    columns, rows = (list(dict.fromkeys(table[name])) for name in ("microscope", "photons"))
    figure, all_axes = chart(len(rows), len(columns), alt=alt, height=2.2)
    places = [(photons, microscope) for photons in rows for microscope in columns]
    for (photons, microscope), axes in zip(places, all_axes, strict=True):
        part = table[(table.microscope == microscope) & (table.photons == photons)]
        pairs = part.pivot(index="scene", columns="method", values=measure)
        for raw, after in pairs[["raw", "deconvolved"]].to_numpy():
            colour, line = (GOOD, "-") if after > raw else (BAD, "--")
            axes.plot([0, 1], [raw, after], line, color=colour, linewidth=1, alpha=0.8)
        means = pairs[["raw", "deconvolved"]].mean()
        axes.plot([0, 1], means, "D-", color=INK, linewidth=2.5, markersize=7)
        axes.set(xlim=(-0.25, 1.25), ylim=(0, 1))
        axes.set_xticks([0, 1], ["raw", "deconvolved"])
        up = measure if microscope == columns[0] else ""
        finish(axes, up=up, title=f"{microscope}, {photons:g} photons", grid=False)
    return figure


def difference_chart(table: "pd.DataFrame", *, alt: str) -> Panels:
    """Draw the paired difference of every measure and condition with its interval.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`gpu_course.lessons.deconvolution.nuclei.study.differences`.
    alt : str
        What a reader who cannot see the chart should know.
    """
    measures = list(dict.fromkeys(table.measure))
    conditions = len(table) // len(measures)
    figure, all_axes = chart(len(measures), alt=alt, height=0.7 + 0.24 * conditions)
    marks = {"better": (GOOD, "o", GOOD), "worse": (BAD, "s", BAD)}
    for measure, axes in zip(measures, all_axes, strict=True):
        part = table[table.measure == measure]
        for height, row in enumerate(part.itertuples()):
            colour, mark, fill = marks.get(row.verdict, (INK, "o", "white"))
            axes.plot([row.low, row.high], [height, height], color=colour, linewidth=2)
            axes.plot(row.difference, height, mark, color=colour, markerfacecolor=fill)
        axes.axvline(0, color=QUIET, linewidth=1)
        names = [f"{row.microscope}, {row.photons:g}" for row in part.itertuples()]
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        reach = 1.15 * max(abs(part.low).max(), abs(part.high).max(), 0.05)
        axes.set_xlim(-reach, reach)
        finish(axes, title=measure, grid=False)
    all_axes[-1].set_xlabel("deconvolved minus raw", fontsize=10)
    return figure
