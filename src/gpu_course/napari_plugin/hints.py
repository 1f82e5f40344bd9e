"""What a person should know of the image that is shown, as long as it is so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_course.napari_plugin import reading
from gpu_course.napari_plugin.layout import Choice, is_guess

if TYPE_CHECKING:
    import napari
    from napari.layers import Image


HIDING = {"opaque", "translucent", "translucent_no_depth"}
"""Kinds of blending with which a layer hides what lies below."""
GUESS = (
    "Its axes have no names, so the stack is read as a volume: if its planes are times or "
    "channels, say so under Axes."
)
OLD_OBJECTS = "The objects are of an earlier answer: press Objects again."


def known(viewer: napari.Viewer, image: Image, choice: Choice, *, old_objects: bool) -> str:
    """Return sentences on what may be taken for something else, or nothing.

    `image` is the layer that is chosen, `choice` what a person said of its axes, and `old_objects`
    whether its objects are of another answer than is shown.
    """
    said = []
    above = covering(viewer, image)
    if above:
        said.append(
            f"“{above}” lies over it, so you see another image than you paint on: hide one of them."
        )
    if not choice and is_guess(reading.layout(image), image.axis_labels):
        said.append(GUESS)
    if old_objects:
        said.append(OLD_OBJECTS)
    return " ".join(said)


def covering(viewer: napari.Viewer, image: Image) -> str:
    """Return the name of another image that hides this one, wholly or in part, or nothing."""
    layers = list(viewer.layers)
    # Before napari 0.9 the grid is the viewer's own.
    if image not in layers or getattr(viewer, "canvas", viewer).grid.enabled:
        return ""
    for layer in reading.images(viewer):
        higher = layers.index(layer) > layers.index(image)
        hides = layer.visible and layer.opacity > 0.5 and layer.blending in HIDING
        if higher and hides and _overlap(viewer, layer, image):
            return str(layer.name)
    return ""


def _overlap(viewer: napari.Viewer, one: Image, other: Image) -> bool:
    """Return whether two layers overlap along the axes that the window shows."""
    low, high = np.full((2, viewer.dims.ndim), -np.inf), np.full((2, viewer.dims.ndim), np.inf)
    for row, layer in enumerate((one, other)):
        ends = np.asarray(layer.extent.world)
        low[row, -layer.ndim :], high[row, -layer.ndim :] = ends
    shown = list(viewer.dims.displayed)
    return bool((low.max(axis=0) < high.min(axis=0))[shown].all())
