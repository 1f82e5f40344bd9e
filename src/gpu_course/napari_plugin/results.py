"""The layers that show a prediction: made once beside their image, then updated in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.napari_plugin import reading
from gpu_course.napari_plugin.layout import Layout
from gpu_course.napari_plugin.reading import RESULT, place

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels, Layer

    from gpu_course.napari_plugin.requests import Ready


class Results:
    """The layers of classes, probability, uncertainty and objects that belong to one image layer.

    A layer that the user deleted is made anew when there is something to show, and one that was
    renamed keeps its name. The layer that the user works on stays the chosen one.

    Parameters
    ----------
    viewer : napari.Viewer
    image : napari.layers.Image
        All that places it in the world is copied, and followed when it changes.
    """

    def __init__(self, viewer: napari.Viewer, image: Image) -> None:
        self._viewer = viewer
        self._image = image
        self.classes: Labels | None = None
        self.probability: Image | None = None
        self.uncertainty: Image | None = None
        self.objects: Labels | None = None
        self._probabilities: dict[int, NDArray[np.float32]] = {}
        self._uncertain: NDArray[np.float32] | None = None
        self._layout: Layout | None = None
        self._shown_class = 2

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
        if objects and self._gone(self.objects):
            self.objects = self._labels("objects", np.zeros(shape, np.int32), opacity=0.7)
            self._insert(self.objects)

    def show(self, ready: Ready, layout: Layout) -> None:
        """Show these arrays from now on; write into them and call `refresh` to update."""
        self._layout = layout
        self._probabilities = dict(zip(ready.known, ready.probabilities, strict=True))
        self._uncertain = ready.uncertainty
        self._set(self.classes, ready.classes)
        self._set_probability()
        self._set_uncertainty()
        self.refresh()

    def show_class(self, number: int) -> None:
        """Let the probability layer show another class."""
        self._shown_class = number
        if self._probabilities:
            self._set_probability()

    def show_objects(self, labels: NDArray[np.int32]) -> None:
        """Show objects, numbered from 1, in a layer of their own."""
        self._set(self.objects, labels)

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
        if self.objects is not None and not self._gone(self.objects) and self.objects.data.any():
            self.objects.data = np.zeros(self.objects.data.shape, np.int32)

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
            last = max(self._probabilities)
            chosen = self._probabilities.get(self._shown_class, self._probabilities[last])
            self._set(self.probability, chosen)

    def _set_uncertainty(self) -> None:
        if self._uncertain is not None:
            self._set(self.uncertainty, self._uncertain)

    def _labels(self, what: str, data: NDArray[Any], **options: Any) -> Labels:
        from napari.layers import Labels

        return Labels(data, name=f"{self._image.name} {what}", **options, **self._as_result())

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
            **self._as_result(),
        )

    def _as_result(self) -> dict[str, Any]:
        return {"metadata": {RESULT: True}, **place(self._image)}

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
