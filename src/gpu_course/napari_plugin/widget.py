"""The plugin's widget: it reads the window, asks the engine, and shows what comes back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from napari.qt.threading import create_worker
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QFileDialog, QVBoxLayout, QWidget

from gpu_course.errors import CourseError
from gpu_course.napari_plugin import script
from gpu_course.napari_plugin.engine import (
    SEED,
    Engine,
    Objects,
    Predicted,
    Ready,
    Request,
    warm_up,
)
from gpu_course.napari_plugin.panel import Panel
from gpu_course.napari_plugin.results import Results
from gpu_course.napari_plugin.tiles import visible
from gpu_course.napari_plugin.worker import Latest

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels

Goal = Literal["view", "whole", "objects"]
REDRAW = 60
"""Milliseconds between two updates of the layers while tiles come in."""

FILES = "Pixel classifier (*.npz)"


class PixelClassification(QWidget):
    """Paint a few strokes of each class, and see every pixel classified while you paint.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The window's viewer. napari hands it over, by the parameter's name.

    Attributes
    ----------
    panel : Panel
        The controls.
    engine : Engine
        What computes; `engine.classifier` is the newest classifier.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._results: dict[Image, Results] = {}
        self._watched: list[tuple[Any, Any]] = []
        self._revision = 0
        self._goal: Goal = "view"
        self._model_file = ""
        self._painted: dict[int, int] | None = None
        self.engine = Engine()
        self.panel = Panel(self._image_layers, self._scribble_layers)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        self._jobs: Latest[Request] = Latest(
            self.engine.run,
            on_step=self._show,
            on_error=self._complain,
            on_begin=self._begin,
            on_idle=self._idle,
        )
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REDRAW)
        self._redraw.timeout.connect(self._draw)
        # When the window goes, Qt deletes this widget; what is under way must not call it back.
        self.destroyed.connect(partial(Latest.close, self._jobs))
        self._connect()
        self.reset_choices()
        create_worker(warm_up, _start_thread=True)

    @property
    def busy(self) -> bool:
        """Whether work is under way, or waits for a calm moment."""
        return self._jobs.busy

    # --- what the user can do; each is a button, and can be called from a script ---

    def new_scribbles(self) -> None:
        """Add an empty layer to paint on, which lies exactly on the image."""
        image = self._image()
        if image is None:
            return self._say("Choose an image first; open one with File, or drag it here.", True)
        from napari.layers import Labels

        place = {n: getattr(image, n) for n in ("scale", "translate", "rotate", "shear", "units")}
        empty = np.zeros(_spatial_shape(image), np.uint8)
        layer = Labels(empty, name="scribbles", **place)
        layer.brush_size = 6
        self._viewer.layers.append(layer)
        layer.mode = "paint"
        self.panel.scribbles.value = layer
        self._say("Paint with label 1, press M for the next label, and paint with 2.")

    def predict_view(self) -> None:
        """Predict what the window shows, now."""
        self._ask("view", asked=True)

    def predict_whole(self) -> None:
        """Predict every pixel of the image."""
        self._ask("whole", asked=True)

    def make_objects(self) -> None:
        """Predict the whole image and number the objects of the class shown."""
        self._ask("objects", asked=True)

    def cancel(self) -> None:
        """Stop what is under way; what was predicted stays."""
        self._goal = "view"
        self._jobs.cancel()
        self._say("Cancelled.")

    def save(self, path: str | Path = "") -> None:
        """Write forest and settings to a file, and ask for its name if none is given."""
        if self.engine.classifier is None:
            return self._say("There is no model yet. Paint a stroke of each class first.", True)
        path = path or QFileDialog.getSaveFileName(self, "Save model", "model.npz", FILES)[0]
        if not path:
            return None
        try:
            self.engine.classifier.save(path)
        except (CourseError, OSError) as error:
            return self._say(f"The model could not be saved: {error}", True)
        return self._say(f"Saved {Path(path).name}.")

    def load(self, path: str | Path = "") -> None:
        """Read a model file and predict with it, until the strokes change."""
        path = path or QFileDialog.getOpenFileName(self, "Load model", "", FILES)[0]
        if not path:
            return None
        from gpu_course.pixel_classification.classifier import PixelClassifier

        try:
            classifier = PixelClassifier.load(path)
        except (CourseError, OSError) as error:
            return self._say(str(error), True)
        self._jobs.cancel()
        self.panel.show_recipe(classifier.recipe, classifier.trees)
        self.engine.adopt(classifier)
        self._model_file = str(path)
        self._say(f"Loaded {Path(path).name}.")
        if self._image() is not None:
            self._ask("view")
        return None

    def script(self) -> str:
        """Return a script that computes again what is shown.

        Raises
        ------
        CourseError
            If no image is chosen, or there is nothing to learn from.
        """
        image, scribbles = self._image(), self._scribbles()
        if image is None:
            raise CourseError("Choose an image first.")
        if self._model_file and self.engine.adopted:
            return script.loaded(image.name, self._model_file, levels=image.multiscale)
        if scribbles is None:
            raise CourseError("Choose scribbles or load a model first.")
        return script.fitted(
            image.name,
            scribbles.name,
            recipe=self._recipe(image),
            trees=self.panel.trees.value(),
            seed=SEED,
            levels=image.multiscale,
        )

    def copy_script(self) -> None:
        """Put the script on the clipboard."""
        try:
            text = self.script()
        except CourseError as error:
            return self._say(str(error), True)
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(text)
        return self._say("The script is on the clipboard: paste it into an editor.")

    def reset_choices(self, event: Any = None) -> None:
        """Look again which layers there are; napari calls this when they change."""
        if self._jobs.closed:
            return
        for box in (self.panel.image, self.panel.scribbles):
            _keep_choice(box)
        images = self._image_layers()
        if images and self.panel.image.value is None:
            self.panel.image.value = images[-1]
        present = set(self._viewer.layers)
        self._results = {i: r for i, r in self._results.items() if i in present}

    # --- what the window says ---

    def _connect(self) -> None:
        panel = self.panel
        panel.image.changed.connect(self._choice_changed)
        panel.scribbles.changed.connect(self._choice_changed)
        for button, action in (
            (panel.new, self.new_scribbles),
            (panel.view, self.predict_view),
            (panel.whole, self.predict_whole),
            (panel.objects, self.make_objects),
            (panel.stop, self.cancel),
            (panel.save, self.save),
            (panel.load, self.load),
            (panel.copy, self.copy_script),
        ):
            # Qt would hand over whether the button is down, as a first argument.
            button.clicked.connect(lambda _=False, action=action: action())
        panel.shown.valueChanged.connect(self._shown_changed)
        for box in panel.features.values():
            box.toggled.connect(self._changed)
        panel.scales.editingFinished.connect(self._changed)
        panel.trees.valueChanged.connect(self._changed)
        panel.live.toggled.connect(self._changed)
        # napari moved its camera into the scene with version 0.9.
        scene = getattr(self._viewer, "scene", None) or self._viewer
        scene.camera.events.connect(self._moved)
        self._viewer.dims.events.current_step.connect(self._moved)
        self._viewer.dims.events.ndisplay.connect(self._moved)

    def _choice_changed(self, layer: Any = None) -> None:
        """Listen to the layers chosen now, and to no other."""
        if self._jobs.closed:
            return
        for emitter, callback in self._watched:
            emitter.disconnect(callback)
        image, scribbles = self._image(), self._scribbles()
        self._watched = []
        if image is not None:
            self._watched += [(image.events.data, self._image_replaced)]
        if scribbles is not None:
            # Strokes report themselves; undo and edits by a script only draw the layer again.
            self._watched += [(scribbles.events.paint, self._changed)]
            self._watched += [(scribbles.events.data, self._changed)]
            self._watched += [(scribbles.events.set_data, self._moved)]
        for emitter, callback in self._watched:
            emitter.connect(callback)
        self._revision += 1
        if image is None:
            self._jobs.cancel()
        if scribbles is not None:
            self._changed()

    def _image_replaced(self, event: Any = None) -> None:
        self._revision += 1
        self._changed()

    def _changed(self, event: Any = None) -> None:
        """Predict anew, if live: strokes or settings changed."""
        if not self._jobs.closed and self.panel.live.isChecked() and self._can_predict():
            self._ask("view")

    def _moved(self, event: Any = None) -> None:
        """Predict what came into view, if live, but let a whole image be finished first."""
        if self._jobs.busy and self._goal != "view":
            return
        self._changed()

    def _shown_changed(self, number: int) -> None:
        for results in self._results.values():
            results.show_class(number)

    # --- ask, and answer ---

    def _can_predict(self) -> bool:
        known = self.engine.classifier is not None
        return self._image() is not None and (known or self._scribbles() is not None)

    def _ask(self, goal: Goal, *, asked: bool = False) -> None:
        try:
            request = self._request(goal, asked)
        except CourseError as error:
            self._say(str(error), asked)
            return
        self._goal = goal
        self._jobs.ask(request, now=asked)

    def _request(self, goal: Goal, asked: bool) -> Request:
        image, scribbles = self._image(), self._scribbles()
        if image is None:
            raise CourseError("Choose an image first; open one with File, or drag it here.")
        if scribbles is None and self.engine.classifier is None:
            raise CourseError("Press New and paint, or load a model.")
        return Request(
            image=image.data[0] if image.multiscale else image.data,
            source=(id(image), self._revision),
            scribbles=None if scribbles is None else _finest(scribbles),
            recipe=self._recipe(image),
            trees=self.panel.trees.value(),
            view=self._view(image),
            goal=goal,
            object_class=self.panel.shown.value(),
            asked=asked,
        )

    def _recipe(self, image: Image) -> Any:
        channels = int(image.data.shape[-1]) if image.rgb and not image.multiscale else None
        if image.rgb and image.multiscale:
            channels = int(image.data[0].shape[-1])
        edges = np.abs(np.asarray(image.scale, float))
        # A volume's planes often lie farther apart than its pixels: then scales are not in steps.
        even = np.allclose(edges, edges.min(), rtol=1e-3)
        size = None if even else tuple(np.round(edges / edges.min(), 6).tolist())
        return self.panel.recipe(channels=channels, voxel_size=size)

    def _view(self, image: Image) -> tuple[slice, ...]:
        dims = self._viewer.dims
        offset = dims.ndim - image.ndim
        displayed = [axis - offset for axis in dims.displayed if axis >= offset]
        corners = np.asarray(image.corner_pixels)
        if image.multiscale:
            corners = corners * image.downsample_factors[image.data_level]
        return visible(corners, _spatial_shape(image), image.world_to_data(dims.point), displayed)

    def _show(self, request: Request, step: Any) -> None:
        """Show one step of the work; called in the window's thread."""
        image = self._image()
        if image is None or request.source != (id(image), self._revision):
            return
        results = self._results_of(image)
        if isinstance(step, Ready):
            rows = dict(zip(step.known, step.probabilities, strict=True))
            results.show_class(self.panel.shown.value())
            results.show(step.classes, rows)
            if step.painted != self._painted:
                self._painted = step.painted
                counts = [f"class {c}: {n} px" for c, n in step.painted.items()]
                self._say("Painted " + ", ".join(counts) if counts else "No strokes.")
        elif isinstance(step, Predicted):
            self.panel.progress.setMaximum(step.total)
            self.panel.progress.setValue(step.done)
            # Drawing takes time, too: tiles that come fast are drawn together.
            if not self._redraw.isActive():
                self._redraw.start()
        elif isinstance(step, Objects):
            results.show_objects(step.labels)
            self._say(f"{int(step.labels.max(initial=0))} objects.")

    def _draw(self) -> None:
        for results in self._results.values():
            results.refresh()

    def _results_of(self, image: Image) -> Results:
        return self._results.setdefault(image, Results(self._viewer, image))

    def _complain(self, request: Request, error: Exception) -> None:
        self._painted = None
        if isinstance(error, CourseError):
            # While somebody paints, one class only is no mistake yet: a line of status will do.
            self._say(str(error), request.asked)
        else:
            self._say(f"The prediction stopped: {type(error).__name__}: {error}", True, grave=True)

    def _begin(self, request: Request) -> None:
        self.panel.stop.setEnabled(True)
        image = self._image()
        if image is not None:
            self._results_of(image).prepare(
                _spatial_shape(image), objects=request.goal == "objects"
            )

    def _idle(self) -> None:
        self.panel.stop.setEnabled(False)
        goal, self._goal = self._goal, "view"
        if goal != "view":
            # Strokes and moves that came meanwhile; without any, this costs nothing.
            self._changed()

    def _say(self, sentence: str, aloud: bool = False, grave: bool = False) -> None:
        self.panel.status.setText(sentence)
        if aloud:
            from napari.utils.notifications import show_error, show_warning

            (show_error if grave else show_warning)(sentence)

    # --- layers ---

    def _image_layers(self, box: Any = None) -> list[Image]:
        from napari.layers import Image

        return [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, Image) and layer not in self._own()
        ]

    def _scribble_layers(self, box: Any = None) -> list[Labels]:
        from napari.layers import Labels

        return [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, Labels) and layer not in self._own()
        ]

    def _own(self) -> list[Any]:
        return [layer for results in self._results.values() for layer in results.layers()]

    def _image(self) -> Image | None:
        return self.panel.image.value

    def _scribbles(self) -> Labels | None:
        return self.panel.scribbles.value


def _keep_choice(box: Any) -> None:
    """Renew the choices of a box; a layer with a new name is still the same layer."""
    before = box.value
    with box.changed.blocked():
        box.reset_choices()
        if before in box.choices:
            box.value = before
    if box.value is not before:
        box.changed.emit(box.value)


def _spatial_shape(image: Image) -> tuple[int, ...]:
    data = image.data[0] if image.multiscale else image.data
    return tuple(data.shape[:-1] if image.rgb else data.shape)


def _finest(layer: Labels) -> Any:
    return layer.data[0] if layer.multiscale else layer.data
