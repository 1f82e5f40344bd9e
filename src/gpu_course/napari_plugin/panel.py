"""The controls of the plugin: what is where, what it says, and its key. No logic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from gpu_course.errors import CourseError
from gpu_course.pixel_classification.recipe import FEATURES, Recipe

SCALES = (0.5, 1.0, 2.0, 4.0)
"""Widths of the blurs that a new panel offers, in pixels."""


class Panel(QScrollArea):
    """The form: choosers, buttons, settings, progress and one line of status.

    Everything is a public attribute; the widget that owns the panel connects it.

    Parameters
    ----------
    images, scribbles : callable
        Return the layers to choose from.
    """

    def __init__(
        self, images: Callable[[Any], Sequence[Any]], scribbles: Callable[[Any], Sequence[Any]]
    ) -> None:
        from magicgui.widgets import ComboBox

        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self.setWidget(inside)

        # magicgui's box keeps its choice when layers come, go and change their names.
        self.image = ComboBox(choices=images, nullable=True)
        self.scribbles = ComboBox(choices=scribbles, nullable=True)
        self.new = _button("New", "Make an empty layer to paint on, with the image's shape", "N")
        self.live = QCheckBox("Live")
        self.live.setChecked(True)
        _explain(self.live, "Predict what is in view after each stroke", "L")
        self.view = _button("Predict view", "Predict what the window shows, now", "V")
        self.whole = _button("Predict whole image", "Predict every pixel of the image", "W")
        self.stop = _button("Cancel", "Stop the work at its next tile", "X")
        self.shown = QSpinBox()
        self.shown.setRange(1, 255)
        self.shown.setValue(2)
        _explain(self.shown, "The class of the probability layer, and of the objects")
        self.objects = _button(
            "Objects", "Predict the whole image and number the objects of this class", "B"
        )
        self.progress = QProgressBar()
        self.progress.setValue(0)
        self.status = QLabel("Choose an image, press New, and paint a stroke of each class.")
        self.status.setWordWrap(True)
        self.features = {name: QCheckBox(name) for name in FEATURES}
        self.scales = QLineEdit(", ".join(f"{scale:g}" for scale in SCALES))
        self.trees = QSpinBox()
        self.save = _button("Save model…", "Write forest and settings to a file", "K")
        self.load = _button("Load model…", "Read a model file and predict with it", "J")
        self.copy = _button(
            "Copy as Python", "Put a script on the clipboard that does the same", "Y"
        )
        self._settings()
        self._arrange()

    def recipe(self, *, channels: int | None, voxel_size: tuple[float, ...] | None) -> Recipe:
        """Return the chosen features and scales.

        Raises
        ------
        CourseError
            If the scales cannot be read, or nothing is chosen.
        """
        try:
            sigmas = tuple(float(text) for text in self.scales.text().replace(",", " ").split())
        except ValueError:
            raise CourseError(
                f"“{self.scales.text()}” is no list of scales. Write numbers such as 1, 2, 4."
            ) from None
        chosen = tuple(name for name, box in self.features.items() if box.isChecked())
        return Recipe(sigmas, chosen, channels=channels, voxel_size=voxel_size)

    def show_recipe(self, recipe: Recipe, trees: int) -> None:
        """Set the controls to a recipe, as of a loaded model; no control tells of it."""
        for box in (*self.features.values(), self.scales, self.trees):
            box.blockSignals(True)
        for name, box in self.features.items():
            box.setChecked(name in recipe.features)
        self.scales.setText(", ".join(f"{sigma:g}" for sigma in recipe.sigmas))
        self.trees.setValue(trees)
        for box in (*self.features.values(), self.scales, self.trees):
            box.blockSignals(False)

    def renew_choices(self) -> None:
        """Look again which layers there are; a layer with a new name is still the same one."""
        for box in (self.image, self.scribbles):
            before = box.value
            with box.changed.blocked():
                box.reset_choices()
                if before in box.choices:
                    box.value = before
            if box.value is not before:
                box.changed.emit(box.value)

    def _settings(self) -> None:
        for name, box in self.features.items():
            box.setChecked(name in Recipe().features)
            _explain(box, f"Use the feature “{name}” at every scale")
        _explain(
            self.scales, "Widths of the blurs in pixels: the sizes of what tells classes apart"
        )
        self.trees.setRange(1, 1000)
        self.trees.setValue(100)
        _explain(self.trees, "Trees in the forest: more are steadier and slower")
        _explain(self.image.native, "The image to classify: 2D, 3D or colour")
        _explain(
            self.scribbles.native,
            "Your strokes: label 1 for the first class, 2 for the second … (key M takes a new one)",
        )

    def _arrange(self) -> None:
        form = QFormLayout()
        form.addRow("Image", self.image.native)
        strokes = QHBoxLayout()
        strokes.addWidget(self.scribbles.native, 1)
        strokes.addWidget(self.new)
        form.addRow("Scribbles", strokes)
        self._column.addLayout(form)
        actions = QGridLayout()
        actions.addWidget(self.live, 0, 0)
        actions.addWidget(self.view, 0, 1)
        actions.addWidget(self.whole, 1, 0, 1, 2)
        actions.addWidget(QLabel("Class shown"), 2, 0)
        actions.addWidget(self.shown, 2, 1)
        actions.addWidget(self.objects, 3, 0, 1, 2)
        actions.addWidget(self.progress, 4, 0)
        actions.addWidget(self.stop, 4, 1)
        self._column.addLayout(actions)
        self._column.addWidget(self.status)
        settings = QGridLayout()
        for row, box in enumerate(self.features.values()):
            settings.addWidget(box, row // 2, row % 2)
        for row, (text, control) in enumerate((("Scales", self.scales), ("Trees", self.trees)), 3):
            settings.addWidget(QLabel(text), row, 0)
            settings.addWidget(control, row, 1)
        self._column.addLayout(settings)
        for button in (self.save, self.load, self.copy):
            self._column.addWidget(button)
        self._column.addStretch(1)


def _button(text: str, tip: str, key: str) -> QPushButton:
    button = QPushButton(text)
    _explain(button, tip, key)
    return button


def _explain(control: Any, tip: str, key: str = "") -> None:
    """Give a control its tooltip, and a key with Ctrl+Shift (⌘+Shift on a Mac)."""
    if key:
        control.setShortcut(f"Ctrl+Shift+{key}")
        from qtpy.QtGui import QKeySequence

        shown = QKeySequence(f"Ctrl+Shift+{key}").toString(QKeySequence.SequenceFormat.NativeText)
        tip = f"{tip} ({shown})"
    control.setToolTip(tip)
    control.setAccessibleName(control.text() if hasattr(control, "text") else tip)
