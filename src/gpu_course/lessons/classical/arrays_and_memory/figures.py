"""A picture of how a pipeline's memory rises and falls."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpu_course.classical.memory import Peak
    from gpu_course.display import Panels


def plot_history(peaks: Mapping[str, "Peak"]) -> "Panels":
    """Draw the memory in use after each allocation and release, one panel for each pipeline.

    Parameters
    ----------
    peaks : mapping
        Name of a pipeline → what :func:`gpu_course.classical.memory.measure_peak`
        returned, for the same image.

    Returns
    -------
    Panels
        A figure; the memory is in buffers, arrays of the image's shape in float32.
    """
    from gpu_course.display import Panels

    # One below the other: side by side, the letters would be too small on a phone.
    figure = Panels(figsize=(5.0, 0.6 + 1.7 * len(peaks)), facecolor="white", layout="constrained")
    top = max(peak.buffers for peak in peaks.values())
    shared = None
    for position, (name, peak) in enumerate(peaks.items(), start=1):
        axes = figure.add_subplot(len(peaks), 1, position, sharey=shared)
        shared = shared or axes
        one = peak.peak / peak.buffers
        values = [nbytes / one for nbytes in peak.history]
        axes.fill_between(range(len(values)), values, step="post", color="#9ecae1")
        axes.step(range(len(values)), values, where="post", color="#08519c", linewidth=1.2)
        axes.axhline(peak.buffers, color="#b30000", linewidth=1, linestyle="--")
        axes.text(0, peak.buffers, f" peak {peak.buffers:.3g}", va="bottom", color="#b30000")
        axes.set_title(name, fontsize=10)
        axes.set_ylim(0, 1.15 * top)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_ylabel("buffers in use")
    axes.set_xlabel("allocations and releases, in order")
    figure.alt = "Memory in use over the course of a pipeline: " + "; ".join(
        f"{name}, peak {peak.buffers:.3g} buffers" for name, peak in peaks.items()
    )
    return figure
