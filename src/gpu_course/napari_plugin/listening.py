"""Listen to those layers that are chosen now, and to no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gpu_course.napari_plugin.reading import PLACE, camera

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels

Callback = Callable[[Any], None]


class LayerEvents:
    """Connects what happens in layers and view to callbacks.

    `replaced`: an image has other pixels; its event names the layer as `source`. `placed`: the
    chosen image lies elsewhere, or its axes have other labels. `changed`: there are other strokes.
    `moved`: other pixels may be in view, or strokes were undone. `labelled`: another class is
    painted with. `hidden`: an image was hidden or shown.
    """

    def __init__(
        self,
        *,
        replaced: Callback,
        placed: Callback,
        changed: Callback,
        moved: Callback,
        labelled: Callback,
        hidden: Callback,
    ) -> None:
        self._replaced, self._placed, self._changed = replaced, placed, changed
        self._moved, self._labelled, self._hidden = moved, labelled, hidden
        self._connected: list[tuple[Any, Callback]] = []
        self._watched: list[Image] = []

    def connect_view(self, viewer: napari.Viewer) -> None:
        """Listen to camera and sliders."""
        for emitter in (
            camera(viewer).events,
            viewer.dims.events.current_step,
            viewer.dims.events.ndisplay,
        ):
            emitter.connect(self._moved)

    def watch(self, images: list[Image]) -> None:
        """Listen whether any of these gets other pixels: it may have strokes."""
        for gone in [image for image in self._watched if image not in images]:
            gone.events.data.disconnect(self._replaced)
            gone.events.visible.disconnect(self._hidden)
        for new in [image for image in images if image not in self._watched]:
            new.events.data.connect(self._replaced)
            new.events.visible.connect(self._hidden)
        self._watched = list(images)

    def connect_layers(self, image: Image | None, scribbles: Labels | None) -> None:
        """Listen to these layers instead of those before."""
        for emitter, callback in self._connected:
            emitter.disconnect(callback)
        self._connected = []
        if image is not None:
            self._connected += [(getattr(image.events, name), self._placed) for name in PLACE]
        if scribbles is not None:
            # Strokes report themselves; undo and edits by a script only draw the layer again.
            self._connected += [
                (scribbles.events.paint, self._changed),
                (scribbles.events.data, self._changed),
                (scribbles.events.set_data, self._moved),
                (scribbles.events.selected_label, self._labelled),
            ]
        for emitter, callback in self._connected:
            emitter.connect(callback)
