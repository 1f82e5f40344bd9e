"""The error at the seams of chunks."""

from collections.abc import Mapping

from gpu_course.display.chart_styles import QUIET
from gpu_course.display.charts import chart, finish, style
from gpu_course.display.figures import Panels


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

    figure, (axes,) = chart(alt=alt, height=3.2)
    for number, (name, curve) in enumerate(curves.items()):
        look = style(number, dashes=True)
        axes.plot(list(curve), list(curve.values()), label=name, **look)
    axes.axhline(tolerance, color=QUIET, linewidth=1)
    right = max(max(curve) for curve in curves.values())
    axes.text(right, tolerance, f"tolerance {tolerance:g}", va="bottom", ha="right", fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    finish(axes, across="overlap in voxels", up="largest error at the seam", log=True)
    return figure
