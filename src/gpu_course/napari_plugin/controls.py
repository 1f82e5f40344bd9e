"""Small helpers for controls: tooltips with keys, and texts of any length in a narrow panel."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QComboBox, QLabel, QPushButton, QSizePolicy

NARROW = 60
"""Pixels that a control may always shrink to."""
LONG = 16
"""Letters after which a word may be broken."""


def button(text: str, tip: str, key: str = "") -> QPushButton:
    """Return a button with a tooltip and perhaps a key."""
    made = QPushButton(text)
    explain(made, tip, key)
    return made


def explain(control: Any, tip: str, key: str = "") -> None:
    """Give a control its tooltip, and a key with Ctrl+Shift (⌘+Shift on a Mac)."""
    if key:
        control.setShortcut(f"Ctrl+Shift+{key}")
        from qtpy.QtGui import QKeySequence

        shown = QKeySequence(f"Ctrl+Shift+{key}").toString(QKeySequence.SequenceFormat.NativeText)
        tip = f"{tip} ({shown})"
    control.setToolTip(tip)
    control.setAccessibleName(control.text() if hasattr(control, "text") else tip)


def narrow(box: QComboBox) -> None:
    """Let a box of choices be as narrow as its panel: names of files can be long.

    Qt cuts what does not fit; the whole name is in the list that opens, and in the tooltip.
    """
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(1)
    box.setMinimumWidth(NARROW)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


class Sentence(QLabel):
    """A label that breaks its lines anywhere, if need be inside a long word."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._whole = ""
        self.setText(text)

    def text(self) -> str:
        """Return what was set."""
        return self._whole

    def setText(self, text: str | None) -> None:
        """Show a text."""
        self._whole = text or ""
        super().setText(breakable(self._whole))
        self.setAccessibleName(self._whole)


def breakable(text: str) -> str:
    """Return a text with marks, of no width, where a long word may be broken."""
    words = []
    for word in text.split(" "):
        pieces = [word[start : start + LONG] for start in range(0, len(word), LONG)]
        words.append("\u200b".join(pieces) or word)
    return " ".join(words)
