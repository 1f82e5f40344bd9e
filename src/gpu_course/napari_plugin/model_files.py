"""Save and load a classifier, with a file dialog where no path is given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gpu_course.errors import CourseError

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from gpu_course.pixel_classification.classifier import PixelClassifier

KIND = "Pixel classifier (*.npz)"


def save(window: QWidget, classifier: PixelClassifier | None, path: str | Path) -> str:
    """Write a classifier to a file.

    Returns
    -------
    str
        The file's name, or an empty text if the user changed their mind.

    Raises
    ------
    CourseError
        If there is no classifier yet, or the file cannot be written.
    """
    from qtpy.QtWidgets import QFileDialog

    if classifier is None:
        raise CourseError("There is no model yet. Paint a stroke of each class first.")
    path = path or QFileDialog.getSaveFileName(window, "Save model", "model.npz", KIND)[0]
    if not path:
        return ""
    try:
        classifier.save(path)
    except OSError as error:
        raise CourseError(f"The model could not be saved: {error}") from error
    return Path(path).name


def load(window: QWidget, path: str | Path) -> tuple[PixelClassifier, str] | None:
    """Read a classifier from a file.

    Returns
    -------
    PixelClassifier and str, or None
        The classifier and its path; None if the user changed their mind.

    Raises
    ------
    CourseError
        If the file cannot be read, or holds no classifier. Nothing in it is executed.
    """
    from qtpy.QtWidgets import QFileDialog

    from gpu_course.pixel_classification.classifier import PixelClassifier

    path = path or QFileDialog.getOpenFileName(window, "Load model", "", KIND)[0]
    if not path:
        return None
    try:
        return PixelClassifier.load(path), str(path)
    except OSError as error:
        raise CourseError(f"The model could not be read: {error}") from error
