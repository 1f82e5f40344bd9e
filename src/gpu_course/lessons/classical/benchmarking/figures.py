"""The two charts of the chapter: who is faster at which size, and how far below the roof."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gpu_course.classical.roofline import Roofline
from gpu_course.display.charts import chart, finish, style
from gpu_course.display.figures import Panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def _finish(figure: Panels, axes: "Axes", *, across: str, up: str) -> None:
    """Finish a chart with two logarithmic axes, the names below it."""
    finish(axes, across=across, up=up, log=True, legend=False)
    # Outside, where no line is; two columns, so that a phone has room for the letters.
    figure.legend(frameon=False, fontsize=10, loc="outside lower center", ncols=2)


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
    figure, (axes,) = chart(alt=alt, height=4.3)
    axes.set_xscale("log")
    axes.set_yscale("log")
    pixels = np.square(np.asarray(edges, float))
    for i, (name, values) in enumerate(ratios.items()):
        axes.plot(pixels, values, label=name, **style(i))
    axes.axhline(1, color="black", linewidth=1.2)
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, 0.5), max(high, 2))
    axes.text(pixels[0], 1.06, "device faster ↑", fontsize=9.5, va="bottom")
    axes.text(pixels[0], 0.94, "processor faster ↓", fontsize=9.5, va="top")
    _finish(figure, axes, across="pixels of the image", up="processor's time ÷ device's time")
    axes.set_xticks(pixels, [f"{edge}²" for edge in edges])
    low, high = axes.get_ylim()
    # Less than a power of ten would show the 1 alone; more than three have no room for all.
    steps = (1, 2, 5) if high / low < 1e3 else (1,)
    ratio_ticks = [step * 10.0**power for power in range(-6, 7) for step in steps]
    ratio_ticks = [tick for tick in ratio_ticks if low <= tick <= high]
    axes.set_yticks(ratio_ticks, [f"{tick:g}" for tick in ratio_ticks])
    axes.minorticks_off()
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
    figure, (axes,) = chart(alt=alt, height=4.9)
    axes.set_xscale("log")
    intensities = [intensity for intensity, _ in points.values()]
    left, right = min([*intensities, limits.ridge]) / 4, max([*intensities, limits.ridge]) * 8
    across = np.geomspace(left, right, 200)
    roof = np.array([limits.attainable(x) for x in across]) / 1e9
    axes.plot(across, roof, color="black", linewidth=2)
    axes.text(left, limits.bandwidth * left / 1e9 * 12, "limit: memory", fontsize=10)
    axes.text(right, limits.rate / 1e9 * 1.1, "limit: arithmetic", fontsize=10, ha="right")
    for i, (name, (intensity, reached)) in enumerate(points.items()):
        line = style(i)
        top = limits.attainable(intensity) / 1e9
        axes.plot(intensity, reached / 1e9, label=name, **line | {"linestyle": "none"})
        axes.vlines(intensity, reached / 1e9, top, color=line["color"], linestyle=":", linewidth=1)
    _finish(figure, axes, across="operations per byte moved", up="thousand million operations / s")
    axes.set_ylim(top=limits.rate / 1e9 * 3)
    axes.xaxis.set_major_formatter(axes.yaxis.get_major_formatter())
    return figure
