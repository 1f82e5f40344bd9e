"""The beads of a slide with the verdict on each."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution.beads import USED, Bead
from gpu_course.display.chart_styles import COLOURS
from gpu_course.display.figures import Panels, show


def judged(
    stack: NDArray[Any], beads: Sequence[Bead], voxel_size: Sequence[float], *, alt: str
) -> Panels:
    """Draw the brightest value of a stack (z, y, x) along z, with the verdict on every bead.

    Beads are those of :func:`gpu_course.deconvolution.beads.find`, the voxel size is in µm. Grey
    values are drawn by their square root. A white square is a bead that is used; the others are
    crossed and say why not.
    """
    from matplotlib.patheffects import withStroke

    size = tuple(voxel_size)
    figure = show(np.sqrt(stack.max(axis=0)), voxel_size=size, width=5.5, alt=alt)
    axes = figure.axes[0]
    rim = [withStroke(linewidth=3, foreground="black")]
    named: list[tuple[str, float, float]] = []
    for bead in beads:
        y, x = bead.position[-2:]
        used = bead.verdict == USED
        axes.plot(
            x, y, marker="s" if used else "x", markersize=22 if used else 11,
            markerfacecolor="none", markeredgecolor="white" if used else COLOURS[1],
            markeredgewidth=1.8, path_effects=rim,
        )  # fmt: skip
        beside = (v == bead.verdict and abs(y - b) + abs(x - a) < 25 for v, b, a in named)
        if not used and not any(beside):  # two words on top of each other read like none
            named.append((bead.verdict, y, x))
            axes.annotate(
                bead.verdict, (x, y), (0, 8), textcoords="offset points", ha="center",
                fontsize=9.5, color="white", path_effects=rim,
            )  # fmt: skip
    return figure
