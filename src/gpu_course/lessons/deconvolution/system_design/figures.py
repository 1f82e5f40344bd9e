"""What a designed experiment and a sweep found."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gpu_course.display.chart_styles import QUIET
from gpu_course.display.charts import chart, finish, style
from gpu_course.display.figures import Panels

if TYPE_CHECKING:
    import pandas as pd


def main_effects_chart(design: "pd.DataFrame", errors: "pd.DataFrame", *, alt: str) -> Panels:
    """Draw the mean error at the low and at the high level of each factor.

    Parameters
    ----------
    design, errors : DataFrame
        As for :func:`gpu_course.lessons.deconvolution.system_design.experiment.effects`.
    alt : str
        What a reader who cannot see the chart should know.
    """
    figure, (axes,) = chart(alt=alt)
    error = errors.mean(axis=1)
    for place, name in enumerate(design):
        ends = [error[design[name] == sign].mean() for sign in (-1, 1)]
        axes.plot([place - 0.25, place + 0.25], ends, **style(0))
        for side, value, mark in zip((-0.25, 0.25), ends, "−+", strict=True):
            axes.annotate(
                mark, (place + side, value), (0, 7), textcoords="offset points",
                ha="center", fontsize=12,
            )  # fmt: skip
    axes.axhline(error.mean(), color=QUIET, linewidth=1, linestyle="--")
    axes.set_xticks(range(design.shape[1]), list(design))
    axes.margins(y=0.2)
    finish(axes, up="mean error (NRMSE)")
    return figure


def interaction_chart(
    design: "pd.DataFrame",
    errors: "pd.DataFrame",
    pairs: Sequence[tuple[str, str]],
    levels: Mapping[str, tuple[Any, Any]],
    *,
    alt: str,
) -> Panels:
    """Draw for pairs of factors how the effect of one depends on the other.

    `design` and `errors` are those of ``experiment.effects``. The first factor of a pair stands on
    the horizontal axis, the second has a line for each level; `levels` is a factor → (low, high),
    as they are written at the chart.
    """
    figure, all_axes = chart(len(pairs), alt=alt)
    error = errors.mean(axis=1)
    for axes, (first, second) in zip(all_axes, pairs, strict=True):
        for number, sign in enumerate((-1, 1)):
            means = [error[(design[first] == f) & (design[second] == sign)].mean() for f in (-1, 1)]
            name = f"{second} {levels[second][sign > 0]}"
            axes.plot([0, 1], means, label=name, **style(number, dashes=True))
        axes.set_xticks([0, 1], [str(level) for level in levels[first]])
        axes.set_xlim(-0.2, 1.2)
        finish(axes, across=first, up="mean error (NRMSE)")
    ends = [end for axes in all_axes for end in axes.get_ylim()]
    for axes in all_axes:
        axes.set_ylim(min(ends), max(ends))
    return figure


def weight_chart(
    weights: Sequence[float],
    errors: Mapping[str, Sequence[float]],
    chosen: float,
    *,
    alt: str,
) -> Panels:
    """Draw the error over the weight of a regularisation, the chosen weight marked.

    Weights ascend. They stand at equal distances: each is about twice the one before, but for 0.
    `errors` is the name of a scene → its error at each weight.
    """
    figure, (axes,) = chart(alt=alt, height=3.2)
    places = range(len(weights))
    for number, (name, values) in enumerate(errors.items()):
        axes.plot(places, list(values), label=name, **style(number, dashes=True))
    axes.axvline(list(weights).index(chosen), color=QUIET, linewidth=1, linestyle="--")
    axes.set_xticks(places, [f"{weight:g}" for weight in weights])
    finish(axes, across="weight of total variation", up="error (NRMSE)")
    return figure


def prediction_chart(
    measured: "pd.Series", predictions: "Mapping[str, pd.Series]", *, alt: str
) -> Panels:
    """Draw errors as they were predicted over errors as they were measured.

    Parameters
    ----------
    measured : Series
        One for each run.
    predictions : mapping
        Name of a way to predict → its Series.
    alt : str
        What a reader who cannot see the chart should know.
    """
    figure, (axes,) = chart(alt=alt, height=3.6)
    ends = [measured.min(), measured.max()]
    axes.plot(ends, ends, color=QUIET, linewidth=1, linestyle="--")
    for number, (name, predicted) in enumerate(predictions.items()):
        axes.plot(measured, predicted, label=name, **style(number) | {"linestyle": "none"})
    finish(axes, across="measured error (NRMSE)", up="predicted")
    return figure
