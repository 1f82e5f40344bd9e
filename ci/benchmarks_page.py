"""The page of measured speed: the course beside its peers, and above what the device allows.

Reads what ``python -m benchmarks --into data/benchmarks`` stored; nothing is measured here.
"""

import json
from pathlib import Path
from typing import Any


def benchmarks_page(folder: Path) -> str:
    """Return the page as MyST.

    Parameters
    ----------
    folder : Path
        With one JSON file for each benchmark; may be absent.
    """
    lines = [
        "(ch-measured-speed)=",
        "# Measured speed",
        "",
        "The course's functions beside other libraries that do the same, in one run and on one "
        "machine: first the time of the library that the others are compared with, then the "
        "*ratio* of each to it, below 1 where it is faster. All are medians. The last columns "
        "say how many times the *floor* something takes: the bytes that must travel over the "
        "bandwidth of the device, or the operations that must be done over its rate, both "
        "measured in the same run, whichever is longer.",
        "",
        "Another machine has other ratios. `make bench` measures yours, and "
        "{ref}`ch-benchmarking` explains how to read them.",
    ]
    for record in read(folder):
        lines += _section(record)
    return "\n".join(lines) + "\n"


def read(folder: Path) -> list[dict[str, Any]]:
    """Return the stored benchmarks of a folder, in the order of their names."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]


def _section(record: dict[str, Any]) -> list[str]:
    machine = record["machine"]
    devices = "; ".join(f"{one['name']} ({one['library']})" for one in machine["devices"])
    gigabytes = machine["cpu"]["memory"] / 2**30
    lines = []
    for table in record["tables"]:
        lines += ["", f"## {table['title']}", "", *rows_and_notes(table)]
    lines += [
        "",
        f"*Measured on {record['date']} at commit `{record['commit']}`, size "
        f"`{record['size']}`, on {machine['cpu']['name']} with {machine['cpu']['cores']} cores "
        f"and {gigabytes:.0f} GiB. Devices: {devices}.*",
    ]
    return lines


def rows_and_notes(table: dict[str, Any]) -> list[str]:
    """Return a stored table as Markdown, without its title.

    Parameters
    ----------
    table : dict
        As `benchmarks.timing.Measured` is stored: ``title``, ``reference``, ``rows``, ``notes``.
    """
    rows = [*_rows(table), ""] if table["rows"] else []
    return [*rows, *(f"* {note}" for note in table["notes"])]


def _rows(table: dict[str, Any]) -> list[str]:
    """Return one row for each operation: the reference's time, ratios to it, ratios to floors."""
    rows, reference = table["rows"], table["reference"]
    ways = [w for w in dict.fromkeys(w for row in rows for w in row["seconds"]) if w != reference]
    low = list(dict.fromkeys(way for row in rows for way in row["floors"]))
    heads = ["operation", f"{reference}, ms", *ways, *(f"{way} ÷ floor" for way in low)]
    lines = [_line(heads), _line(["---", *["--:"] * (len(heads) - 1)])]
    for row in rows:
        one = row["seconds"].get(reference)
        cells = [row["what"], f"{1000 * one:.2f}" if one else "–"]
        cells += [_ratio(row["seconds"].get(way), one) for way in ways]
        for way in low:
            floor = row["floors"].get(way)
            times = row["seconds"][way] / floor["seconds"] if floor else 0
            cells.append(f"{times:.1f} ({floor['limit']})" if floor else "–")
        lines.append(_line(cells))
    return lines


def _ratio(seconds: float | None, one: float | None) -> str:
    """Return a ratio; where the reference did not run, the time itself."""
    if seconds is None:
        return "–"
    return f"{seconds / one:.2f}" if one else f"{1000 * seconds:.2f} ms"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
