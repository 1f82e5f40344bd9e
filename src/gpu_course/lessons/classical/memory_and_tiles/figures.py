"""A chart of how a pipeline's memory rises and falls."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gpu_course.display.chart_styles import COLOURS
from gpu_course.display.charts import chart, finish
from gpu_course.display.figures import Panels

if TYPE_CHECKING:
    from gpu_course.classical.memory import Peak


def plot_history(peaks: Mapping[str, "Peak"], *, alt: str) -> Panels:
    """Draw the memory in use after each allocation and release, one chart for each pipeline.

    `peaks` is the name of a pipeline → what :func:`gpu_course.classical.memory.measure_peak`
    returned, all for one image; they are added to `alt`. The memory is in buffers, arrays of the
    image's shape in float32.
    """
    numbers = ", ".join(f"{name} {peak.buffers:.3g}" for name, peak in peaks.items())
    figure, every = chart(len(peaks), alt=f"{alt} Peaks in buffers: {numbers}.", height=1.8)
    top = max(peak.buffers for peak in peaks.values())
    use, limit = COLOURS[:2]
    for axes, (name, peak) in zip(every, peaks.items(), strict=True):
        one = peak.peak / peak.buffers
        values = [nbytes / one for nbytes in peak.history]
        axes.fill_between(range(len(values)), values, step="post", color=use, alpha=0.3)
        axes.step(range(len(values)), values, where="post", color=use, linewidth=1.2)
        axes.axhline(peak.buffers, color=limit, linewidth=1, linestyle="--")
        axes.text(0, peak.buffers, f" peak {peak.buffers:.3g}", va="bottom", color=limit)
        axes.set_ylim(0, 1.2 * top)  # the same for all, with room for the number
        finish(axes, up="buffers in use", title=name, grid=False)
    every[-1].set_xlabel("allocations and releases, in order")
    return figure
