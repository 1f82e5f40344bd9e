"""The two charts of the chapter on benchmarking."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gpu_course.display.chart_styles import COLOURS, MARKS
from gpu_course.display.figures import Panels
from gpu_course.lessons.classical.benchmarking.roofline import Roofline

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def _axes(alt: str, height: float = 4.6) -> tuple[Panels, "Axes"]:
    """Return a figure with one pair of logarithmic axes."""
    # Narrow, with the legend below: on a phone the letters stay large enough to read.
    figure = Panels(figsize=(5.0, height), facecolor="white", layout="constrained")
    figure.alt = alt
    axes = figure.add_subplot()
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _legend(axes: "Axes") -> None:
    """Write the names below the chart, and the numbers at its left side plainly."""
    from matplotlib.ticker import FuncFormatter

    figure = axes.get_figure()
    assert figure is not None
    figure.legend(frameon=False, fontsize=10, loc="outside lower center", ncols=2)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def ratio_chart(edges: Sequence[int], ratios: Mapping[str, Sequence[float]], *, alt: str) -> Panels:
    """Draw how many times as fast the device is as the processor, over the size of the image.

    Parameters
    ----------
    edges : sequence of int
        Edges of the images, in pixels.
    ratios : mapping
        Name of the operation → processor's time over device's time, at each size.
    alt : str
        What a reader who cannot see the chart should know.
    """
    figure, axes = _axes(alt)
    pixels = np.square(np.asarray(edges, float))
    for i, (name, values) in enumerate(ratios.items()):
        axes.plot(
            pixels, values, color=COLOURS[i % 5], marker=MARKS[i % 5], linewidth=1.8, label=name
        )
    axes.axhline(1, color="black", linewidth=1.2)
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, 0.5), max(high, 2))
    axes.text(pixels[0], 1.06, "device faster ↑", fontsize=9.5, va="bottom")
    axes.text(pixels[0], 0.94, "processor faster ↓", fontsize=9.5, va="top")
    axes.set_xticks(pixels, [f"{edge}²" for edge in edges])
    axes.minorticks_off()
    axes.set_xlabel("pixels of the image")
    axes.set_ylabel("processor's time ÷ device's time")
    _legend(axes)
    return figure


def roofline_chart(
    limits: Roofline, points: Mapping[str, tuple[float, float]], *, alt: str
) -> Panels:
    """Draw the two limits of a device, and operations below them.

    Parameters
    ----------
    limits : Roofline
    points : mapping
        Name → (operations per byte, operations per second reached).
    alt : str
        What a reader who cannot see the chart should know.
    """
    figure, axes = _axes(alt, 5.2)
    intensities = [intensity for intensity, _ in points.values()]
    left, right = min([*intensities, limits.ridge]) / 4, max([*intensities, limits.ridge]) * 8
    across = np.geomspace(left, right, 200)
    roof = np.array([limits.attainable(x) for x in across]) / 1e9
    axes.plot(across, roof, color="black", linewidth=2)
    axes.text(left, limits.bandwidth * left / 1e9 * 12, "limit: memory", fontsize=10)
    axes.text(right, limits.rate / 1e9 * 1.1, "limit: arithmetic", fontsize=10, ha="right")
    for i, (name, (intensity, reached)) in enumerate(points.items()):
        axes.plot(
            [intensity] * 2, [reached / 1e9, limits.attainable(intensity) / 1e9],
            color=COLOURS[i % 5], linewidth=1, linestyle=":",
        )  # fmt: skip
        axes.plot(
            intensity, reached / 1e9, color=COLOURS[i % 5], marker=MARKS[i % 5], markersize=8,
            linestyle="none", label=name,
        )  # fmt: skip
    axes.set_ylim(top=limits.rate / 1e9 * 3)
    _legend(axes)
    axes.xaxis.set_major_formatter(axes.yaxis.get_major_formatter())
    axes.set_xlabel("operations per byte moved")
    axes.set_ylabel("thousand million operations / s")
    return figure
