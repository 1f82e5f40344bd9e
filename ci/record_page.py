"""The page that says how every stored output was computed, and the file with all records.

One table for the reader; the hashes, two thousand of them, are for a program.
"""

import json
from typing import Any

import pages

from gpu_course.book.chapters import Chapter

FILE = "execution-record.json"
"""Name of the file with all records, beside the page."""


def record_page(chapters: list[Chapter], records: dict[str, dict[str, Any]]) -> str:
    """Return the page as MyST.

    Parameters
    ----------
    chapters : list of Chapter
        In the order of the book.
    records : dict
        Chapter's name → the record of its stored output; empty where it has none.
    """
    shown = [chapter for chapter in chapters if records.get(chapter.name)]
    found = [records[chapter.name] for chapter in shown]
    lines = [
        "(ch-execution-record)=",
        "# Execution record",
        "",
        "Rendering this book executes nothing. Every output was computed beforehand, and carries "
        "a record of what it was computed from: the chapter's code, each module of `gpu_course` "
        "that it imported and each data file that it opened, all with their sha256. `make check` "
        "compares the records with the sources, and the build refuses an output whose record does "
        "not agree, unless it is told to mark the page as stale.",
        "",
        f'<a href="{FILE}" download>All records, with every hash, as one JSON file</a>',
        "",
        "## Chapters",
        "",
        "| chapter | computed on | size | seconds | memory | date | commit |",
        "| --- | --- | --- | --: | --: | --- | --- |",
        *(_row(chapter, records[chapter.name]) for chapter in shown),
        "",
        "*memory* is the peak of the process, in MiB.",
    ]
    if any(record["commit"].endswith("+changes") for record in found):
        lines += [
            "",
            "A commit with `+changes` means that files were not yet committed when the chapter "
            "ran. Their hashes are in the record and equal those of the sources published here.",
        ]
    lines += ["", "## Machines", ""]
    for machine in dict.fromkeys(_machine(record) for record in found):
        lines.append(f"* {machine}")
    lines += ["", "## Versions", "", "| package | versions used |", "| --- | --- |"]
    lines += [f"| {name} | {', '.join(versions)} |" for name, versions in _versions(found).items()]
    return "\n".join(lines) + "\n"


def record_file(chapters: list[Chapter], records: dict[str, dict[str, Any]]) -> str:
    """Return the records of all chapters, in the order of the book, as JSON text."""
    shown = {c.name: records[c.name] for c in chapters if records.get(c.name)}
    return json.dumps(shown, indent=1, ensure_ascii=False) + "\n"


def _row(chapter: Chapter, record: dict[str, Any]) -> str:
    peak = record["machine"]["peak_memory"].get("process")
    cells = [
        f"[{chapter.title}](/{chapter.name}.ipynb)",
        pages.devices_text(record),
        record["machine"]["size"],
        f"{record['seconds']:.0f}",
        f"{peak / 2**20:.0f}" if peak else "–",
        record["date"],
        f"`{record['commit']}`",
    ]
    return f"| {' | '.join(cells)} |"


def _machine(record: dict[str, Any]) -> str:
    """Return a machine in words: system, processor, memory, and the devices besides it."""
    machine = record["machine"]
    cpu = machine["cpu"]
    words = [f"{cpu['name']}, {cpu['cores']} cores, {cpu['memory'] / 2**30:.0f} GiB"]
    for device in machine["devices"]:
        if device["kind"] == "GPU":
            memory = f", {device['memory'] / 2**30:.1f} GiB" if device["memory"] else ""
            words.append(f"{device['name']}{memory} ({device['library']}, {device['driver']})")
    return "; ".join([*dict.fromkeys(words), machine["os"]])


def _versions(found: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return package → its versions, those of Python and the OpenCL drivers included."""
    versions: dict[str, set[str]] = {}
    for record in found:
        machine = record["machine"]
        versions.setdefault("Python", set()).add(machine["python"])
        for name, version in machine["packages"].items():
            versions.setdefault(name, set()).add(version)
        for device in machine["devices"]:
            if device["library"] == "OpenCL":
                versions.setdefault("OpenCL driver", set()).add(device["driver"])
    return {name: sorted(versions[name]) for name in sorted(versions, key=str.lower)}
