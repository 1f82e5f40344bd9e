"""The plugin's window: how long it does not answer while a whole image is predicted.

A clock in the window ticks every 5 ms. While the window is busy with something else, it does not,
and that is what a user feels as a stutter. The same work in the window's own thread is the
reference: what a plugin without a thread would do.
"""

from functools import partial
from typing import Any

import numpy as np

from benchmarks import timing as tables
from gpu_course import napari_view, sizes
from gpu_course.images.bees import simulate_bees
from gpu_course.pixel_classification import paint

PLUGIN, BLOCKING = "in its worker", "in the window's thread"
ROUNDS = 5
#: Seconds after which a prediction is given up.
LONGEST = 300


def opened(viewer: Any, edge: int) -> Any:
    """Return the plugin's widget, with an image, strokes, and a forest that learned from them."""
    image, labels = simulate_bees((edge, edge), seed=7)
    viewer.add_image(image, name="bees")
    _, widget = viewer.window.add_plugin_dock_widget("gpu-course", "Pixel classification")
    widget.new_scribbles()
    marks = paint(labels > 0, strokes=5, seed=1)
    where = np.nonzero(marks)
    widget.panel.scribbles.value.data_setitem(where, marks[where])
    napari_view.live(LONGEST, until=lambda: widget.engine.classifier is not None)
    napari_view.live(LONGEST, until=lambda: not widget.busy)
    return widget


def silences(widget: Any) -> dict[str, list[float]]:
    """Return the window's longest silences in each round, in seconds, by where the work is done.

    Each round has another forest, so that all is predicted anew.
    """
    found: dict[str, list[float]] = {PLUGIN: [], BLOCKING: []}
    image = widget.panel.image.value.data
    widget.panel.live.setChecked(False)
    for number in range(1, ROUNDS + 1):
        widget.panel.trees.setValue(100 + number)
        found[PLUGIN].append(
            napari_view.longest_silence(
                widget.predict_whole, LONGEST, until=lambda: not widget.busy
            )
        )
        work = partial(widget.engine.classifier.predict, image)
        found[BLOCKING].append(napari_view.longest_silence(work, 0.1))
    return found


def main() -> list[tables.Measured]:
    """Print the table and return it."""
    lacking = napari_view.missing()
    if lacking:
        print(f"No window here: {lacking}")
        return []
    import napari
    from qtpy.QtCore import QThreadPool

    edge = sizes.pick(small=256, laptop=1024, large=2048)
    with napari_view.without_event_loop():
        viewer = napari.Viewer(show=True)
    try:
        found = silences(opened(viewer, edge))
    finally:
        viewer.close()
        # A worker that outlives the program's last line would take the process down with it.
        if pool := QThreadPool.globalInstance():
            pool.waitForDone()
    rows = [
        tables.Row(
            f"{what} of {ROUNDS} rounds, {edge}²", {name: of(each) for name, each in found.items()}
        )
        for what, of in (("best", min), ("worst", max))
    ]
    note = "Another program that takes the processor can only lengthen a silence."
    measured = tables.Measured("The window's longest silence", BLOCKING, rows, [note])
    tables.show(measured)
    return [measured]
