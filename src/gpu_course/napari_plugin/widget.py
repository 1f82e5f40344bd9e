"""The plugin's widget: it reads the window, asks the engine, and shows what comes back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from napari.qt.threading import create_worker
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QVBoxLayout, QWidget

from gpu_course.errors import CourseError
from gpu_course.napari_plugin import model_files, reading
from gpu_course.napari_plugin.engine import (
    SEED,
    Engine,
    Objects,
    Predicted,
    Ready,
    Request,
    warm_up,
)
from gpu_course.napari_plugin.listening import LayerEvents
from gpu_course.napari_plugin.panel import Panel
from gpu_course.napari_plugin.results import Results
from gpu_course.napari_plugin.script import python_script
from gpu_course.napari_plugin.worker import Latest

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels

    from gpu_course.pixel_classification.recipe import Recipe

Goal = Literal["view", "whole", "objects"]
REDRAW = 60
"""Milliseconds between two updates of the layers while tiles come in."""


class Question(NamedTuple):
    """What is wanted, and whether the user pressed a button for it and waits for an answer."""

    goal: Goal
    asked: bool


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
        self._events = LayerEvents(
            replaced=self._image_replaced, changed=self._changed, moved=self._moved
        )
        self._revision = 0
        self._goal: Goal = "view"
        self._model_file = ""
        self._painted: dict[int, int] | None = None
        self.engine = Engine()
        self.panel = Panel(
            lambda box: reading.images(self._viewer), lambda box: reading.scribbles(self._viewer)
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        self._jobs: Latest[Question, Request] = Latest(
            self.engine.run,
            read=self._read,
            on_step=self._show,
            on_error=self._complain,
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

        empty = np.zeros(reading.shape(image), np.uint8)
        layer = Labels(empty, name="scribbles", **reading.place(image))
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
        try:
            name = model_files.save(self, self.engine.classifier, path)
        except CourseError as error:
            return self._say(str(error), True)
        return self._say(f"Saved {name}.") if name else None

    def load(self, path: str | Path = "") -> None:
        """Read a model file and predict with it, until the strokes change."""
        try:
            found = model_files.load(self, path)
        except CourseError as error:
            return self._say(str(error), True)
        if found is None:
            return
        classifier, self._model_file = found
        self._jobs.cancel()
        self.panel.show_recipe(classifier.recipe, classifier.trees)
        self.engine.adopt(classifier)
        self._say(f"Loaded {Path(self._model_file).name}.")
        if self._image() is not None:
            self._ask("view")

    def script(self) -> str:
        """Return a script that computes again what is shown; see `script`."""
        return python_script(
            self._image(),
            self._scribbles(),
            self._model_file if self.engine.adopted else "",
            recipe=self._recipe,
            trees=self.panel.trees.value(),
            seed=SEED,
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
        self.panel.renew_choices()
        images = reading.images(self._viewer)
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
        self._events.connect_view(self._viewer)

    def _choice_changed(self, layer: Any = None) -> None:
        """Listen to the layers chosen now, and to no other."""
        if self._jobs.closed:
            return
        image, scribbles = self._image(), self._scribbles()
        self._events.connect_layers(image, scribbles)
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
        self._goal = goal
        self._jobs.ask(Question(goal, asked), now=asked)

    def _read(self, question: Question) -> Request:
        """Read the window just before the work begins, and make the layers for its results."""
        image, scribbles = self._image(), self._scribbles()
        if image is None:
            raise CourseError("Choose an image first; open one with File, or drag it here.")
        if scribbles is None and self.engine.classifier is None:
            raise CourseError("Press New and paint, or load a model.")
        request = Request(
            image=reading.pixels(image),
            source=(id(image), self._revision),
            scribbles=None if scribbles is None else reading.pixels(scribbles),
            recipe=self._recipe(image),
            trees=self.panel.trees.value(),
            view=reading.view(self._viewer, image),
            goal=question.goal,
            object_class=self.panel.shown.value(),
        )
        objects = question.goal == "objects"
        self._results_of(image).prepare(reading.shape(image), objects=objects)
        self.panel.stop.setEnabled(True)
        return request

    def _recipe(self, image: Image) -> Recipe:
        return self.panel.recipe(
            channels=reading.channels(image), voxel_size=reading.voxel_size(image)
        )

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

    def _complain(self, question: Question, error: Exception) -> None:
        self._painted = None
        if isinstance(error, CourseError):
            # While somebody paints, one class only is no mistake yet: a line of status will do.
            self._say(str(error), question.asked)
        else:
            self._say(f"The prediction stopped: {type(error).__name__}: {error}", True, grave=True)

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

    def _image(self) -> Image | None:
        return self.panel.image.value

    def _scribbles(self) -> Labels | None:
        return self.panel.scribbles.value
