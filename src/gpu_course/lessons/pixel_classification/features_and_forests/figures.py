"""Look into features and forests: pictures, and two functions that the reader writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure
from gpu_course.lessons.pixel_classification.features_and_forests.validation import BLUE, ORANGE


def decision_figure(
    forests: dict[str, Any],
    points: NDArray[np.float32],
    labels: NDArray[np.integer[Any]],
    names: tuple[str, str],
) -> Figure:
    """Draw where forests that know two features put the border between two classes.

    Parameters
    ----------
    forests : dict
        Title → a fitted estimator with `predict_proba` for (n, 2) values.
    points : ndarray of float32 (pixel, 2)
        The two features of the painted pixels.
    labels : ndarray of int (pixel,)
        1 or 2.
    names : pair of str
        Of the features.

    Returns
    -------
    Figure
    """
    import matplotlib.pyplot as plt
    from matplotlib.colors import LinearSegmentedColormap

    low, high = np.percentile(points, [0.5, 99.5], axis=0)
    room = 0.1 * (high - low)
    x, y = (np.linspace(low[i] - room[i], high[i] + room[i], 160) for i in (0, 1))
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)
    shades = LinearSegmentedColormap.from_list("two", ["#7fb8d8", "#ffffff", "#f5d27a"])
    figure, panels = plt.subplots(
        1, len(forests), figsize=(7, 3), sharey=True, layout="constrained", squeeze=False
    )
    rng = np.random.default_rng(0)
    shown = rng.permutation(len(points))[:400]
    for panel, (title, forest) in zip(panels[0], forests.items(), strict=True):
        share = forest.predict_proba(grid)[:, 1].reshape(len(y), len(x))
        panel.pcolormesh(x, y, share, cmap=shades, vmin=0, vmax=1, rasterized=True)
        for value, colour, mark in ((1, BLUE, "o"), (2, ORANGE, "^")):
            chosen = shown[labels[shown] == value]
            panel.scatter(
                *points[chosen].T, s=11, c=colour, marker=mark, edgecolors="black", linewidths=0.3
            )
        panel.set(title=title, xlabel=names[0], xlim=x[[0, -1]], ylim=y[[0, -1]])
    panels[0, 0].set_ylabel(names[1])
    plt.close(figure)  # or the notebook would draw it a second time
    return figure


def bars_figure(values: dict[str, float], label: str) -> Figure:
    """Draw named numbers as bars, the first on top.

    Parameters
    ----------
    values : dict
        Name → number.
    label : str
        What the numbers are.

    Returns
    -------
    Figure
    """
    import matplotlib.pyplot as plt

    figure, panel = plt.subplots(figsize=(6, 0.4 + 0.28 * len(values)), layout="constrained")
    names = list(values)[::-1]
    panel.barh(names, [values[name] for name in names], color=BLUE)
    panel.set_xlabel(label)
    panel.spines[["top", "right"]].set_visible(False)
    plt.close(figure)  # or the notebook would draw it a second time
    return figure
