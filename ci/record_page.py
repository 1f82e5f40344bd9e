"""The page that says how every stored output was computed, and the file with all records.

One table for the reader; the hashes, two thousand of them, are for a program.
"""

import json
import re
from pathlib import Path
from typing import Any

import benchmarks_page

from gpu_course.book.chapters import Chapter
from gpu_course.book.records import LONG

FILE = "execution-record.json"
"""Name of the file with all records, beside the page."""


def record_page(
    chapters: list[Chapter],
    records: dict[str, dict[str, Any]],
    notes: dict[str, str],
    runs: list[dict[str, Any]] | None = None,
) -> str:
    """Return the page as MyST.

    Parameters
    ----------
    chapters : list of Chapter
        In the order of the book.
    records : dict
        Chapter's name → the record of its stored output; empty where it has none.
    notes : dict
        Chapter's name → by what its pictures were drawn, ``""`` if that is as it was.
    runs : list of dict, optional
        Runs of bundles that were accepted (``data/runs``).
    """
    shown = [chapter for chapter in chapters if records.get(chapter.name)]
    found = [records[chapter.name] for chapter in shown]
    machines = list(dict.fromkeys(_machine(record) for record in found))
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
        "One difference may stay. The modules of `gpu_course.display` only draw, and no number "
        "of a run depends on them. When one of them changes, a chapter that trains networks of the "
        f"course, or that took more than {LONG // 60} minutes, is not executed again. Its page "
        "and the list below the table then say that an earlier version has drawn its pictures.",
        "",
        f'<a href="{FILE}" download>All records, with every hash, as one JSON file</a>',
        "",
        "## Chapters",
        "",
        "| chapter | libraries | on | size | s | MiB | date | commit |",
        "| --- | --- | --: | --- | --: | --: | --- | --- |",
        *(_row(chapter, records[chapter.name], machines) for chapter in shown),
        "",
        "*on* is the number of the machine below, *s* the seconds it took, *MiB* the peak "
        "memory of the process.",
        "",
        *(_drawn(chapter, notes[chapter.name]) for chapter in shown if notes.get(chapter.name)),
    ]
    if not any(notes.values()):
        lines += ["At present no such chapter shows pictures of an earlier version."]
    if any(record["commit"].endswith("+changes") for record in found):
        lines += [
            "",
            "A commit with `+changes` means that files were not yet committed when the chapter "
            "ran. Their hashes are in the record and equal those of the sources published here.",
        ]
    lines += ["", "## Machines", ""]
    lines += [f"{number}. {machine}" for number, machine in enumerate(machines, 1)]
    lines += ["", "## Versions", "", "| package | versions used |", "| --- | --- |"]
    lines += [f"| {name} | {', '.join(versions)} |" for name, versions in _versions(found).items()]
    for run in runs or []:
        lines += _run(run)
    return "\n".join(lines) + "\n"


def _run(run: dict[str, Any]) -> list[str]:
    """Return the section of one accepted run: its scores beside those stored before."""
    lines = [
        "",
        f"## Run on {run['device']}, {run['date']}",
        "",
        f"{len(run['chapters'])} chapters were executed from commit `{run['commit']}` by a bundle "
        "and accepted. Each score stands beside the one stored before, with the difference that "
        "is allowed.",
    ]
    if not run["scores"]:
        return [*lines, "", "None of these chapters reports a score.", *_benchmarks(run)]
    lines += ["", "| chapter | set | method | score | before | here | allowed |"]
    lines += ["| --- | --- | --- | --- | --: | --: | --: |"]
    for row in run["scores"]:
        far = "" if row["agrees"] else " (differs)"
        before, here = (_value(row[name]) for name in ("stored", "new"))
        lines.append(
            f"| {row['chapter']} | {row['set']} | {row['method']} | {row['metric']} | {before} "
            f"| {here}{far} | ±{row['tolerance']:.2f} |"
        )
    return [*lines, *_benchmarks(run)]


def _benchmarks(run: dict[str, Any]) -> list[str]:
    """Return the tables of the benchmarks of a run."""
    lines = []
    for table in (one for each in run.get("benchmarks", []) for one in each["tables"]):
        lines += ["", f"**{table['title']}**", "", *benchmarks_page.rows_and_notes(table)]
    return lines


def _value(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".replace("-", "−")


def read_runs(folder: Path) -> list[dict[str, Any]]:
    """Return the runs in a folder, the newest first; none if it is not there."""
    files = sorted(folder.glob("*.json"), reverse=True)
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def record_file(chapters: list[Chapter], records: dict[str, dict[str, Any]]) -> str:
    """Return the records of all chapters, in the order of the book, as JSON text."""
    shown = {c.name: records[c.name] for c in chapters if records.get(c.name)}
    return json.dumps(shown, indent=1, ensure_ascii=False) + "\n"


def _drawn(chapter: Chapter, note: str) -> str:
    """Return a line of the list; Markdown would set `__init__` in bold."""
    words = re.sub(r"[\w/]+\.py", r"`\g<0>`", note)
    return f"* [{chapter.title}](/{chapter.name}.ipynb): the pictures were {words}."


def _row(chapter: Chapter, record: dict[str, Any], machines: list[str]) -> str:
    peak = record["machine"]["peak_memory"].get("process")
    cells = [
        f"[{chapter.title}](/{chapter.name}.ipynb)",
        ", ".join(_libraries(record)),
        str(machines.index(_machine(record)) + 1),
        record["machine"]["size"],
        f"{record['seconds']:.0f}",
        f"{peak / 2**20:.0f}" if peak else "–",
        record["date"],
        f"`{record['commit']}`",
    ]
    return f"| {' | '.join(cells)} |"


def _libraries(record: dict[str, Any]) -> list[str]:
    """Return the libraries that computed, with "GPU" behind those that did so on one."""
    devices = record["machine"]["devices"]
    return [f"{d['library']}{' (GPU)' if d['kind'] == 'GPU' else ''}" for d in devices]


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
