"""Find out by a designed experiment which settings of a deconvolution matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from gpu_course.display import Panels


def main_effects_chart(design: pd.DataFrame, errors: pd.DataFrame, *, alt: str) -> Panels:
    """Draw the mean error at the low and at the high level of each factor.

    Parameters
    ----------
    design, errors : DataFrame
        As for :func:`effects`.
    alt : str
        What a reader who cannot see the chart should know.
    """
    figure, axes = _chart((4.5, 3.0), 1, alt)
    error = errors.mean(axis=1)
    for place, name in enumerate(design):
        ends = [error[design[name] == sign].mean() for sign in (-1, 1)]
        axes[0].plot([place - 0.25, place + 0.25], ends, "o-", color="#0072b2", lw=2, ms=7)
        for side, value, mark in zip((-0.25, 0.25), ends, "−+", strict=True):
            axes[0].annotate(
                mark, (place + side, value), (0, 7), textcoords="offset points",
                ha="center", fontsize=12,
            )  # fmt: skip
    axes[0].axhline(error.mean(), color="0.5", linewidth=1, linestyle="--")
    axes[0].set_xticks(range(design.shape[1]), list(design), fontsize=11)
    axes[0].set_ylabel("mean error (NRMSE)")
    axes[0].margins(y=0.2)
    return figure


def interaction_chart(
    design: pd.DataFrame,
    errors: pd.DataFrame,
    pairs: Sequence[tuple[str, str]],
    levels: Mapping[str, tuple[Any, Any]],
    *,
    alt: str,
) -> Panels:
    """Draw for pairs of factors how the effect of one depends on the other.

    Parameters
    ----------
    design, errors : DataFrame
        As for :func:`effects`.
    pairs : sequence of (name, name)
        The first stands on the horizontal axis, the second has a line for each level.
    levels : mapping
        Factor → (low, high), as they are written at the chart.
    alt : str
        What a reader who cannot see the chart should know.
    """
    figure, axes = _chart((4.5, 3.2), len(pairs), alt)
    error = errors.mean(axis=1)
    for panel, (first, second) in zip(axes, pairs, strict=True):
        for sign, colour, mark in ((-1, "#000000", "o-"), (1, "#d55e00", "s--")):
            means = [error[(design[first] == f) & (design[second] == sign)].mean() for f in (-1, 1)]
            name = f"{second} {levels[second][sign > 0]}"
            panel.plot([0, 1], means, mark, color=colour, lw=2, ms=7, label=name)
        panel.set_xticks([0, 1], [str(level) for level in levels[first]])
        panel.set_xlabel(first)
        panel.set_xlim(-0.2, 1.2)
        panel.legend(frameon=False, fontsize=11, loc="lower left", bbox_to_anchor=(0, 1))
    axes[0].set_ylabel("mean error (NRMSE)")
    return figure


def seam_chart(curves: Mapping[str, Mapping[int, float]], tolerance: float, *, alt: str) -> Panels:
    """Draw the error beside a seam over the overlap of the chunks.

    Parameters
    ----------
    curves : mapping
        Name → (overlap in voxels → error relative to the range).
    tolerance : float
        Drawn as a level.
    alt : str
        What a reader who cannot see the chart should know.
    """
    from matplotlib.ticker import MaxNLocator

    figure, axes = _chart((4.5, 3.4), 1, alt)
    looks = zip(("#000000", "#0072b2", "#d55e00"), ("o-", "s--", "^:"), strict=True)
    for (name, curve), (colour, mark) in zip(curves.items(), looks, strict=False):
        axes[0].plot(list(curve), list(curve.values()), mark, color=colour, lw=2, ms=6, label=name)
    axes[0].axhline(tolerance, color="0.4", linewidth=1)
    right = max(max(curve) for curve in curves.values())
    axes[0].text(right, tolerance, f"tolerance {tolerance:g}", va="bottom", ha="right", fontsize=11)
    axes[0].xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].set(yscale="log", xlabel="overlap in voxels", ylabel="largest error at the seam")
    axes[0].legend(frameon=False, fontsize=11)
    return figure


def _chart(size: tuple[float, float], panels: int, alt: str) -> tuple[Panels, list[Any]]:
    """Return a figure with panels side by side that share their vertical axis."""
    from gpu_course.display import Panels

    figure = Panels(figsize=size, facecolor="white", layout="constrained")
    figure.alt = alt
    axes = list(figure.subplots(1, panels, sharey=True, squeeze=False)[0])
    for panel in axes:
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(color="#dddddd", linewidth=0.6)
        panel.tick_params(labelsize=11)
        panel.xaxis.label.set_size(11)
        panel.yaxis.label.set_size(11)
    return figure, axes
