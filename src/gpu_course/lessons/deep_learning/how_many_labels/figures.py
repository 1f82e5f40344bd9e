"""Charts of learning curves: the middle seed, and a band from the lowest to the highest one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from gpu_course.display import charts
from gpu_course.display.chart_styles import INK, QUIET
from gpu_course.display.figures import Panels
from gpu_course.lessons.deep_learning.how_many_labels.study import Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def learning_curves_figure(
    curves: Mapping[str, Mapping[str, Sequence[Point]]],
    trained: Mapping[str, Point],
    *,
    up: Mapping[str, str],
    alt: str,
) -> Panels:
    """Draw score over minutes of a person, one panel for each set, one below the other.

    `curves` is a set → method → points of its curve, `trained` a set → the single point of a
    network that was trained for long, `up` a set → what its score is. A number at each mark: the
    scenes learned from.
    """
    figure, panels = charts.chart(len(curves), alt=alt, height=2.9)
    for axes, (name, methods) in zip(panels, curves.items(), strict=True):
        highest = max(methods, key=lambda method: mean(p.score for p in methods[method]))
        for method, points in methods.items():
            line = charts.style(method)
            minutes = [point.minutes for point in points]
            axes.plot(minutes, [point.score for point in points], label=method, **line)
            _band(axes, minutes, [p.low for p in points], [p.high for p in points], line["color"])
            _scenes(axes, points, below=method != highest)
        if name in trained:
            far = trained[name]
            star = charts.style("deep learning") | {"marker": "*", "markersize": 12}
            star["linestyle"] = "none"
            axes.plot(far.minutes, far.score, label="trained for long", **star)
            _scenes(axes, [far], below=False)
        axes.set_ylim(-0.03, 1.08)
        _logarithmic(axes)
        axes.margins(x=0.08)
        charts.finish(axes, across="minutes of a person", up=up[name], title=name)
        axes.legend(frameon=False, fontsize=9, loc="best")
    return figure


def known_answer_figure(
    labels: ArrayLike, scores: ArrayLike, exact: ArrayLike, best: float, *, alt: str
) -> Panels:
    """Draw a few seeds of a learner whose learning curve is known, and that curve.

    `labels` are (n,), `scores` (seeds, n); `exact` (n,) is the mean over all seeds there could be,
    and `best` what no label brings more.
    """
    import numpy as np

    table = np.asarray(scores)
    figure, (axes,) = charts.chart(alt=alt)
    axes.axhline(best, color=QUIET, linewidth=1, label="best possible")
    axes.plot(labels, exact, color=INK, linewidth=1.2, linestyle="--", label="known mean")
    line = charts.style(0)
    axes.plot(labels, np.median(table, axis=0), label=f"{len(table)} seeds", **line)
    _band(axes, labels, table.min(axis=0), table.max(axis=0), line["color"])
    _logarithmic(axes)
    charts.finish(axes, across="labelled pixels of each class", up="share of pixels right")
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    return figure


def _band(axes: Axes, across: Any, low: Any, high: Any, colour: str) -> None:
    axes.fill_between(across, low, high, color=colour, alpha=0.15, linewidth=0)


def _scenes(axes: Axes, points: Sequence[Point], *, below: bool) -> None:
    """Write the number of scenes at each mark."""
    for point in points:
        axes.annotate(
            str(point.scenes), (point.minutes, point.score), fontsize=9, color=INK,
            ha="center", va="top" if below else "bottom",
            textcoords="offset points", xytext=(0, -6 if below else 6),
        )  # fmt: skip


def _logarithmic(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
