"""What the parts of the widget share: window, controls, engine, session, and the loaded model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpu_course.napari_plugin import hints, reading, sentences
from gpu_course.napari_plugin.engine import Engine
from gpu_course.napari_plugin.panel import Panel
from gpu_course.napari_plugin.results import Results
from gpu_course.napari_plugin.session import Session

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels

    from gpu_course.pixel_classification.correctable import CorrectableClassifier


class Stage:
    """The state of one open plugin.

    Parameters
    ----------
    viewer : napari.Viewer

    Attributes
    ----------
    panel : Panel
    engine : Engine
    session : Session
    results : dict
        Image layer → the layers that show its answer.
    base : CorrectableClassifier or None
        The loaded model, which strokes correct.
    model_file : str
        Its file.
    saved : tuple
        The model that was saved or loaded last, and its file.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self.viewer = viewer
        self.engine = Engine()
        self.session = Session(self.engine.tables.learned)
        self.results: dict[Image, Results] = {}
        self.base: CorrectableClassifier | None = None
        self.model_file = ""
        self.saved: tuple[CorrectableClassifier | None, str] = (None, "")
        self.panel = Panel(lambda box: reading.images(viewer), lambda box: self._to_choose())

    @property
    def image(self) -> Image | None:
        """The image that is chosen."""
        return self.panel.image.value

    @property
    def scribbles(self) -> Labels | None:
        """The strokes layer that is chosen."""
        return self.panel.scribbles.value

    @property
    def model(self) -> CorrectableClassifier | None:
        """The newest model: what a file would hold."""
        return self.engine.model or self.base

    def results_of(self, image: Image) -> Results:
        """Return the layers that show an image's answer."""
        if image not in self.results:
            self.results[image] = Results(self.viewer, image)
        return self.results[image]

    def can_predict(self) -> bool:
        """Return whether there is an image, and anything to learn from."""
        learned = self.base is not None or self.session.kept or self.session.has_strokes()
        return self.image is not None and bool(learned)

    def nothing_painted(self) -> bool:
        """Return whether there are empty strokes layers, and nothing else to learn from."""
        other = self.base is not None or self.session.kept or self.engine.model is not None
        return not other and self.session.has_strokes() and not self.session.has_paint()

    def lock(self) -> None:
        """Keep features as they are while something learned depends on them."""
        self.panel.lock(self.base is not None or bool(self.session.kept))

    def say(self, sentence: str, aloud: bool = False, grave: bool = False) -> None:
        """Say something about the image that is shown; aloud, to interrupt the user."""
        if self.image is None:
            self.panel.status.setText(sentence)
        else:
            self.session.state(self.image).status = sentence
            self.speak()
        if aloud:
            from napari.utils.notifications import show_error, show_warning

            (show_error if grave else show_warning)(sentence)

    def speak(self) -> None:
        """Show the sentence about the image, and what a person should know of it now."""
        image = self.image
        if image is None:
            return self.panel.status.setText(sentences.NO_IMAGE)
        state = self.session.state(image)
        results = self.results.get(image)
        old = results is not None and results.objects_are_old(self.panel.chosen_objects())
        hint = hints.known(self.viewer, image, state.choice, old_objects=old)
        return self.panel.status.setText(f"{state.status or sentences.BEGIN} {hint}".strip())

    def _to_choose(self) -> list[Labels]:
        image = self.image if hasattr(self, "panel") else None
        return [s for s in reading.scribbles(self.viewer) if self.session.belongs(s, image)]
