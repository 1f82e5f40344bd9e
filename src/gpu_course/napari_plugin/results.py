"""The layers that show a prediction: made once beside their image, then updated in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.napari_plugin import reading
from gpu_course.napari_plugin.layout import Layout
from gpu_course.napari_plugin.reading import RESULT, place, result_of

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels, Layer

    from gpu_course.napari_plugin.requests import ObjectSettings, Ready


class Results:
    """The layers of classes, probability, uncertainty and objects that belong to one image layer.

    A layer that the user deleted is made anew when there is something to show, and one that was
    renamed keeps its name. Those of a plugin that was closed are gone on with: an old answer would
    else lie over the new one. The layer that the user works on stays the chosen one.

    Parameters
    ----------
    viewer : napari.Viewer
    image : napari.layers.Image
        All that places it in the world is copied, and followed when it changes.
    """

    def __init__(self, viewer: napari.Viewer, image: Image) -> None:
        self._viewer = viewer
        self._image = image
        self.classes: Labels | None = self._found("classes")
        self.probability: Image | None = self._found("probability")
        self.uncertainty: Image | None = self._found("uncertainty")
        self.objects: Labels | None = self._found("objects")
        self._forest: object = None
        # Of objects that were found here nobody knows what they were made from.
        self._made_from: object = "an earlier time" if self.objects is not None else None
        self._probabilities: dict[int, NDArray[np.float32]] = {}
        self._uncertain: NDArray[np.float32] | None = None
        self._layout: Layout | None = None
        self._shown_class = 2

    def layers(self) -> list[Layer]:
        """Return those that were made, the lowest first."""
        made = (self.probability, self.uncertainty, self.classes, self.objects)
        return [layer for layer in made if layer is not None]

    def prepare(
        self, colormap: Any, *, objects: bool = False, uncertainty: bool | None = None
    ) -> None:
        """Make the layers that are missing, still empty.

        A new layer costs napari a tenth of a second and more, in which the window stands still.
        Before the work begins, nobody minds.

        Parameters
        ----------
        colormap : napari colormap
            Of the classes.
        objects : bool
            Whether the layer of objects is wanted now.
        uncertainty : bool, optional
            Whether the layer of uncertainty is wanted.
        """
        shape = reading.shape(self._image)
        if self._gone(self.probability):
            self.probability = self._grey("probability", shape)
            self._insert(self.probability)
        if uncertainty and self._gone(self.uncertainty):
            self.uncertainty = self._grey("uncertainty", shape, colormap="magma", visible=True)
            self._insert(self.uncertainty)
            self._set_uncertainty()
        if self._gone(self.classes):
            self.classes = self._labels(
                "classes", np.zeros(shape, np.uint8), opacity=0.4, colormap=colormap
            )
            self._insert(self.classes)
        if self.classes is not None and self.classes.colormap is not colormap:
            self.classes.colormap = colormap
        if objects and self._gone(self.objects):
            self.objects = self._labels("objects", np.zeros(shape, np.uint16), opacity=0.7)
            self._insert(self.objects)

    def show(self, ready: Ready, layout: Layout) -> None:
        """Show these arrays from now on; write into them and call `refresh` to update."""
        self._layout, self._forest = layout, ready.forest
        self._probabilities = dict(zip(ready.known, ready.probabilities, strict=True))
        self._uncertain = ready.uncertainty
        self._set(self.classes, ready.classes)
        if self.classes is not None:
            # Who painted here would paint over the answer, and nothing would be learned.
            self.classes.editable = False
        self._set_probability()
        self._set_uncertainty()
        self.refresh()

    def show_class(self, number: int) -> None:
        """Let the probability layer show another class."""
        self._shown_class = number
        if self._probabilities:
            self._set_probability()

    def show_objects(self, labels: NDArray[np.int32], settings: ObjectSettings) -> None:
        """Show objects, numbered from 1, in a layer of their own."""
        # napari draws 16 bits as they are. For 32 it compiles code when they come first, and the
        # window stands still for a second or three.
        few = labels.max(initial=0) < 2**16
        self._set(self.objects, labels.astype(np.uint16) if few else labels)
        self._made_from = self._forest, settings

    def objects_are_old(self, settings: ObjectSettings) -> bool:
        """Return whether there are objects, made from another answer or with other settings."""
        there = self._made_from is not None and not self._gone(self.objects)
        return there and self._made_from != (self._forest, settings)

    def set_colormap(self, colormap: Any) -> None:
        """Show the classes in other colours."""
        if self.classes is not None and not self._gone(self.classes):
            self.classes.colormap = colormap

    def hide_uncertainty(self) -> None:
        """Take the layer of uncertainty away."""
        if self.uncertainty is not None and not self._gone(self.uncertainty):
            self._viewer.layers.remove(self.uncertainty)
        self.uncertainty = None

    def clear_objects(self) -> None:
        """Take objects back that no forest stands for any more."""
        self._made_from = None
        if self.objects is not None and not self._gone(self.objects) and self.objects.data.any():
            self.objects.data = np.zeros(self.objects.data.shape, np.uint16)

    def refresh(self) -> None:
        """Draw again what was written into the arrays."""
        for layer in (self.classes, self.probability, self.uncertainty):
            if layer is not None and not self._gone(layer):
                layer.refresh(extent=False, highlight=False)

    def follow(self) -> None:
        """Lie where the image lies now."""
        for layer in (self.classes, self.probability, self.uncertainty, self.objects):
            if layer is not None and not self._gone(layer) and layer.ndim == self._image.ndim:
                move(layer, self._image)

    def _found(self, what: str) -> Any:
        """Return the layer that an earlier plugin made for this, or None."""
        wanted = result_of(self._image, what)
        found = [layer for layer in self._viewer.layers if layer.metadata.get(RESULT) == wanted]
        return found[-1] if found else None

    def _gone(self, layer: Layer | None) -> bool:
        return layer is None or layer not in self._viewer.layers

    def _set(self, layer: Any, sites: NDArray[Any]) -> None:
        """Let a layer show an array of sites, if it does not yet."""
        if self._gone(layer):
            return
        spread = sites
        if self._layout is not None:
            spread = self._layout.spread(sites, reading.shape(self._image))
        same = layer.data.shape == spread.shape and np.shares_memory(layer.data, spread)
        if not same:
            layer.data = spread

    def _set_probability(self) -> None:
        if self._probabilities:
            some = next(iter(self._probabilities.values()))
            # A class that the forest does not know is nowhere.
            nowhere = np.broadcast_to(np.float32(0), some.shape)
            self._set(self.probability, self._probabilities.get(self._shown_class, nowhere))

    def _set_uncertainty(self) -> None:
        if self._uncertain is not None:
            self._set(self.uncertainty, self._uncertain)

    def _labels(self, what: str, data: NDArray[Any], **options: Any) -> Labels:
        from napari.layers import Labels

        options |= self._as_result(what)
        return Labels(data, name=f"{self._image.name} {what}", **options)

    def _grey(
        self,
        what: str,
        shape: tuple[int, ...],
        *,
        colormap: str = "viridis",
        visible: bool = False,
    ) -> Image:
        from napari.layers import Image

        return Image(
            np.zeros(shape, np.float32),
            name=f"{self._image.name} {what}",
            contrast_limits=(0, 1),
            colormap=colormap,
            visible=visible,
            rgb=False,
            **self._as_result(what),
        )

    def _as_result(self, what: str) -> dict[str, Any]:
        return {"metadata": {RESULT: result_of(self._image, what)}, **place(self._image)}

    def _insert(self, layer: Layer) -> None:
        """Put a layer above the image and its other results, so that strokes stay on top."""
        layers = self._viewer.layers
        chosen = layers.selection.active
        below = [self._image, self.probability, self.uncertainty, self.classes, self.objects]
        # Objects lie on all others, then classes: the order of `below`.
        below = below[: next(i for i, one in enumerate(below) if one is layer)]
        places = [layers.index(one) for one in below if one is not None and one in layers]
        layers.insert(max(places) + 1 if places else len(layers), layer)
        if chosen is not None:
            layers.selection.active = chosen


def move(layer: Layer, image: Layer) -> None:
    """Place a layer where an image lies."""
    for name, value in place(image).items():
        before = getattr(layer, name)
        if name == "affine":
            same = np.array_equal(before.affine_matrix, value.affine_matrix)
        elif name in ("units", "axis_labels"):
            same = before == value
        else:
            same = np.array_equal(before, value)
        if not same:
            setattr(layer, name, value)
