"""Take over what a GPU node computed: compare everything first, then store all of it or nothing.

The sums in an archive of results show damage and slips, not a forgery: whoever can write an archive
can write its sums as well. So accept results from people you would accept a commit from.
"""

import json
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gpu_course import paths
from gpu_course import runs as measured
from gpu_course.book import chapters, execution, notebooks, records, together
from gpu_course.book.bundle import comparison
from gpu_course.book.bundle.archive import Run, chosen, facts, read
from gpu_course.errors import CourseError

RUNS = "runs"
"""Folder of ``data/`` that holds one file for each accepted run."""


@dataclass
class Accepted:
    """What was taken over."""

    chapters: list[str]
    device: str  # the devices that computed
    rows: list[comparison.Row]  # scores beside the stored ones
    file: Path  # the file of this run in ``data/runs``
    stale: dict[str, str]  # chapters that became stale with the new weights → why


def accept(archive: Path, *, only: Collection[str] = (), despite_scores: bool = False) -> Accepted:
    """Store the outputs, scores and weights of an archive in this checkout.

    Parameters
    ----------
    archive : Path
        ``results.tar`` of a node.
    only : collection of str
        Chapters to take; all if empty.
    despite_scores : bool
        Whether to store scores that differ by more than is allowed.

    Raises
    ------
    CourseError
        If the archive is damaged or incomplete, comes from a commit that is not in the history
        here, was edited, or does not belong to the code and data here, or a score differs; then
        nothing is stored.
    """
    files = read(archive)
    about = facts(archive, files)
    runs = chosen(files, about, only)
    besides = {
        f"data/weights/{name}": records.sha256_of(content)
        for run in runs
        for name, content in run.weights.items()
    }
    for run in runs:
        execution.obey(run.chapter, run.notebook)
        if reasons := records.stale(run.chapter, run.record, besides):
            raise CourseError(
                f"The result of {run.chapter.name} does not belong to this checkout "
                f"({reasons[0]}). Execute it again from a new bundle, or leave it out by naming "
                f"the others with --chapters."
            )
    rows = [row for run in runs for row in _compared(run)]
    if (far := [row for row in rows if not row.agrees]) and not despite_scores:
        raise CourseError(
            f"{comparison.as_text(rows)}\n{far[0].chapter}: {far[0].metric} on {far[0].set} "
            f"differs from the stored score by more than {far[0].tolerance:.2f}, or is missing. "
            f"Find out why, then add --despite-scores to accept it."
        )
    return _stored(runs, rows, about, files)


def _measured(run: Run) -> dict[Path, bytes]:
    """Return file → contents of the tables that a GPU measured while it executed a chapter."""
    found = {}
    outputs = (output for cell in run.notebook.cells for output in cell.get("outputs", []))
    for shown in (output.get("data", {}).get(measured.MIME) for output in outputs):
        if not shown or shown["kind"] != "GPU" or not shown["rows"]:
            continue
        name = str(shown["table"]).removeprefix(f"{run.chapter.name}/")
        if name == shown["table"] or not re.fullmatch(r"[a-z0-9-]+", name):
            raise CourseError(
                f"The result of {run.chapter.name} measured “{shown['table']}”, which is no table "
                f"of this chapter. Name it {run.chapter.name}/… in the chapter's cell."
            )
        text = measured.as_json(shown, date=run.record["date"], commit=run.record["commit"])
        found[measured.path(shown["table"])] = text.encode()
    return found


def _compared(run: Run) -> list[comparison.Row]:
    before = notebooks.read_executed(run.chapter)
    return comparison.compare(
        records.shown_scores(before) if before else [],
        records.shown_scores(run.notebook),
        trains=run.chapter.trains,
    )


def _stored(
    runs: list[Run],
    rows: list[comparison.Row],
    about: dict[str, Any],
    files: dict[str, bytes],
) -> Accepted:
    """Write everything that was accepted, all or nothing."""
    data = paths.data()
    texts = {
        name: content.decode("utf-8", "replace")
        for name, content in files.items()
        if (name.startswith("benchmarks/") and name.endswith(".txt")) or name == "doctor.txt"
    }
    device = "; ".join(dict.fromkeys(_device(run.record) for run in runs))
    date = max(run.record["date"] for run in runs)
    slug = "".join(c if c.isalnum() else "-" for c in device.split(";")[0].lower()).strip("-")
    where = data / RUNS / f"{date}-{about['commit']}-{slug}.json"
    story = {
        "device": device,
        "date": date,
        "commit": about["commit"],
        "python": about["python"],
        "chapters": {run.chapter.name: run.record["seconds"] for run in runs},
        "scores": [{**asdict(row), "agrees": row.agrees} for row in rows],
        "reports": texts,
        "benchmarks": [
            json.loads(content)
            for name, content in sorted(files.items())
            if name.startswith("benchmarks/") and name.endswith(".json")
        ],
    }
    wanted = execution.files_of((run.chapter, run.notebook, run.weights) for run in runs)
    for run in runs:
        wanted |= _measured(run)
    wanted[where] = f"{json.dumps(story, indent=1, ensure_ascii=False)}\n".encode()
    together.write_all(wanted)
    new_weights = any(run.weights for run in runs)
    reasons = {c.name: records.problems(c) for c in chapters.read_all()} if new_weights else {}
    stale = {name: found[0] for name, found in reasons.items() if found}
    return Accepted([run.chapter.name for run in runs], device, rows, where, stale)


def _device(record: dict[str, Any]) -> str:
    """Return the GPUs that a run used, or else the processor."""
    machine = record["machine"]
    gpus = [device["name"] for device in machine["devices"] if device["kind"] == "GPU"]
    return ", ".join(dict.fromkeys(gpus)) or str(machine["cpu"]["name"])
