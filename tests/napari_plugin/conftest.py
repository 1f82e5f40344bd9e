"""A real napari window for the tests of the plugin."""

import time

import numpy as np
import pytest

from gpu_course import images, napari_view
from gpu_course.pixel_classification.painter import paint


class Window:
    """A viewer, and what a test does with it."""

    def __init__(self, viewer):
        self.viewer = viewer

    def wait(self, until, seconds=60):
        """Let the window live until something is true."""
        from qtpy.QtWidgets import QApplication

        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, "it never happened"
            QApplication.processEvents()
            time.sleep(0.005)

    def idle(self, widget):
        self.wait(lambda: not widget.busy)

    def turns(self, seconds=0.3):
        """Let the window live for a while."""
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > end)

    def open_plugin(self):
        """Choose the plugin in the menu, as a user does."""

        def entries(menu):
            for action in menu.actions():
                if action.menu() is not None:
                    yield from entries(action.menu())
                elif action.text():
                    yield action

        self.viewer.window.plugins_menu.aboutToShow.emit()
        found = [a for a in entries(self.viewer.window.plugins_menu) if "Pixel class" in a.text()]
        assert len(found) == 1
        found[0].trigger()
        from gpu_course.napari_plugin import PixelClassification

        widgets = [
            dict(self.viewer.window.dock_widgets)[name] for name in self.viewer.window.dock_widgets
        ]
        (widget,) = [w for w in widgets if isinstance(w, PixelClassification)]
        return widget

    def stroke(self, layer, pixels, label):
        """Paint one stroke with napari's own brush; it is one step of undo."""
        layer.brush_size = 1
        with layer.block_history():
            for pixel in np.argwhere(pixels):
                layer.paint(tuple(pixel), label, refresh=False)
        layer.refresh()


@pytest.fixture
def window():
    missing = napari_view.missing()
    if missing:
        pytest.skip(missing)
    import napari

    with napari_view.without_event_loop():
        viewer = napari.Viewer(show=True)
    viewer.window.resize(900, 600)
    made = Window(viewer)
    yield made
    if getattr(viewer.window, "_qt_window", None) is not None:
        viewer.close()
    made.turns(0.05)


@pytest.fixture
def heard():
    """Collect the sentences that napari shows to the user."""
    from napari.utils.notifications import notification_manager

    notification_manager.records.clear()
    yield lambda: [record.message for record in notification_manager.records]
    notification_manager.records.clear()


@pytest.fixture(scope="session")
def nuclei():
    return images.load("nuclei", split="train")


@pytest.fixture
def small(nuclei):
    """A corner of the nuclei with strokes: quick to predict."""
    part = nuclei.crop(slice(180, 308), slice(0, 150))
    return part, paint(part.labels > 0, strokes=3, seed=1, width=3, margin=1)
