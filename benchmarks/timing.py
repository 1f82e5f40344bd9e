"""Show medians from :func:`gpu_course.timing.medians` side by side, and keep them as data."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.floors import Floor
from gpu_course import devices, paths, sizes
from gpu_course.book import commit
from gpu_course.files import write_atomic


@dataclass(frozen=True)
class Row:
    """What was done, the medians of all ways in seconds, and the floors of those that have one."""

    what: str
    seconds: dict[str, float]
    floors: dict[str, Floor] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """A table of one run: rows, the way whose ratio is 1, and what else is worth saying."""

    title: str
    reference: str
    rows: Sequence[Row]
    notes: Sequence[str] = ()


def table(measured: Measured) -> Table:
    """Return a table of milliseconds and ratios, and of how many times its floor a way takes.

    A ratio is to the reference's time: below 1 is faster.
    """
    rows = measured.rows
    names = list(dict.fromkeys(name for row in rows for name in row.seconds))
    low = list(dict.fromkeys(name for row in rows for name in row.floors))
    heads = [*(f"{n}\nms (ratio)" for n in names), *(f"{n}\n÷ floor (of)" for n in low)]
    shown = Table("operation", *heads, title=measured.title, box=None)
    for row in rows:
        one = row.seconds.get(measured.reference)
        cells = [
            f"{1000 * row.seconds[n]:.1f}" + (f" ({row.seconds[n] / one:.2f})" if one else "")
            if n in row.seconds
            else "–"
            for n in names
        ]
        cells += [
            f"{row.seconds[n] / row.floors[n].seconds:.1f} ({row.floors[n].limit})"
            if n in row.floors
            else "–"
            for n in low
        ]
        shown.add_row(row.what, *cells)
    return shown


def show(measured: Measured) -> None:
    """Print a table and what else is worth saying."""
    console = Console(width=140)
    console.print(table(measured))
    for note in measured.notes:
        console.print(note)


def store(name: str, tables: Sequence[Measured], folder: Path) -> Path:
    """Write the tables of a benchmark as JSON, with the record of the machine; return the file."""
    record: dict[str, Any] = {
        "benchmark": name,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.name(paths.root()),
        "size": sizes.current(),
        "machine": devices.device_record(),
        "tables": [asdict(one) for one in tables],
    }
    file = folder / f"{name}.json"
    write_atomic(file, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    return file
