"""Follow what the user chooses and does with layers: strokes stay with their image."""

from __future__ import annotations

from typing import Any

from napari.layers import Image, Labels
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from gpu_course.napari_plugin import reading
from gpu_course.napari_plugin.asking import Asking
from gpu_course.napari_plugin.layout import MOST_CHANNELS
from gpu_course.napari_plugin.listening import LayerEvents
from gpu_course.napari_plugin.panel import AXES
from gpu_course.napari_plugin.results import move
from gpu_course.napari_plugin.stage import Stage


class Choosing:
    """Connects layers and choosers.

    Parameters
    ----------
    stage : Stage
    asking : Asking
        What changes is predicted anew.
    owner : QWidget
        The timer goes with it.
    """

    def __init__(self, stage: Stage, asking: Asking, owner: QWidget) -> None:
        self._stage, self._asking = stage, asking
        self._events = LayerEvents(
            replaced=self._replaced,
            placed=self._placed,
            changed=asking.changed,
            moved=asking.moved,
            labelled=self._labelled,
            hidden=lambda event: stage.speak(),
        )
        asking.written_into = self._renewed
        # Layers often go together, one by one: only when all are gone is it clear what that means.
        self.settle = QTimer(owner)
        self.settle.setSingleShot(True)
        self.settle.setInterval(0)
        self.settle.timeout.connect(self._settled)
        panel = stage.panel
        panel.image.changed.connect(self._image_chosen)
        panel.scribbles.changed.connect(self._scribbles_chosen)
        panel.axes.activated.connect(self._axes_chosen)
        panel.classes.chosen.connect(self._class_chosen)
        panel.classes.renamed.connect(self._show_name)
        panel.classes.recoloured.connect(self._recoloured)
        panel.uncertainty.toggled.connect(self._uncertainty_toggled)
        panel.shown.valueChanged.connect(self._shown_changed)
        for box in panel.features.values():
            box.toggled.connect(asking.changed)
        panel.scales.editingFinished.connect(asking.changed)
        panel.trees.valueChanged.connect(asking.changed)
        panel.live.toggled.connect(asking.changed)
        for number in panel.object_settings.values():
            number.valueChanged.connect(lambda value: stage.speak())
        self._events.connect_view(stage.viewer)

    def find_strokes(self) -> None:
        """Let the strokes of a plugin that was closed belong to their images again."""
        viewer = self._stage.viewer
        for layer in reading.scribbles(viewer):
            for image in reading.images(viewer):
                if layer.metadata.get(reading.STROKES) == reading.bond(layer, image):
                    self._stage.session.choose(layer, image, ours=True)

    def look(self) -> None:
        """Look again which layers there are."""
        stage = self._stage
        stage.panel.renew_choices()
        images = reading.images(stage.viewer)
        self._events.watch(images)
        if images and stage.image is None:
            stage.panel.image.value = images[-1]
        present = set(stage.viewer.layers)
        stage.results = {i: r for i, r in stage.results.items() if i in present}
        self.settle.start()

    def _settled(self) -> None:
        """See what it means that layers went."""
        if self._asking.jobs.closed:
            return
        went = self._stage.session.sync(self._stage.viewer.layers)
        self._stage.lock()
        if self._stage.image is None:
            self._asking.stop()
        elif went:
            self._asking.moved()
        self._stage.speak()

    def _image_chosen(self, image: Image | None = None) -> None:
        """Show an image's own strokes, axes and sentence."""
        if self._asking.jobs.closed:
            return
        stage, panel = self._stage, self._stage.panel
        self._asking.stop()
        state = None if image is None else stage.session.state(image)
        with panel.scribbles.changed.blocked():
            panel.scribbles.reset_choices()
            own = None if state is None else state.scribbles
            # Layers that went together may not be looked at yet.
            panel.scribbles.value = own if own in panel.scribbles.choices else None
        panel.show_whole_names()
        self._show_axes()
        self._asking.speak_again()
        stage.speak()
        self._events.connect_layers(image, stage.scribbles)
        self._asking.changed()

    def _scribbles_chosen(self, layer: Labels | None = None) -> None:
        """Let these strokes belong to the image."""
        stage, image = self._stage, self._stage.image
        if self._asking.jobs.closed or image is None:
            return
        stage.session.choose(layer, image)
        stage.panel.show_whole_names()
        self._events.connect_layers(image, layer)
        if layer is not None:
            if layer.colormap is not stage.panel.classes.colormap():
                layer.colormap = stage.panel.classes.colormap()
            stage.panel.classes.mark(int(layer.selected_label))
            if layer.ndim == image.ndim and not reading.same_place(layer, image):
                stage.say(f"“{layer.name}” lies elsewhere than the image. Press New.", True)
        self._asking.changed()

    def _axes_chosen(self, row: int) -> None:
        if self._stage.image is not None:
            stage, choice = self._stage, list(AXES)[row]
            stage.session.state(stage.image).choice = choice
            if choice == "channels" and reading.layout(stage.image, choice).channel is None:
                stage.session.state(stage.image).choice = "planes"
                stage.say(f"No axis is short enough for channels: {MOST_CHANNELS} at most.", True)
            self._show_axes()
            stage.speak()
            self._asking.changed()

    def _show_axes(self) -> None:
        image = self._stage.image
        if image is not None:
            choice = self._stage.session.state(image).choice
            stack = len(reading.layout(image).site_axes) > 2
            if choice != "channels":
                choice = "volume" if reading.layout(image, choice).is_volume else "planes"
            self._stage.panel.show_axes(stack, choice)

    def _replaced(self, event: Any) -> None:
        self._renewed(event.source)

    def _renewed(self, image: Image) -> None:
        """Keep what was learned: strokes were painted on the pixels before."""
        self._stage.session.replaced(image)
        if image is self._stage.image:
            self._stage.lock()
            self._image_chosen(image)

    def _placed(self, event: Any = None) -> None:
        """Let layers follow their image."""
        stage, image = self._stage, self._stage.image
        if image is None:
            return
        if image in stage.results:
            stage.results[image].follow()
        for layer, one in stage.session.pairs(ours=True):
            if one is image and layer.ndim == image.ndim:
                move(layer, image)
        self._show_axes()
        self._asking.changed()

    def _labelled(self, event: Any = None) -> None:
        if self._stage.scribbles is not None:
            self._stage.panel.classes.mark(int(self._stage.scribbles.selected_label))

    def _class_chosen(self, number: int) -> None:
        layer = self._stage.scribbles
        if layer is not None:
            layer.selected_label = number
            layer.mode = "paint"
            self._stage.viewer.layers.selection.active = layer

    def _recoloured(self) -> None:
        colormap = self._stage.panel.classes.colormap()
        for layer, _ in self._stage.session.pairs():
            layer.colormap = colormap
        for results in self._stage.results.values():
            results.set_colormap(colormap)

    def _show_name(self) -> None:
        panel = self._stage.panel
        name = panel.classes.class_names().get(panel.shown.value(), "")
        panel.shown.setSuffix(f"  {name}" if name else "")

    def _shown_changed(self, number: int) -> None:
        self._show_name()
        for results in self._stage.results.values():
            results.show_class(number)
        self._stage.speak()

    def _uncertainty_toggled(self, wanted: bool) -> None:
        stage = self._stage
        if not wanted:
            for results in stage.results.values():
                results.hide_uncertainty()
        elif stage.image in stage.results:
            colormap = stage.panel.classes.colormap()
            stage.results[stage.image].prepare(colormap, uncertainty=True)
