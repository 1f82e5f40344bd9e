"""What a GPU measured, beside what this run measures.

A chapter that compares devices ends its comparison with :func:`beside`. The reader sees a table;
the same output carries its numbers under a MIME type of the course. When a bundle was executed on
a GPU, ``gpu-course accept`` writes what the GPU measured to ``data/runs/<chapter>/<table>.json``.
From then on the table shows it beside the numbers of whoever runs the chapter.
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

from gpu_course import paths
from gpu_course.devices.device import Device
from gpu_course.errors import CourseError
from gpu_course.html_table import Rows

MIME = "application/vnd.gpu-course.run+json"
"""MIME type under which an output carries what was measured, and on which device."""

NEW = "GPU_COURSE_NEW_RUN"
"""Set where a GPU executes the book: what it measures becomes the stored run, so none is shown."""


@dataclass(frozen=True)
class Run:
    """Numbers that a GPU measured.

    Attributes
    ----------
    table : str
        Chapter and name of the table, as ``"classical/benchmarking/race"``.
    device, library : str
        The GPU's own name, and the library that computed on it.
    date, commit : str
        Day of the measurement, and commit of the course's code.
    rows : dict
        What was measured → number.
    """

    table: str
    device: str
    library: str
    date: str
    commit: str
    rows: dict[str, float]


@dataclass(frozen=True)
class Beside:
    """A table that a notebook displays: this run's numbers, and those of the stored run.

    Attributes
    ----------
    table : str
        Chapter and name of the table.
    rows : dict
        What was measured → number of this run; empty where nothing could be compared.
    device : Device
        On which this run computed them.
    stored : Run or None
    """

    table: str
    rows: dict[str, float]
    device: Device
    stored: Run | None

    @property
    def caption(self) -> str:
        """What the table is, or why nothing is compared."""
        if self.stored:
            own = f", beside this run on {self.device.name}" if self.rows else ""
            return f"Measured on {self.stored.device}, {self.stored.date}{own}."
        if self.device.kind == "GPU" and self.rows:
            return f"Measured on {self.device.name}. No run on another GPU is stored."
        if self.device.kind == "GPU":
            return (
                f"Nothing is compared here: this run measured nothing on {self.device.name}, and "
                "no run on another GPU is stored."
            )
        return (
            "Nothing is compared with a GPU here: this run had none, and no run on one is stored."
        )

    @property
    def columns(self) -> dict[str, Mapping[str, float]]:
        """Heading → numbers."""
        found: dict[str, Mapping[str, float]] = {}
        if self.rows and (self.stored or self.device.kind == "GPU"):
            found[f"this run: {self.device.name} ({self.device.kind})"] = self.rows
        if self.stored:
            found[f"measured on {self.stored.device}, {self.stored.date}"] = self.stored.rows
        return found

    def _table(self) -> Rows:
        names = dict.fromkeys(name for rows in self.columns.values() for name in rows)
        shown = [
            {"": name, **{head: _text(rows.get(name)) for head, rows in self.columns.items()}}
            for name in names
        ]
        return Rows(shown, self.caption)

    def __str__(self) -> str:
        return "\n".join([self.caption, *([repr(self._table())] if self.columns else [])])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        table = self._table()._repr_html_() if self.columns else ""
        return {
            "text/plain": str(self),
            "text/html": f"<p>{escape(self.caption)}</p>{table}",
            MIME: {
                "table": self.table,
                "device": self.device.name,
                "kind": self.device.kind,
                "library": self.device.library,
                "rows": self.rows,
            },
        }


def beside(table: str, rows: Mapping[str, float], device: Device) -> Beside:
    """Return a table of this run's numbers beside those of the stored run on a GPU.

    Parameters
    ----------
    table : str
        Chapter and name of the table, as ``"classical/benchmarking/race"``.
    rows : mapping
        What was measured → number. Leave it empty where there is nothing to compare, as where
        CuPy's place is taken by NumPy: then only the stored run is shown, or that there is none.
    device : Device
        Which computed them.

    Raises
    ------
    CourseError
        If a number is not finite, or the stored run cannot be read.

    Examples
    --------
    >>> from gpu_course import runs
    >>> from gpu_course.devices import Device
    >>> here = Device("CuPy", "a card", "GPU", memory=None, driver="13.0")
    >>> print(runs.beside("part/chapter/race", {"blur: CPU's time / GPU's": 12.345}, here))
    Measured on a card. No run on another GPU is stored.
                              this run: a card (GPU)
    blur: CPU's time / GPU's  12.3
    """
    numbers = {str(name): float(value) for name, value in rows.items()}
    for name, value in numbers.items():
        if not math.isfinite(value):
            raise CourseError(f"{table}: {name} is {value}. Measure a finite number.")
    new = device.kind == "GPU" and bool(os.environ.get(NEW))
    return Beside(table, numbers, device, None if new else read(table))


def path(table: str) -> Path:
    """Return the file of the stored run of a table; it need not exist."""
    return paths.data() / "runs" / f"{table}.json"


def read(table: str) -> Run | None:
    """Return the stored run of a table, or None where no GPU's run was accepted yet.

    Raises
    ------
    CourseError
        If its file is damaged.
    """
    file = path(table)
    if not file.is_file():
        return None
    try:
        run = Run(**json.loads(file.read_text(encoding="utf-8")))
        run.rows.update({str(name): float(value) for name, value in run.rows.items()})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CourseError(
            f"The stored run {file} cannot be read: {error}. Restore it, or accept its results "
            f"again."
        ) from error
    return run


def as_json(shown: Mapping[str, Any], *, date: str, commit: str) -> str:
    """Return the contents of the file that stores what an output carries under `MIME`.

    Date and commit are those of the record of the page.
    """
    run = Run(shown["table"], shown["device"], shown["library"], date, commit, dict(shown["rows"]))
    return json.dumps(asdict(run), indent=1, ensure_ascii=False) + "\n"


def _text(value: float | None) -> str:
    """Return three digits of a number, and all of them before the point."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
