"""The charts of the chapter on nuclei: profiles, pairs, and differences with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.display import Panels

if TYPE_CHECKING:
    import pandas as pd

# Told apart by lightness and by mark as well as by colour. https://jfly.uni-koeln.de/color/
DARK, GOOD, BAD = "#222222", "#0072b2", "#d55e00"
STYLES = (("#999999", ":"), (BAD, "--"), (GOOD, "-"), (DARK, "-."))


def profile_chart(
    heights: NDArray[Any], profiles: Mapping[str, NDArray[Any]], *, alt: str
) -> Panels:
    """Draw lines of grey values along z, each stretched to a brightest value of 1.

    Parameters
    ----------
    heights : ndarray
        In µm.
    profiles : mapping of name → ndarray
    alt : str
        What a reader who cannot see the chart should know.
    """
    figure = Panels(figsize=(7.0, 2.8), facecolor="white", layout="constrained")
    figure.alt = alt
    axes = figure.subplots()
    for (name, values), (colour, line) in zip(profiles.items(), STYLES, strict=False):
        axes.plot(heights, values / values.max(), line, color=colour, linewidth=2, label=name)
    axes.set(xlabel="z (µm)", ylabel="brightness (largest = 1)", ylim=(0, 1.05))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=10, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def paired_chart(table: pd.DataFrame, measure: str, *, alt: str) -> Panels:
    """Draw one line for each scene, from its raw value to its deconvolved one.

    A row for each microscope, a column for each exposure. Lines that rise are drawn solid and
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
    rows, columns = (list(dict.fromkeys(table[name])) for name in ("microscope", "photons"))
    figure = Panels(figsize=(7.0, 0.5 + 2.2 * len(rows)), facecolor="white", layout="constrained")
    figure.alt = alt
    grid = figure.subplots(len(rows), len(columns), sharex=True, sharey=True, squeeze=False)
    for microscope, line_of_axes in zip(rows, grid, strict=True):
        for photons, axes in zip(columns, line_of_axes, strict=True):
            part = table[(table.microscope == microscope) & (table.photons == photons)]
            pairs = part.pivot(index="scene", columns="method", values=measure)
            for raw, after in pairs[["raw", "deconvolved"]].to_numpy():
                colour, line = (GOOD, "-") if after > raw else (BAD, "--")
                axes.plot([0, 1], [raw, after], line, color=colour, linewidth=1, alpha=0.8)
            means = pairs[["raw", "deconvolved"]].mean()
            axes.plot([0, 1], means, "D-", color=DARK, linewidth=2.5, markersize=7)
            axes.set(xlim=(-0.25, 1.25), xticks=[0, 1], ylim=(0, 1))
            axes.set_xticklabels(["raw", "deconv."], fontsize=10)
            axes.set_title(f"{microscope}, {photons:g} photons", fontsize=10)
            axes.spines[["top", "right"]].set_visible(False)
        line_of_axes[0].set_ylabel(measure, fontsize=10)
    return figure


def difference_chart(table: pd.DataFrame, *, alt: str) -> Panels:
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
    figure = Panels(figsize=(7.0, 1.2 + 0.62 * conditions), facecolor="white", layout="constrained")
    figure.alt = alt
    grid = figure.subplots(2, -(-len(measures) // 2), sharey=True, squeeze=False)
    marks = {"better": (GOOD, "o", GOOD), "worse": (BAD, "s", BAD)}
    for measure, axes in zip(measures, grid.ravel(), strict=False):
        part = table[table.measure == measure]
        for height, row in enumerate(part.itertuples()):
            colour, mark, fill = marks.get(row.verdict, (DARK, "o", "white"))
            axes.plot([row.low, row.high], [height, height], color=colour, linewidth=2)
            axes.plot(row.difference, height, mark, color=colour, markerfacecolor=fill)
        axes.axvline(0, color="0.5", linewidth=1)
        names = [f"{row.microscope}, {row.photons:g}" for row in part.itertuples()]
        axes.set_yticks(np.arange(len(names)), names, fontsize=10)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_title(measure, fontsize=10)
        axes.spines[["top", "right", "left"]].set_visible(False)
        reach = 1.15 * max(abs(part.low).max(), abs(part.high).max(), 0.05)
        axes.set_xlim(-reach, reach)
    figure.supxlabel("deconvolved minus raw", fontsize=10)
    return figure
