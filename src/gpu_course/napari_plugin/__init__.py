"""Pixel classification as a napari plugin: paint a few strokes, see the prediction live.

napari finds the widget through the manifest ``gpu_course/napari.yaml``. The modules, in the order
in which a stroke passes them: `widget` (the window asks), `worker` (newest request wins), `engine`
(features, forest, tiles; knows nothing of the window), `results` (the layers that show it).
"""

from typing import Any

__all__ = ["PixelClassification"]


def __getattr__(name: str) -> Any:
    # Qt is imported when the widget is asked for, so that the engine works without a window.
    if name == "PixelClassification":
        from gpu_course.napari_plugin.widget import PixelClassification

        return PixelClassification
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
