"""The charts of the chapter: where forests draw a border, and named numbers as bars."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.display.chart_styles import COLOURS, INK
from gpu_course.display.charts import chart, finish, style
from gpu_course.display.figures import Panels


def borders(
    forests: Mapping[str, Any],
    points: NDArray[np.float32],
    labels: NDArray[np.integer[Any]],
    names: tuple[str, str],
    *,
    alt: str,
) -> Panels:
    """Draw where forests that know two features put the border between two classes.

    `forests` is a title → a fitted estimator with `predict_proba` for (n, 2) values; `points`,
    float32 (pixel, 2), are the two features of the painted pixels, `labels` (pixel,) their classes,
    1 or 2, and `names` those of the features.
    """
    from matplotlib.colors import LinearSegmentedColormap

    low, high = np.percentile(points, [0.5, 99.5], axis=0)
    room = 0.1 * (high - low)
    x, y = (np.linspace(low[i] - room[i], high[i] + room[i], 160) for i in (0, 1))
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)
    shades = LinearSegmentedColormap.from_list("two", [COLOURS[0], "white", COLOURS[1]])
    figure, panels = chart(len(forests), alt=alt, height=2.2)
    shown = np.random.default_rng(0).permutation(len(points))[:400]
    for axes, (title, forest) in zip(panels, forests.items(), strict=True):
        share = forest.predict_proba(grid)[:, 1].reshape(len(y), len(x))
        # Paler than the points, so that these stand out.
        axes.pcolormesh(x, y, 0.25 + 0.5 * share, cmap=shades, vmin=0, vmax=1, rasterized=True)
        for value, mark in ((1, "o"), (2, "^")):
            across, up = points[shown[labels[shown] == value]].T
            axes.scatter(
                across, up, s=11, c=COLOURS[value - 1], marker=mark, edgecolors=INK, linewidths=0.3
            )
        last = axes is panels[-1]
        finish(axes, across=names[0] if last else "", up=names[1], title=title, grid=False)
        axes.set(xlim=x[[0, -1]], ylim=y[[0, -1]])
    return figure


def bars(values: Mapping[str, float], *, across: str, alt: str) -> Panels:
    """Draw named numbers as bars, the first on top.

    Parameters
    ----------
    values : mapping
        Name → number.
    across : str
        What the numbers are.
    alt : str
        What a reader who cannot see the chart should know.
    """
    figure, (axes,) = chart(alt=alt, height=0.3 + 0.28 * len(values))
    names = list(values)[::-1]
    finish(axes, across=across)
    axes.barh(names, [values[name] for name in names], color=COLOURS[0])
    return figure


def strokes(dice: Mapping[str, Mapping[int, NDArray[np.float64]]], *, alt: str) -> Panels:
    """Draw Dice over the number of strokes: name of a line → number → Dice of each draw."""
    figure, (axes,) = chart(alt=alt)
    for number, (name, draws) in enumerate(dice.items()):
        line = style(number, marks=True)
        all_draws = np.array(list(draws.values()))
        axes.plot(list(draws), all_draws.mean(axis=1), label=name, **line)
        low, high = all_draws.min(axis=1), all_draws.max(axis=1)
        axes.fill_between(list(draws), low, high, color=line["color"], alpha=0.15, linewidth=0)
    finish(axes, across="strokes in each class", up="Dice on other scenes")
    axes.set_ylim(bottom=0)
    return figure
