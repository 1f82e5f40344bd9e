"""Chart of measured against labelled sizes."""

from collections.abc import Sequence

from gpu_course.display import charts
from gpu_course.display.chart_styles import QUIET
from gpu_course.display.figures import Panels


def sizes_figure(labelled: Sequence[float], measured: Sequence[float], *, alt: str) -> Panels:
    """Draw the measured against the labelled diameter of every image, with the line of equal sizes.

    Parameters
    ----------
    labelled, measured : sequence of float
        In pixels, in the same order.
    alt : str
        What a reader who cannot see the chart should know.

    Returns
    -------
    Panels
    """
    figure, (axes,) = charts.chart(alt=alt, height=3.6)
    ends = [min(*labelled, *measured) / 1.2, max(*labelled, *measured) * 1.2]
    axes.plot(ends, ends, color=QUIET, linewidth=1)
    axes.plot(labelled, measured, **(charts.style(0) | {"linestyle": "none"}))
    axes.set_xscale("log")
    axes.set_yscale("log")
    ticks = [10, 20, 40]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_yticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    charts.finish(axes, across="labelled diameter in pixels", up="measured diameter in pixels")
    return figure
