"""The layers that show a prediction: made once beside their image, then updated in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.napari_plugin.reading import RESULT, place

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels, Layer


class Results:
    """The layers of classes, probability and objects that belong to one image layer.

    A layer that the user deleted is made anew when there is something to show, and one that was
    renamed keeps its name. The layer that the user works on stays the chosen one.

    Parameters
    ----------
    viewer : napari.Viewer
    image : napari.layers.Image
        Its place in the world (scale, translation, rotation, shear) is copied.
    """

    def __init__(self, viewer: napari.Viewer, image: Image) -> None:
        self._viewer = viewer
        self._image = image
        self.classes: Labels | None = None
        self.probability: Image | None = None
        self.objects: Labels | None = None
        self._probabilities: dict[int, NDArray[np.float32]] = {}
        self._shown_class = 2

    def prepare(self, shape: tuple[int, ...], *, objects: bool = False) -> None:
        """Make the layers that are missing, still empty.

        A new layer costs napari a tenth of a second and more, in which the window stands still.
        Before the work begins, nobody minds.
        """
        if self._gone(self.classes):
            self.classes = self._labels("classes", np.zeros(shape, np.uint8), opacity=0.4)
            self._insert(self.classes)
        if self._gone(self.probability):
            self.probability = self._grey("probability", np.zeros(shape, np.float32))
            self._insert(self.probability)
        if objects and self._gone(self.objects):
            self.objects = self._labels("objects", np.zeros(shape, np.int32), opacity=0.7)
            self._insert(self.objects)

    def show(
        self, classes: NDArray[np.uint8], probabilities: dict[int, NDArray[np.float32]]
    ) -> None:
        """Show these arrays from now on; write into them and call `refresh` to update.

        Parameters
        ----------
        classes : ndarray of uint8 (Y, X) or (Z, Y, X)
            0 where nothing was predicted yet, else the class.
        probabilities : dict of int to ndarray of float32 (Y, X) or (Z, Y, X)
            One for each class.
        """
        self._probabilities = probabilities
        self.prepare(classes.shape)
        assert self.classes is not None
        if self.classes.data is not classes:
            self.classes.data = classes
        self._set_probability()
        self.refresh()

    def show_class(self, number: int) -> None:
        """Let the probability layer show another class."""
        self._shown_class = number
        if self._probabilities:
            self._set_probability()

    def show_objects(self, labels: NDArray[np.int32]) -> None:
        """Show objects, numbered from 1, in a layer of their own."""
        self.prepare(labels.shape, objects=True)
        assert self.objects is not None
        self.objects.data = labels

    def refresh(self) -> None:
        """Draw again what was written into the arrays."""
        for layer in (self.classes, self.probability):
            if not self._gone(layer):
                layer.refresh(extent=False, highlight=False)  # type: ignore[union-attr]

    def _gone(self, layer: Any) -> bool:
        return layer is None or layer not in self._viewer.layers

    def _chosen(self) -> NDArray[np.float32]:
        last = max(self._probabilities)
        return self._probabilities.get(self._shown_class, self._probabilities[last])

    def _set_probability(self) -> None:
        layer, chosen = self.probability, self._chosen()
        if self._gone(layer):
            return
        assert layer is not None
        same = layer.data.shape == chosen.shape and np.shares_memory(layer.data, chosen)
        if not same:
            layer.data = chosen

    def _labels(self, what: str, data: NDArray[Any], opacity: float) -> Labels:
        from napari.layers import Labels

        name = f"{self._image.name} {what}"
        return Labels(data, name=name, opacity=opacity, **self._as_result())

    def _grey(self, what: str, data: NDArray[np.float32]) -> Image:
        from napari.layers import Image

        return Image(
            data,
            name=f"{self._image.name} {what}",
            contrast_limits=(0, 1),
            colormap="viridis",
            visible=False,
            rgb=False,
            **self._as_result(),
        )

    def _as_result(self) -> dict[str, Any]:
        return {"metadata": {RESULT: True}, **place(self._image)}

    def _insert(self, layer: Layer) -> None:
        """Put a layer just above the image, so that strokes stay on top."""
        layers = self._viewer.layers
        chosen = layers.selection.active
        position = layers.index(self._image) + 1 if self._image in layers else len(layers)
        layers.insert(position, layer)
        if chosen is not None:
            layers.selection.active = chosen
