"""The controls of the plugin: what is where, what it says, and its key. No logic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from gpu_course.errors import CourseError
from gpu_course.napari_plugin import sentences
from gpu_course.napari_plugin.class_list import ClassList
from gpu_course.napari_plugin.controls import NARROW, Sentence, button, explain, narrow
from gpu_course.napari_plugin.layout import Choice
from gpu_course.napari_plugin.requests import ObjectSettings
from gpu_course.pixel_classification.recipe import FEATURES, Recipe

SCALES = (0.5, 1.0, 2.0, 4.0)
"""Widths of the blurs that a new panel offers, in pixels."""
WIDTH = 300
SCROLL_BAR = 16
AXES: dict[Choice, str] = {
    "volume": "Volume",
    "planes": "Independent planes",
    "channels": "Channels",
}
OBJECTS = {
    "threshold": "Probability from which a pixel belongs to an object",
    "smoothing": "Width of the blur before, in pixels: more joins pieces and rounds off",
    "smallest": "Objects of fewer pixels are left out",
    "spacing": "Smallest distance of two objects' middles, in pixels: about their radius",
}


class Panel(QScrollArea):
    """The form: choosers, classes, buttons, settings, progress and one line of status.

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
        self._column.setContentsMargins(6, 4, 6, 4)
        self.setWidget(inside)

        # magicgui's box keeps its choice when layers come, go and change their names.
        self.image = ComboBox(choices=images, nullable=True)
        self.scribbles = ComboBox(choices=scribbles, nullable=True)
        self.new = button("New", "Make an empty layer to paint on, with the image's shape", "N")
        self.axes = QComboBox()
        self.axes_label = QLabel("Axes")
        self.classes = ClassList()
        self.live = QCheckBox("Live")
        self.live.setChecked(True)
        explain(self.live, "Predict what is in view after each stroke", "L")
        self.view = button("Predict view", "Predict what the window shows, now", "V")
        self.whole = button("Predict whole image", "Predict every pixel of the image", "W")
        self.stop = button("Cancel", "Stop the work at its next tile", "X")
        self.progress = QProgressBar()
        self.progress.setValue(0)
        self.status = Sentence(sentences.NO_IMAGE)
        self.uncertainty = QCheckBox("Show uncertainty")
        explain(self.uncertainty, "Show where two classes are nearly as probable: paint there", "U")
        self.shown = QSpinBox()
        self.shown.setRange(1, 255)
        self.shown.setValue(2)
        explain(self.shown, "The class of the probability layer, and of the objects")
        self.objects = button(
            "Objects", "Predict the whole image and number the objects of this class", "B"
        )
        self.object_settings = {name: QDoubleSpinBox() for name in OBJECTS}
        self.features = {name: QCheckBox(name) for name in FEATURES}
        self.scales = QLineEdit(", ".join(f"{scale:g}" for scale in SCALES))
        self.trees = QSpinBox()
        self.importance = Sentence()
        self.save = button("Save model…", "Write forest, strokes and settings to a file", "K")
        self.load = button("Load model…", "Read a model, predict with it, and correct it", "J")
        self.forget = button(
            "Forget",
            "Drop the loaded model and what was learned from closed images; strokes on open ones "
            "stay",
        )
        self.folder = button("Apply to a folder…", "Classify all images of a folder", "F")
        self.copy = button(
            "Copy as Python", "Put a script on the clipboard that does the same", "Y"
        )
        self._settings()
        self._arrange()

    def sizeHint(self) -> QSize:
        """Return a width that leaves most of a small window to the image."""
        return QSize(WIDTH, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Return the least width: what does not fit below is reached by scrolling."""
        return QSize(self._column.minimumSize().width() + SCROLL_BAR, 100)

    def recipe(self) -> Recipe:
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
        return Recipe(sigmas, tuple(n for n, box in self.features.items() if box.isChecked()))

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

    def lock(self, locked: bool) -> None:
        """Keep features and scales as they are, while something learned depends on them."""
        why = "A loaded model, or what was learned from closed images, has these. Press Forget."
        for control, tip in self._free_tips.items():
            control.setEnabled(not locked)
            control.setToolTip(why if locked else tip)
        self.forget.setEnabled(locked)

    def show_axes(self, stack: bool, read: Choice) -> None:
        """Show how a stack is read; an image of two axes has no choice."""
        self.axes.blockSignals(True)
        self.axes.setCurrentIndex(list(AXES).index(read))
        self.axes.blockSignals(False)
        self.axes.setVisible(stack)
        self.axes_label.setVisible(stack)

    def chosen_objects(self) -> ObjectSettings:
        """Return how pixels become objects."""
        values = {name: box.value() for name, box in self.object_settings.items()}
        return ObjectSettings(self.shown.value(), **values)

    def renew_choices(self) -> None:
        """Look again which layers there are; a layer with a new name is still the same one."""
        for box in (self.image, self.scribbles):
            before = box.value
            with box.changed.blocked():
                box.reset_choices()
                if before in box.choices:
                    box.value = before
            self.show_whole_names()
            if box.value is not before:
                box.changed.emit(box.value)

    def show_whole_names(self) -> None:
        """Put what the boxes cut into their tooltips."""
        for chooser, tip in (
            (self.image, "The image to classify: 2D, 3D, colour or a movie"),
            (self.scribbles, "Your strokes on it: label 1 for the first class, 2 for the second …"),
        ):
            name = "" if chooser.value is None else f"{chooser.value.name}\n"
            chooser.native.setToolTip(f"{name}{tip}")

    def _settings(self) -> None:
        for name, box in self.features.items():
            box.setChecked(name in Recipe().features)
            explain(box, f"Use the feature “{name}” at every scale")
        explain(self.scales, "Widths of the blurs in pixels: the sizes of what tells classes apart")
        locked = (*self.features.values(), self.scales)
        self._free_tips = {control: control.toolTip() for control in locked}
        self.trees.setRange(1, 1000)
        self.trees.setValue(100)
        explain(self.trees, "Trees in the forest: more are steadier and slower")
        for text in AXES.values():
            self.axes.addItem(text)
        explain(self.axes, "Are the planes a volume, apart as in a movie, or channels?")
        for chooser in (self.image.native, self.scribbles.native, self.axes):
            narrow(chooser)
        self.show_whole_names()
        usual = ObjectSettings()
        for name, number in self.object_settings.items():
            number.setRange(*{"threshold": (0, 0.99), "spacing": (1, 1e4)}.get(name, (0, 1e6)))
            number.setDecimals({"threshold": 2, "smallest": 0}.get(name, 1))
            number.setSingleStep({"threshold": 0.05, "smallest": 10}.get(name, 1))
            number.setValue(getattr(usual, name))
            explain(number, OBJECTS[name])
        for control in (self.shown, self.trees, self.scales, *self.object_settings.values()):
            control.setMinimumWidth(NARROW)
        self.lock(False)

    def _arrange(self) -> None:
        form = QFormLayout()
        form.addRow("Image", self.image.native)
        strokes = QHBoxLayout()
        strokes.addWidget(self.scribbles.native, 1)
        strokes.addWidget(self.new)
        form.addRow("Strokes", strokes)
        form.addRow(self.axes_label, self.axes)
        self._column.addLayout(form)
        self._column.addWidget(self.classes)
        actions = QGridLayout()
        actions.addWidget(self.live, 0, 0)
        actions.addWidget(self.view, 0, 1)
        actions.addWidget(self.whole, 1, 0, 1, 2)
        actions.addWidget(self.progress, 2, 0)
        actions.addWidget(self.stop, 2, 1)
        self._column.addLayout(actions)
        self._column.addWidget(self.status)
        self._column.addWidget(self.uncertainty)
        objects = QFormLayout()
        objects.addRow("Class shown", self.shown)
        for name, number in self.object_settings.items():
            objects.addRow(name.capitalize(), number)
        self._column.addLayout(objects)
        self._column.addWidget(self.objects)
        settings = QGridLayout()
        for row, box in enumerate(self.features.values()):
            settings.addWidget(box, row // 2, row % 2)
        for row, (text, control) in enumerate((("Scales", self.scales), ("Trees", self.trees)), 3):
            settings.addWidget(QLabel(text), row, 0)
            settings.addWidget(control, row, 1)
        self._column.addLayout(settings)
        self._column.addWidget(self.importance)
        files = QGridLayout()
        files.addWidget(self.save, 0, 0)
        files.addWidget(self.load, 0, 1)
        files.addWidget(self.forget, 1, 0)
        files.addWidget(self.copy, 1, 1)
        files.addWidget(self.folder, 2, 0, 1, 2)
        self._column.addLayout(files)
        self._column.addStretch(1)
