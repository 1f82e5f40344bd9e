"""Save and load a classifier with its strokes, with a file dialog where no path is given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gpu_course.errors import CourseError

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from gpu_course.pixel_classification.correctable import CorrectableClassifier

SUFFIX = ".npz"
KIND = f"Pixel classifier (*{SUFFIX})"


def save(window: QWidget, model: CorrectableClassifier | None, path: str | Path) -> Path | None:
    """Write a classifier to a file, whose name gets the usual ending if it has none.

    Returns
    -------
    Path or None
        The file, or None if the user changed their mind.

    Raises
    ------
    CourseError
        If there is no classifier yet, or the file cannot be written.
    """
    if model is None:
        raise CourseError("There is no model yet. Paint a stroke of each class first.")
    path = path or _asked(window)
    if not path:
        return None
    path = Path(path)
    if not path.suffix:
        path = path.with_name(path.name + SUFFIX)
    try:
        return model.save(path)
    except OSError as error:
        raise CourseError(f"The model could not be saved: {error}") from error


def _asked(window: QWidget) -> str:
    from qtpy.QtWidgets import QFileDialog

    dialog = QFileDialog(window, "Save model", f"model{SUFFIX}", KIND)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    # Added before the dialog asks whether to replace a file of that name.
    dialog.setDefaultSuffix(SUFFIX)
    return dialog.selectedFiles()[0] if dialog.exec() else ""


def load(window: QWidget, path: str | Path) -> tuple[CorrectableClassifier, str] | None:
    """Read a classifier from a file.

    Returns
    -------
    CorrectableClassifier and str, or None
        The classifier and its path; None if the user changed their mind.

    Raises
    ------
    CourseError
        If the file cannot be read, or holds no classifier. Nothing in it is executed.
    """
    from qtpy.QtWidgets import QFileDialog

    from gpu_course.pixel_classification.correctable import CorrectableClassifier

    kinds = f"{KIND};;All files (*)"
    path = path or QFileDialog.getOpenFileName(window, "Load model", "", kinds)[0]
    if not path:
        return None
    try:
        return CorrectableClassifier.load(path), str(path)
    except OSError as error:
        raise CourseError(f"The model could not be read: {error}") from error
