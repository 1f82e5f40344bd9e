"""Charts of the chapter: what blocks cost, and which thread did what when."""

from collections.abc import Sequence
from typing import Any

from gpu_course.display.chart_styles import QUIET
from gpu_course.display.charts import chart, finish, style
from gpu_course.display.figures import Panels
from gpu_course.scaling.traces import Span
from gpu_course.scaling.traces import trace_chart as spans_chart


def cost_chart(
    edges: Sequence[int], work: Sequence[float], time: Sequence[float], *, alt: str
) -> Panels:
    """Draw what blocks cost over their edge, beside what their overlap predicts.

    Parameters
    ----------
    edges : sequence of int
        Of the blocks, in voxels.
    work, time : sequence of float
        Voxels seen for each voxel of the volume, and time relative to the plain call.
    alt : str
        What a reader who cannot see the chart should know.
    """
    figure, (axes,) = chart(alt=alt)
    axes.plot(edges, work, label="voxels seen", **style(0, dashes=True))
    axes.plot(edges, time, label="time, measured", **style(1, dashes=True))
    axes.axhline(1, color=QUIET, linewidth=1)
    axes.set_xscale("log")
    axes.set_xticks(list(edges), [str(edge) for edge in edges])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    finish(axes, across="edge of a chunk in voxels", up="relative to one piece")
    return figure


def trace_chart(results: Sequence[Any], names: Sequence[str], *, alt: str) -> Panels:
    """Draw the scheduler's trace: a bar for every task, a row for every thread.

    Parameters
    ----------
    results : sequence
        Of ``dask.diagnostics.Profiler``: what each task was called, when it began and ended, and
        on which thread.
    names : sequence of str
        Beginnings of the names of the tasks that get a colour of their own; all others are grey.
    alt : str
        What a reader who cannot see the chart should know.
    """
    done = [
        Span(
            str(each.key[0] if isinstance(each.key, tuple) else each.key),
            str(each.worker_id),
            each.start_time,
            each.end_time,
        )
        for each in results
    ]
    return spans_chart(done, names, alt=alt, who="thread")
