"""The plugin's widget: what the user can do, as methods that a script can call, too."""

from __future__ import annotations

import dataclasses
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtWidgets import QApplication, QVBoxLayout, QWidget

from gpu_course.errors import CourseError
from gpu_course.napari_plugin import forests, model_files, reading, sentences
from gpu_course.napari_plugin.asking import Asking
from gpu_course.napari_plugin.choosing import Choosing
from gpu_course.napari_plugin.engine import Engine, warm_up
from gpu_course.napari_plugin.folder_job import FolderJob
from gpu_course.napari_plugin.panel import Panel
from gpu_course.napari_plugin.results import Results
from gpu_course.napari_plugin.script import Painted, python_script
from gpu_course.napari_plugin.stage import Stage
from gpu_course.napari_plugin.worker import Latest

if TYPE_CHECKING:
    import napari
    from napari.layers import Image


class PixelClassification(QWidget):
    """Paint a few strokes of each class, and see every pixel classified while you paint.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The window's viewer. napari hands it over, by the parameter's name.

    Attributes
    ----------
    stage : Stage
        The state: which strokes belong to which image, what is loaded, what is shown.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.stage = Stage(napari_viewer)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        self._asking = Asking(self.stage, self, lambda: self._folder.busy)
        self._folder = FolderJob(self.panel.progress, self.stage.say, self._asking.idle)
        self._choosing = Choosing(self.stage, self._asking, self)
        # When the window goes, Qt deletes this widget; what is under way must not call it back.
        self.destroyed.connect(partial(Latest.close, self._asking.jobs))
        self.destroyed.connect(partial(FolderJob.close, self._folder))
        for button, action in (
            (self.panel.new, self.new_scribbles),
            (self.panel.view, self.predict_view),
            (self.panel.whole, self.predict_whole),
            (self.panel.objects, self.make_objects),
            (self.panel.stop, self.cancel),
            (self.panel.save, self.save),
            (self.panel.load, self.load),
            (self.panel.forget, self.forget),
            (self.panel.folder, self.apply_to_folder),
            (self.panel.copy, self.copy_script),
        ):
            # Qt would hand over whether the button is down, as a first argument.
            button.clicked.connect(lambda _=False, action=action: action())
        self._choosing.find_strokes()
        self.reset_choices()
        # A thread that nobody waits for: napari's own would complain if the window closed before.
        threading.Thread(target=warm_up, daemon=True).start()

    @property
    def panel(self) -> Panel:
        """The controls."""
        return self.stage.panel

    @property
    def engine(self) -> Engine:
        """What computes; `engine.classifier` is the newest classifier."""
        return self.stage.engine

    @property
    def results(self) -> dict[Image, Results]:
        """The layers that show the answer for each image."""
        return self.stage.results

    @property
    def busy(self) -> bool:
        """Whether work is under way, or waits for a calm moment."""
        return self._asking.jobs.busy or self._choosing.settle.isActive() or self._folder.busy

    def new_scribbles(self) -> None:
        """Add an empty layer to paint on, which lies exactly on the image and belongs to it."""
        stage, image = self.stage, self.stage.image
        if image is None:
            return stage.say(sentences.NO_IMAGE, True)
        from napari.layers import Labels

        layout = reading.layout(image, stage.session.state(image).choice)
        empty = np.zeros(layout.sites(reading.pixels(image).shape), np.uint8)
        layer = Labels(
            layout.spread(empty, reading.shape(image)),
            name=f"{image.name} strokes",
            colormap=self.panel.classes.colormap(),
            **reading.place(image),
        )
        layer.brush_size = 6
        layer.metadata[reading.STROKES] = reading.bond(layer, image)
        stage.session.choose(layer, image, ours=True)
        # Right above the image: what lies higher hides strokes and image alike.
        others = [strokes for strokes, one in stage.session.pairs() if one is image]
        own = {image, *others, *stage.results_of(image).layers()}
        places = [place for place, one in enumerate(stage.viewer.layers) if one in own]
        stage.viewer.layers.insert(max(places) + 1, layer)
        layer.mode = "paint"
        self.panel.scribbles.value = layer
        return stage.say("Paint with label 1, press M for the next label, and paint with 2.")

    def predict_view(self) -> None:
        """Predict what the window shows, now."""
        self._asking.ask("view", asked=True)

    def predict_whole(self) -> None:
        """Predict every pixel of the image."""
        self._asking.ask("whole", asked=True)

    def make_objects(self) -> None:
        """Predict the whole image and number the objects of the class shown."""
        self._asking.ask("objects", asked=True)

    def cancel(self) -> None:
        """Stop what is under way; what was predicted stays."""
        self._asking.stop()
        self._folder.cancel()
        self.stage.say("Cancelled.")

    def save(self, path: str | Path = "") -> None:
        """Write forest, strokes and settings to a file, and ask for its name if none is given."""
        stage, model = self.stage, self.stage.model
        try:
            if model is not None:
                named = {**model.class_names, **self.panel.classes.class_names()}
                model = dataclasses.replace(model, class_names=named)
            written = model_files.save(self, model, path)
        except CourseError as error:
            return stage.say(str(error), True)
        if written is None:
            return None
        stage.saved = (stage.model, str(written))
        return stage.say(f"Saved {written.name}.")

    def load(self, path: str | Path = "") -> None:
        """Read a model file and predict with it; strokes correct it."""
        stage = self.stage
        try:
            found = model_files.load(self, path)
        except CourseError as error:
            return stage.say(str(error), True)
        if found is None:
            return None
        self._asking.stop()
        stage.base, stage.model_file = found
        stage.engine.model = None
        stage.saved = found
        classifier = stage.base.classifier
        self.panel.show_recipe(classifier.recipe, classifier.trees)
        self.panel.classes.set_names(stage.base.class_names)
        stage.lock()
        stage.say(f"Loaded {Path(stage.model_file).name}.")
        self._asking.speak_again()
        if stage.image is not None:
            self._asking.ask("view")
        return None

    def forget(self) -> None:
        """Drop the loaded model and what was learned from closed images; open strokes stay."""
        stage = self.stage
        self._asking.stop()
        stage.base = stage.engine.model = None
        stage.session.forget()
        stage.lock()
        stage.say("Forgotten; strokes on open images still count.")
        self._asking.speak_again()
        if stage.image is not None:
            self._asking.ask("view")

    def apply_to_folder(self, folder: str | Path = "") -> None:
        """Classify all images of a folder, with the forest as it is now."""
        try:
            self._folder.start(self, self.stage.model, folder, self.panel.chosen_objects())
        except CourseError as error:
            return self.stage.say(str(error), True)
        return self.panel.stop.setEnabled(self.busy)

    def script(self) -> str:
        """Return a script that computes again what is shown; see `script`.

        Raises
        ------
        CourseError
            If no image is chosen, or the forest does not follow from the open layers.
        """
        stage, image = self.stage, self.stage.image
        if image is None:
            raise CourseError("Choose an image first.")
        model, path = stage.saved
        saved = model is not None and model is stage.model
        if not saved and (stage.base is not None or stage.session.kept):
            raise CourseError(
                "This forest learned from more than the open images. "
                "Save the model, and the script loads it."
            )
        picture = stage.session.picture(image)
        painted = [
            Painted(one, layer, stage.session.picture(one).layout)
            for layer, one in stage.session.pairs()
            if stage.session.picture(one).kind == picture.kind and np.any(reading.pixels(layer))
        ]
        return python_script(
            image,
            picture.layout,
            lessons=painted,
            model_file=path if saved else "",
            recipe=forests.own(self.panel.recipe(), picture),
            trees=self.panel.trees.value(),
            seed=forests.SEED,
        )

    def copy_script(self) -> None:
        """Put the script on the clipboard."""
        try:
            text = self.script()
        except CourseError as error:
            return self.stage.say(str(error), True)
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(text)
        return self.stage.say("The script is on the clipboard: paste it into an editor.")

    def reset_choices(self, event: Any = None) -> None:
        """Look again which layers there are; napari calls this when they change."""
        if not self._asking.jobs.closed:
            self._choosing.look()
