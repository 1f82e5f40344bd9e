"""The classes by name and colour: choose one to paint with."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog, QGridLayout, QLineEdit, QToolButton, QWidget

from gpu_course.display.colours import PALETTE
from gpu_course.napari_plugin.controls import NARROW, explain

ORDER = (1, 4, 5, 3, 6, 0, 2)
"""Which colour of the palette each class gets: the first ones differ most on a dark image."""
MOST = 255


class ClassList(QWidget):
    """One row for each class: paint with it, its colour, its name.

    Two classes are there at once; one more appears when *M* or the last button asks for it.
    """

    chosen = Signal(int)
    """A class to paint with."""
    renamed = Signal()
    recoloured = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)
        self._grid.setColumnStretch(2, 1)
        self._colours: dict[int, tuple[float, ...]] = {}
        self._colormap: Any = None
        self.numbers: list[QToolButton] = []
        self.swatches: list[QToolButton] = []
        self.names: list[QLineEdit] = []
        self.more = QToolButton()
        self.more.setText("+")
        explain(self.more, "One more class")
        self.more.clicked.connect(lambda: self.choose(len(self.numbers) + 1))
        self.show_classes(2)

    def show_classes(self, count: int) -> None:
        """Have at least so many rows."""
        while len(self.numbers) < min(count, MOST):
            self._add(len(self.numbers) + 1)

    def choose(self, number: int) -> None:
        """Paint with a class, which may be new."""
        if number <= MOST:
            self.mark(number)
            self.chosen.emit(number)

    def mark(self, number: int) -> None:
        """Show which class is painted with."""
        if 1 <= number <= MOST:
            self.show_classes(number)
        for row, button in enumerate(self.numbers, 1):
            button.setChecked(row == number)

    def class_names(self) -> dict[int, str]:
        """Return class → name, for those that have one."""
        given = {row: edit.text().strip() for row, edit in enumerate(self.names, 1)}
        return {number: name for number, name in given.items() if name}

    def set_names(self, names: dict[int, str]) -> None:
        """Show the names of a loaded model."""
        self.show_classes(max(names, default=0))
        for number, name in names.items():
            self.names[number - 1].setText(name)
        self.renamed.emit()

    def colormap(self) -> Any:
        """Return the colours for napari's labels layers: the same object while they stay the same.

        To set other ones costs napari a texture, and two before it draws are one too many for it.
        """
        if self._colormap is not None:
            return self._colormap
        from napari.utils.colormaps import CyclicLabelColormap

        # As many colours as there are classes, so that none comes twice. napari's other kind, which
        # maps numbers to colours one by one, compiles code for it when it is used first: the window
        # would stand still for a second, and for three where nothing is compiled yet.
        clear = (0.0, 0.0, 0.0, 0.0)
        colours = [clear, *(self._colour(number) for number in range(1, MOST + 1))]
        self._colormap = CyclicLabelColormap(colors=np.array(colours, np.float32))
        return self._colormap

    def set_colour(self, number: int, colour: tuple[float, ...]) -> None:
        """Give a class another colour, red, green, blue and opacity from 0 to 1."""
        self._colours[number] = colour
        self._colormap = None
        self._paint_swatch(number)
        self.recoloured.emit()

    def _colour(self, number: int) -> tuple[float, ...]:
        usual = PALETTE[ORDER[(number - 1) % len(ORDER)]] / 255
        return self._colours.get(number, (*usual.tolist(), 1.0))

    def _add(self, number: int) -> None:
        paint, swatch, name = QToolButton(), QToolButton(), QLineEdit()
        paint.setText(str(number))
        paint.setCheckable(True)
        paint.setChecked(number == 1)
        paint.setMinimumWidth(28)
        explain(paint, f"Paint with class {number}")
        paint.clicked.connect(lambda: self.choose(number))
        explain(swatch, f"Colour of class {number}")
        swatch.clicked.connect(lambda: self._ask_colour(number))
        name.setPlaceholderText(f"class {number}")
        name.setMinimumWidth(NARROW)
        explain(name, f"What class {number} is called")
        name.editingFinished.connect(self.renamed.emit)
        for column, control in enumerate((paint, swatch, name)):
            self._grid.addWidget(control, number, column)
        self._grid.addWidget(self.more, number, 3)
        self.numbers.append(paint)
        self.swatches.append(swatch)
        self.names.append(name)
        self._paint_swatch(number)

    def _paint_swatch(self, number: int) -> None:
        if number <= len(self.swatches):
            colour = QColor.fromRgbF(*self._colour(number)).name()
            self.swatches[number - 1].setStyleSheet(f"background-color: {colour}; width: 14px")

    def _ask_colour(self, number: int) -> None:
        before = QColor.fromRgbF(*self._colour(number))
        colour = QColorDialog.getColor(before, self, f"Colour of class {number}")
        if colour.isValid():
            self.set_colour(number, colour.getRgbF())
