"""What the comparing chapter needs: paired scores, what methods cost, and charts of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gpu_course.display.figures import Panels


def ladder(scores: Mapping[str, Mapping[str, Sequence[float]]]) -> Panels:
    """Draw the scores of every scene, joined from method to method, one panel above the other.

    Parameters
    ----------
    scores : mapping
        Title of the panel → method → one score for each scene, all in the same order.

    Returns
    -------
    Panels
        A matplotlib figure. Thin lines: scenes. Thick line with marks: the median.
    """
    from gpu_course.display.chart_styles import COLOURS
    from gpu_course.display.figures import Panels

    figure = Panels(figsize=(5.0, 0.2 + 2.3 * len(scores)), facecolor="white", layout="constrained")
    axes = np.ravel(figure.subplots(len(scores), 1))
    for ax, (title, methods) in zip(axes, scores.items(), strict=True):
        values = np.array(list(methods.values()), float)  # method, scene
        ax.plot(range(len(values)), values, color="0.6", linewidth=1)
        ax.plot(range(len(values)), np.median(values, axis=1), "o-", color=COLOURS[0], linewidth=3)
        ax.set_xticks(range(len(values)), list(methods), fontsize=10)
        ax.set_xlim(-0.35, len(values) - 0.65)
        ax.set_ylim(0, 1.03)
        ax.set_title(title, fontsize=11, loc="left")
        ax.grid(axis="y", color="0.9")
        ax.tick_params(labelsize=10)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
    return figure


def cost_figure(costs: Mapping[str, Mapping[str, float]]) -> Panels:
    """Draw minutes of a person and of a computer against the score reached.

    Parameters
    ----------
    costs : mapping
        ``"set: method"`` → ``{"score": …, "minutes": …}``, minutes of labelling and training.

    Returns
    -------
    Panels
        A matplotlib figure; minutes on a logarithmic axis, one line for each set.
    """
    from gpu_course.display.chart_styles import COLOURS, MARKS
    from gpu_course.display.figures import Panels

    figure = Panels(figsize=(5.0, 3.6), facecolor="white", layout="constrained")
    ax = figure.subplots()
    sets = list(dict.fromkeys(name.partition(": ")[0] for name in costs))
    for number, which in enumerate(sets):
        mine = {n: c for n, c in costs.items() if n.startswith(f"{which}: ")}
        minutes = [max(c["minutes"], 0.1) for c in mine.values()]
        values = [c["score"] for c in mine.values()]
        ax.plot(minutes, values, MARKS[number] + "-", color=COLOURS[number], label=which)
    ax.set_xscale("log")
    ax.set_ylim(0, 1.03)
    ax.set_xlabel("minutes of labelling and training", fontsize=11)
    ax.set_ylabel("score", fontsize=11)
    ax.tick_params(labelsize=10)
    ax.legend(frameon=False, fontsize=10, loc="lower right")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return figure
