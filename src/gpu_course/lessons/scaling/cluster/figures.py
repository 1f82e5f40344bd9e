"""Charts of the chapter: what a simulation foretold, and how a plan grows with the devices."""

from collections.abc import Mapping, Sequence

from gpu_course.display.chart_styles import INK, QUIET
from gpu_course.display.charts import chart, finish, style
from gpu_course.display.figures import Panels


def foretold_chart(
    foretold: Mapping[int, float],
    side_by_side: Mapping[int, float],
    measured: Mapping[int, float],
    *,
    alt: str,
) -> Panels:
    """Draw the time of a run over the number of workers, simulated and measured.

    Parameters
    ----------
    foretold, side_by_side, measured : mapping
        Workers → seconds: simulated from one worker, with the turns of so many, and by the clock.
    alt : str
        What a reader who cannot see the chart should know.
    """
    figure, (axes,) = chart(alt=alt)
    axes.plot(list(foretold), list(foretold.values()), label="simulated", **style(0, dashes=True))
    drawn = {**style(1), "linestyle": "none", "markersize": 9}
    hollow = {**style(0), "linestyle": "none", "markersize": 14, "markerfacecolor": "none"}
    own = "simulated, their own turns"
    axes.plot(list(side_by_side), list(side_by_side.values()), label=own, **hollow)
    axes.plot(list(measured), list(measured.values()), label="measured", **drawn)
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(foretold), [str(n) for n in foretold])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    finish(axes, across="workers", up="seconds")
    return figure


def plan_chart(
    devices: Sequence[int], days: Mapping[str, Sequence[float]], floor: float, *, alt: str
) -> Panels:
    """Draw days over devices, a line for each way to share the work, and the floor of the storage.

    `days` is a way → days for each number of devices; `floor` are those that the storage needs
    alone.
    """
    figure, (axes,) = chart(alt=alt)
    for number, (name, values) in enumerate(days.items()):
        axes.plot(devices, values, label=name, **style(number, dashes=True))
    axes.axhline(floor, color=QUIET, linewidth=2)
    axes.text(devices[0], floor, "storage alone", va="bottom", color=INK, fontsize=9)
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(devices), [str(n) for n in devices])
    finish(axes, across="devices", up="days", log=True)
    axes.minorticks_off()  # after the scale is set, which brings them
    return figure
