"""Ask the engine, and show what it answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from gpu_course.errors import CourseError
from gpu_course.napari_plugin import reading, sentences
from gpu_course.napari_plugin.requests import Cleared, Goal, Objects, Predicted, Ready, Request
from gpu_course.napari_plugin.stage import Stage
from gpu_course.napari_plugin.worker import Latest

if TYPE_CHECKING:
    from napari.layers import Image

REDRAW = 60
"""Milliseconds between two updates of the layers while tiles come in."""


class Question(NamedTuple):
    """What is wanted, and whether the user pressed a button for it and waits for an answer."""

    goal: Goal
    asked: bool


class _TooEarlyError(Exception):
    """Nobody painted yet: the sentence that says how to stays."""


class Asking:
    """Questions to the engine, and its answers on the window.

    The timer that draws goes with `owner`; `also_busy` returns whether other work can be cancelled.
    `written_into` is called with an image whose array somebody wrote into.
    """

    def __init__(self, stage: Stage, owner: QWidget, also_busy: Callable[[], bool]) -> None:
        self._stage, self._also_busy = stage, also_busy
        self._goal: Goal = "view"
        self._said: Any = None
        self.written_into: Callable[[Image], None] = stage.session.replaced
        self.jobs: Latest[Question, Request] = Latest(
            stage.engine.run,
            read=self._read,
            on_step=self._show,
            on_error=self._complain,
            on_idle=self.idle,
        )
        self._redraw = QTimer(owner)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REDRAW)
        self._redraw.timeout.connect(self._draw)

    def ask(self, goal: Goal, *, asked: bool = False) -> None:
        """Ask for something; the newest question counts.

        Parameters
        ----------
        goal : "view", "whole" or "objects"
        asked : bool
            Whether somebody pressed a button for it.
        """
        self._goal = goal
        self.jobs.ask(Question(goal, asked), now=asked)

    def changed(self, event: Any = None) -> None:
        """Predict anew, if live: strokes or settings changed."""
        live = self._stage.panel.live.isChecked()
        if not self.jobs.closed and live and self._stage.can_predict():
            self.ask("view")

    def moved(self, event: Any = None) -> None:
        """Predict what came into view, if live, but let a whole image be finished first."""
        if not (self.jobs.busy and self._goal != "view"):
            self.changed()

    def stop(self) -> None:
        """Drop what is asked and under way."""
        self._goal = "view"
        self.jobs.cancel()

    def speak_again(self) -> None:
        """Say what was learned from again, as another image or model is shown."""
        self._said = None

    def idle(self) -> None:
        """Let the window rest; called when nothing is left to do."""
        if self.jobs.closed:
            return
        self._stage.panel.stop.setEnabled(self.jobs.busy or self._also_busy())
        goal, self._goal = self._goal, "view"
        if goal != "view":
            # Strokes and moves that came meanwhile; without any, this costs nothing.
            self.changed()

    def _read(self, question: Question) -> Request:
        """Read the window just before the work begins, and make the layers for its results."""
        stage = self._stage
        session, panel, image = stage.session, stage.panel, stage.image
        session.sync(stage.viewer.layers)
        if image is None:
            raise CourseError(sentences.NO_IMAGE)
        for written in session.written_into(image):
            self.written_into(written)
            # It asks for what is in view; this question is being answered now.
            self.jobs.cancel()
            self._goal = question.goal
        stage.lock()
        if not stage.can_predict():
            raise CourseError("Press New and paint, or load a model.")
        if not question.asked and stage.nothing_painted():
            raise _TooEarlyError
        picture = session.picture(image)
        request = Request(
            picture=picture,
            lessons=session.lessons(),
            recipe=panel.recipe(),
            trees=panel.trees.value(),
            view=reading.view(stage.viewer, image, picture.layout),
            base=stage.base,
            kept=session.kept,
            goal=question.goal,
            objects=panel.chosen_objects(),
            coarse=reading.coarse(stage.viewer, image),
            open=session.sources(),
        )
        stage.results_of(image).prepare(
            panel.classes.colormap(),
            objects=question.goal == "objects",
            uncertainty=panel.uncertainty.isChecked(),
        )
        panel.stop.setEnabled(True)
        return request

    def _show(self, request: Request, step: Any) -> None:
        """Show one step of the work; called in the window's thread."""
        stage, panel, image = self._stage, self._stage.panel, self._stage.image
        if image is None or request.picture.source != stage.session.state(image).source:
            return
        results = stage.results_of(image)
        if isinstance(step, Ready):
            results.show_class(panel.shown.value())
            results.show(step, request.picture.layout)
            self._learned(step)
        elif isinstance(step, Cleared):
            results.refresh()
            results.clear_objects()
            panel.progress.setValue(0)
            panel.importance.setText("")
        elif isinstance(step, Predicted):
            panel.progress.setMaximum(step.total)
            panel.progress.setValue(step.done)
            # Drawing takes time, too: tiles that come fast are drawn together.
            if not self._redraw.isActive():
                self._redraw.start()
        elif isinstance(step, Objects):
            results.show_objects(step.labels, request.objects)
            stage.say(f"{int(step.labels.max(initial=0))} objects.")

    def _learned(self, ready: Ready) -> None:
        """Say what the forest learned from, if that is news."""
        stage = self._stage
        stage.panel.classes.show_classes(max(ready.known))
        news = (ready.painted, ready.pictures, ready.note, ready.doubt, stage.base)
        if news == self._said:
            return stage.speak()
        self._said = news
        model = Path(stage.model_file).name if stage.base is not None else ""
        sentence = sentences.about(ready, stage.panel.classes.class_names(), model)
        notice = "" if stage.image is None else stage.session.state(stage.image).notice
        stage.say(f"{sentence} {notice}".strip())
        if stage.engine.classifier is not None:
            shares = stage.engine.classifier.importances()
            stage.panel.importance.setText(sentences.importance(shares))
        return None

    def _draw(self) -> None:
        image = self._stage.image
        if image in self._stage.results:
            self._stage.results[image].refresh()

    def _complain(self, question: Question, error: Exception) -> None:
        if isinstance(error, _TooEarlyError):
            return
        self._said = None
        if isinstance(error, CourseError):
            # While somebody paints, one class only is no mistake yet: a line of status will do.
            self._stage.say(str(error), question.asked)
        else:
            sentence = f"The prediction stopped: {type(error).__name__}: {error}"
            self._stage.say(sentence, True, grave=True)
