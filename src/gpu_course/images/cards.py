"""Data cards: what a picture shows, where it comes from, and what its labels are worth."""

from __future__ import annotations

import dataclasses
import html
import tomllib
from pathlib import Path
from typing import Any

from gpu_course import paths
from gpu_course.did_you_mean import closest
from gpu_course.errors import CourseError


@dataclasses.dataclass(frozen=True)
class Card:
    """What to know about an image set before trusting a number computed on it.

    Attributes
    ----------
    name
        The name that `gpu_course.images.load` takes.
    title
        A few words.
    real
        Whether a camera took it; otherwise it is simulated.
    description
        What one sees.
    axes, voxel_size
        Order and length of a voxel's edges, in words.
    origin, licence
        Who made it, where it is published, and under which terms it may be used.
    labels
        How its truth was made.
    limits
        What not to conclude from it.
    splits
        Split → what is in it.
    citation
        What to cite.
    credit
        One short line for a caption.
    """

    name: str
    title: str
    real: bool
    description: str
    axes: str
    voxel_size: str
    origin: str
    licence: str
    labels: str
    limits: str
    splits: dict[str, str]
    citation: str
    credit: str

    def _rows(self) -> list[tuple[str, str]]:
        splits = "; ".join(f"{split}: {what}" for split, what in self.splits.items())
        return [
            ("What it shows", self.description),
            ("Real or simulated", "real" if self.real else "simulated"),
            ("Axes", self.axes),
            ("Voxel size", self.voxel_size),
            ("Origin", self.origin),
            ("Licence", self.licence),
            ("How the labels were made", self.labels),
            ("Limits", self.limits),
            ("Splits", splits),
            ("Cite", self.citation),
        ]

    def _repr_html_(self) -> str:
        """Show the card as a table in a notebook; row headings are headings to a screen reader."""
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left;vertical-align:top">{html.escape(head)}'
            f'</th><td style="text-align:left">{html.escape(text)}</td></tr>'
            for head, text in self._rows()
        )
        caption = f"<code>{html.escape(self.name)}</code>: {html.escape(self.title)}"
        return f"<table><caption>{caption}</caption><tbody>{rows}</tbody></table>"

    def _repr_markdown_(self) -> str:
        """Show the card as a list where HTML is not understood."""
        lines = [f"**{self.title}** (`{self.name}`)", ""]
        return "\n".join(lines + [f"- **{head}:** {text}" for head, text in self._rows()])


def read(name: str) -> Card:
    """Read the data card of an image set, one of `names`; all of its fields are filled.

    Raises
    ------
    CourseError
        There is no such card, or it lacks a field.
    """
    if name not in names():
        raise CourseError(
            f"There is no data card {name!r}.{closest(name, names())} "
            f"The course has: {', '.join(names())}."
        )
    file = _folder() / f"{name}.toml"
    return parse(name, file.read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Card:
    """Make a card from TOML with the fields of `Card`, `name` excepted.

    Raises
    ------
    CourseError
        A field is missing or unknown.
    """
    fields = tomllib.loads(text)
    expected = {field.name for field in dataclasses.fields(Card)} - {"name"}
    if wrong := expected.symmetric_difference(fields):
        raise CourseError(
            f"The data card {name}.toml is incomplete or has fields nobody knows: "
            f"{', '.join(sorted(wrong))}. Correct it in data/cards."
        )
    # Line breaks of the TOML source mean nothing on a card.
    tidy: dict[str, Any] = {
        key: " ".join(value.split()) if isinstance(value, str) else value
        for key, value in fields.items()
    }
    return Card(name=name, **tidy)


def names() -> tuple[str, ...]:
    """Return the names of all cards."""
    return tuple(sorted(file.stem for file in _folder().glob("*.toml")))


def _folder() -> Path:
    return paths.data() / "cards"
