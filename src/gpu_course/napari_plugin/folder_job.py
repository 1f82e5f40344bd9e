"""“Apply to a folder”: in a thread of its own, beside the painting."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpu_course.errors import CourseError
from gpu_course.napari_plugin.folder import DOUBTS, RESULTS, FolderStep, classify_folder, images_of
from gpu_course.napari_plugin.requests import ObjectSettings

if TYPE_CHECKING:
    from qtpy.QtWidgets import QProgressBar, QWidget

    from gpu_course.pixel_classification.correctable import CorrectableClassifier


class FolderJob:
    """One folder at a time.

    Parameters
    ----------
    progress : QProgressBar
    say : callable
        Gets a sentence, and whether to interrupt the user with it.
    ended : callable
        Called without arguments when all is done.
    """

    def __init__(
        self,
        progress: QProgressBar,
        say: Callable[..., None],
        ended: Callable[[], None],
    ) -> None:
        self._progress, self._say, self._on_end = progress, say, ended
        self._running: Any = None
        self._problems: list[str] = []
        self._doubts: list[str] = []
        self._done = self._total = 0
        self.closed = False

    @property
    def busy(self) -> bool:
        """Whether a folder is worked on."""
        return self._running is not None

    def start(
        self,
        window: QWidget,
        model: CorrectableClassifier | None,
        folder: str | Path,
        objects: ObjectSettings,
    ) -> None:
        """Begin, and ask for a folder if none is given.

        Raises
        ------
        CourseError
            If there is no model, or no image in the folder, or one is worked on already.
        """
        from napari.qt.threading import create_worker
        from qtpy.QtWidgets import QFileDialog

        if model is None:
            raise CourseError("There is no model yet. Paint a stroke of each class first.")
        if self.busy:
            raise CourseError("A folder is being classified. Wait, or press Cancel.")
        folder = folder or QFileDialog.getExistingDirectory(window, "Folder of images")
        if not folder:
            return
        self._total, self._done = len(images_of(Path(folder))), 0
        self._problems, self._doubts = [], []
        wanted = objects if objects.number in model.classifier.classes else None
        worker = create_worker(classify_folder, model.classifier, Path(folder), wanted)
        worker.yielded.connect(self._stepped)
        worker.errored.connect(self._failed)
        worker.finished.connect(self._ended)
        self._running = worker
        worker.start()

    def cancel(self) -> None:
        """Stop before the next tile; files that are done stay."""
        if self._running is not None:
            self._running.quit()

    def close(self) -> None:
        """Cancel, and never call back again: for a window that closes."""
        self.closed = True
        with suppress(RuntimeError):
            self.cancel()

    def _stepped(self, step: FolderStep) -> None:
        if self.closed:
            return
        self._progress.setMaximum(step.total)
        self._progress.setValue(step.done)
        if not step.finished:
            self._say(f"{step.name}: {step.done + 1} of {step.total}")
            return
        self._done += not step.problem
        if step.problem:
            self._problems.append(f"{step.name}: {step.problem}")
        elif step.doubt:
            self._doubts.append(f"{step.name}: {step.doubt}")

    def _failed(self, error: Exception) -> None:
        if not self.closed:
            self._problems.append(f"The work stopped: {type(error).__name__}: {error}")

    def _ended(self) -> None:
        stopped = self._running is not None and self._running.abort_requested
        self._running = None
        if self.closed:
            return
        self._on_end()
        sentence = f"{self._done} of {self._total} images classified, into “{RESULTS}”."
        if stopped:
            sentence = f"Cancelled: {sentence}"
        # The images of a folder are mostly far for one cause, and one sentence says it.
        doubts = self._doubts[:1]
        others = len(self._doubts) - 1
        if others > 0:
            are, s = ("are", "s") if others > 1 else ("is", "")
            doubts.append(f"So {are} {others} other{s}: see {DOUBTS}.")
        self._say(" ".join([sentence, *self._problems, *doubts]), bool(self._problems))
