"""A chart of what lies in memory, by the size of the batch and by level of the network."""

from collections.abc import Mapping, Sequence

from gpu_course.deep_learning.memory import MIB, LayerCost, Memory
from gpu_course.display import charts
from gpu_course.display.chart_styles import COLOURS
from gpu_course.display.figures import Panels


def parts_figure(needs: Mapping[int, Memory], layers: Sequence[LayerCost], *, alt: str) -> Panels:
    """Draw what grows with the batch, and which level of the network holds most.

    Parameters
    ----------
    needs : mapping
        Batch size → what it needs.
    layers : sequence of LayerCost
        As `memory.layers` returns them.
    alt : str
        What a reader who cannot see the charts should know.
    """
    figure, (above, below) = charts.chart(2, alt=alt, height=2.5)
    names = [f"batch of {batch}" for batch in needs]
    fixed = [(need.total - need.activations) / MIB for need in needs.values()]
    grows = [need.activations / MIB for need in needs.values()]
    above.barh(names, fixed, color=COLOURS[1], label="weights, gradients, optimiser")
    above.barh(names, grows, left=fixed, color=COLOURS[0], hatch="//", edgecolor="white",
               label="activations")  # fmt: skip
    charts.finish(above, across="MiB", grid=False)
    sides: dict[int, float] = {}
    for layer in layers:
        sides[layer.shape[-1]] = sides.get(layer.shape[-1], 0) + layer.result / MIB
    order = sorted(sides, reverse=True)
    below.barh([f"{side} × {side}" for side in order], [sides[side] for side in order],
               color=COLOURS[0], hatch="//", edgecolor="white")  # fmt: skip
    charts.finish(below, across="MiB of results for one patch", up="maps of", grid=False)
    for axes in (above, below):
        axes.invert_yaxis()
    return figure
