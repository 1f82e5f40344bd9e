"""What the chapter on memory needs: its figures, a device that is full, and the solutions.

`stack_bytes` and `largest_patch` are the solutions of its exercises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gpu_course.deep_learning.memory import MIB, LayerCost, Memory

if TYPE_CHECKING:
    from gpu_course.display.figures import Panels


def parts_figure(needs: Mapping[int, Memory], layers: Sequence[LayerCost]) -> Panels:
    """Draw what grows with the batch, and which level of the network holds most.

    Parameters
    ----------
    needs : mapping
        Batch size → what it needs.
    layers : sequence of LayerCost
        As `memory.layers` returns them.

    Returns
    -------
    Panels
        A matplotlib figure.
    """
    from gpu_course.display.chart_styles import COLOURS
    from gpu_course.display.figures import Panels

    figure = Panels(figsize=(5.0, 5.2), facecolor="white", layout="constrained")
    above, below = figure.subplots(2, 1)
    names = [f"batch of {batch}" for batch in needs]
    fixed = [(need.total - need.activations) / MIB for need in needs.values()]
    grows = [need.activations / MIB for need in needs.values()]
    above.barh(names, fixed, color=COLOURS[1], label="weights, gradients, optimiser")
    above.barh(names, grows, left=fixed, color=COLOURS[0], hatch="//", edgecolor="white",
               label="activations")  # fmt: skip
    above.invert_yaxis()
    above.set_xlabel("MiB", fontsize=11)
    above.legend(frameon=False, fontsize=10)
    sides: dict[int, float] = {}
    for layer in layers:
        sides[layer.shape[-1]] = sides.get(layer.shape[-1], 0) + layer.result / MIB
    order = sorted(sides, reverse=True)
    below.barh([f"{side} × {side}" for side in order], [sides[side] for side in order],
               color=COLOURS[0], hatch="//", edgecolor="white")  # fmt: skip
    below.invert_yaxis()
    below.set_xlabel("MiB of results for one patch", fontsize=11)
    below.set_ylabel("maps of", fontsize=11)
    for ax in (above, below):
        ax.tick_params(labelsize=10)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
    return figure


def fits_figure(
    fits: Sequence[Sequence[int]], widths: Sequence[int], patches: Sequence[int]
) -> Panels:
    """Draw a table of largest batches as a map: the more fit, the darker.

    Parameters
    ----------
    fits : sequence of rows
        One for each width, one number for each patch.
    widths, patches : sequence of int

    Returns
    -------
    Panels
        A matplotlib figure.
    """
    import numpy as np

    from gpu_course.display.figures import Panels

    figure = Panels(figsize=(5.0, 3.2), facecolor="white", layout="constrained")
    ax = figure.subplots()
    values = np.asarray(fits)
    shade = np.log1p(values)
    ax.imshow(shade, cmap="cividis_r", aspect="auto")
    dark = shade > 0.55 * max(shade.max(), 1)
    for (row, column), number in np.ndenumerate(values):
        colour = "white" if dark[row, column] else "black"
        ax.text(column, row, str(number), ha="center", va="center", fontsize=11, color=colour)
    ax.set_xticks(range(len(patches)), [str(patch) for patch in patches], fontsize=10)
    ax.set_yticks(range(len(widths)), [str(width) for width in widths], fontsize=10)
    ax.set_xlabel("side of a patch, in pixels", fontsize=11)
    ax.set_ylabel("width of the network", fontsize=11)
    return figure
