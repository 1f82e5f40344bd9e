"""Listen to those layers that are chosen now, and to no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels


class LayerEvents:
    """Connects what happens in layers and view to three callbacks.

    Parameters
    ----------
    replaced : callable
        The image has other pixels.
    changed : callable
        There are other strokes.
    moved : callable
        Other pixels may be in view, or strokes were undone.
    """

    def __init__(
        self,
        *,
        replaced: Callable[[Any], None],
        changed: Callable[[Any], None],
        moved: Callable[[Any], None],
    ) -> None:
        self._replaced, self._changed, self._moved = replaced, changed, moved
        self._connected: list[tuple[Any, Callable[[Any], None]]] = []

    def connect_view(self, viewer: napari.Viewer) -> None:
        """Listen to camera and sliders."""
        # napari moved its camera into the scene with version 0.9.
        scene = getattr(viewer, "scene", None) or viewer
        for emitter in (
            scene.camera.events,
            viewer.dims.events.current_step,
            viewer.dims.events.ndisplay,
        ):
            emitter.connect(self._moved)

    def connect_layers(self, image: Image | None, scribbles: Labels | None) -> None:
        """Listen to these layers instead of those before."""
        for emitter, callback in self._connected:
            emitter.disconnect(callback)
        self._connected = []
        if image is not None:
            self._connected += [(image.events.data, self._replaced)]
        if scribbles is not None:
            # Strokes report themselves; undo and edits by a script only draw the layer again.
            self._connected += [
                (scribbles.events.paint, self._changed),
                (scribbles.events.data, self._changed),
                (scribbles.events.set_data, self._moved),
            ]
        for emitter, callback in self._connected:
            emitter.connect(callback)
