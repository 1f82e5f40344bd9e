"""The line charts of the chapters on convolution and point spread functions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gpu_course.devices import to_numpy
from gpu_course.display.chart_styles import COLOURS, MARKS
from gpu_course.display.figures import Panels, prefer_own_bundle


def curves(
    *panels: Mapping[str, tuple[Any, Any]],
    across: str | Sequence[str],
    up: str | Sequence[str],
    titles: Sequence[str] | None = None,
    log: bool | Sequence[bool] = False,
    marks: bool = False,
    alt: str | None = None,
) -> Panels:
    """Draw line charts, one below the other: side by side, a phone would make them too small.

    Parameters
    ----------
    *panels : mapping
        Of each chart: name of a line → its values across and up.
    across, up : str or one str for each chart
        What the axes show, with the unit.
    titles : sequence of str, optional
        One above each chart.
    log : bool, or one for each chart
        Whether the upward axis is logarithmic.
    marks : bool
        Whether each value gets a mark.
    alt : str, optional
        What a reader who cannot see the chart should know, stored with it.
    """
    from matplotlib.ticker import FuncFormatter

    n = len(panels)
    figure = Panels(figsize=(5.2, 0.3 + 2.9 * n), facecolor="white", layout="constrained")
    figure.alt = alt
    for i, (axes, lines) in enumerate(
        zip(np.atleast_1d(figure.subplots(n, 1)), panels, strict=True)
    ):
        for j, (name, (x, y)) in enumerate(lines.items()):
            axes.plot(
                to_numpy(x), to_numpy(y), label=name, linewidth=1.8, color=COLOURS[j % 5],
                linestyle=("-", "--", "-.", ":")[j % 4], marker=MARKS[j % 5] if marks else None,
                markersize=5,
            )  # fmt: skip
        if log if isinstance(log, bool) else log[i]:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.tick_params(labelsize=9)
        axes.set_xlabel(across if isinstance(across, str) else across[i], fontsize=10)
        axes.set_ylabel(up if isinstance(up, str) else up[i], fontsize=10)
        if titles:
            axes.set_title(titles[i], fontsize=10)
        if len(lines) > 1:
            axes.legend(frameon=False, fontsize=9)
    prefer_own_bundle()
    return figure
