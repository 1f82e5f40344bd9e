"""Pixel classification as a napari plugin: paint a few strokes, see the prediction live.

napari finds the widget, and sample images, through the manifest ``gpu_course/napari.yaml``. The
modules, in the order in which a stroke passes them:

* `widget` and `stage` (what the user can do, and the state), with `panel`, `class_list`,
  `controls`, `sentences` and `hints` (what it looks like and says);
* `choosing` and `listening` (what happens to layers), `session` (which strokes belong to which
  image), `reading` and `layout` (what an image is, and where it lies);
* `asking` and `worker` (newest request wins), `requests` (what is asked and answered);
* `engine` (knows nothing of the window), with `forests` (what is learned from), `painted`,
  `feature_cache` and `tiles`;
* `results` (the layers that show it), `model_files`, `script`, `folder` and `folder_job`,
  `frame_objects`, `sample_data`.
"""

from typing import Any

__all__ = ["PixelClassification"]


def __getattr__(name: str) -> Any:
    # Qt is imported when the widget is asked for, so that the engine works without a window.
    if name == "PixelClassification":
        from gpu_course.napari_plugin.widget import PixelClassification

        return PixelClassification
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
