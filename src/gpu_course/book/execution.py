"""Execute a chapter with its record, and store the result: on the author's machine or a GPU node.

What may be stored is decided here too: sizes of outputs and weights, no warning, no folder of this
machine.
"""

import json
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import nbformat

from gpu_course import paths
from gpu_course.book import own_folders, probe, records, run, together
from gpu_course.book.chapters import Chapter
from gpu_course.deep_learning import weights
from gpu_course.errors import CourseError

PAGE_BUDGET = 800_000
"""Bytes of output that one page may carry."""

BOOK_BUDGET = 20_000_000
"""Bytes that all stored outputs may take."""

WEIGHTS_BUDGET = 12_000_000
"""Bytes that all trained weights may take, besides those in `AGAIN`."""

AGAIN = "again"
"""The folder of the same trainings with other seeds, which no chapter writes."""


def execute(
    chapter: Chapter, *, commit: str, timeout: int = 1800
) -> tuple[nbformat.NotebookNode, dict[str, bytes]]:
    """Return the executed notebook of `chapter`, with its record, and the weights it trained.

    The record names `commit`; a cell may take `timeout` seconds. Weights are given as file name →
    content.

    Raises
    ------
    CourseError
        If a cell raises or takes longer, or the outputs break a rule of the book (size, paths of
        this machine).
    """
    notebook = nbformat.from_dict(chapter.notebook)
    notebook.metadata = {
        "kernelspec": dict(chapter.notebook.metadata["kernelspec"]),
        "language_info": {"name": "python"},
    }
    started = time.perf_counter()
    lap = [started]

    trained: dict[str, bytes] = {}

    def at_end(folder: Path) -> None:
        for file in sorted((folder / weights.FOLDER).glob(f"*{weights.SUFFIX}")):
            trained[file.name] = file.read_bytes()

    def on_cell(done: int, total: int) -> None:
        now = time.perf_counter()
        print(f"  cell {done}/{total}  {now - lap[-1]:6.1f} s", flush=True)
        lap.append(now)

    report = json.loads(
        run.execute(
            notebook,
            chapter.name,
            timeout=timeout,
            on_cell=on_cell,
            before=probe.START,
            after=probe.END,
            at_end=at_end,
        )
    )
    seconds = lap[-1] - started
    _drop_execution_metadata(notebook)
    obey(chapter, notebook)
    notebook.metadata[records.KEY] = {
        "chapter": chapter.name,
        "code": chapter.code,
        "inputs": records.inputs_of(report["modules"], report["opened"], report["machine"]),
        "machine": report["machine"],
        "seconds": round(seconds, 1),
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit,
    }
    if trained:
        notebook.metadata[records.KEY]["trained"] = {
            name: records.sha256_of(content) for name, content in trained.items()
        }
    return notebook, trained


def _drop_execution_metadata(notebook: nbformat.NotebookNode) -> None:
    """Keep what the page shows; drop what changes from run to run without meaning."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            # Jupyter's widgets and plain-text object addresses differ in every run.
            if output.output_type in {"display_data", "execute_result"}:
                html = {"text/html", "image/png", "image/svg+xml"} & set(output.data)
                if html and " at 0x" in output.data.get("text/plain", ""):
                    output.data["text/plain"] = output.data["text/plain"].split(" at 0x")[0] + ">"


def output_size(notebook: nbformat.NotebookNode) -> int:
    """Return how many bytes the outputs of a notebook take, as JSON."""
    return len(json.dumps([cell.get("outputs", []) for cell in notebook.cells]))


def obey(chapter: Chapter, notebook: nbformat.NotebookNode) -> None:
    """Refuse outputs that the book may not carry."""
    size = output_size(notebook)
    if size > PAGE_BUDGET:
        raise CourseError(
            f"{chapter.name}: its outputs take {size / 1000:.0f} KB and a page may carry "
            f"{PAGE_BUDGET / 1000:.0f} KB. Show smaller or fewer pictures."
        )
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise CourseError(
                    f"{chapter.name}: the cell that begins “{cell.source.splitlines()[0]}” writes "
                    f"a warning, and pages carry none: {output.text.strip()[:300]}"
                )
    for cell in notebook.cells:
        if folder := own_folders.named_in(json.dumps(cell.get("outputs", []), ensure_ascii=False)):
            # The sentence goes to the terminal of the very machine.
            raise CourseError(
                f"{chapter.name}: the output of the cell that begins "
                f"“{cell.source.splitlines()[0]}” shows a folder of this machine, {folder}. "
                f"Print a name instead of a path."
            )


def store_weights(trained: Mapping[str, bytes]) -> None:
    """Write what a chapter saved in its folder ``weights`` to ``data/weights``.

    Raises
    ------
    CourseError
        If all weights together would take more than their budget; then none is written.
    """
    wanted: dict[Path, bytes | None] = {_weights_folder() / n: c for n, c in trained.items()}
    _keep_budgets(wanted)
    together.write_all(wanted)


def store(chapter: Chapter, notebook: nbformat.NotebookNode, trained: dict[str, bytes]) -> None:
    """Write the weights that a chapter trained, its executed notebook and the scores it shows.

    Raises
    ------
    CourseError
        If outputs or weights would grow past their budget, or the disk is full; then earlier
        outputs, weights and scores are kept, all of them.
    """
    together.write_all(files_of([(chapter, notebook, trained)]))


def files_of(
    executed: Iterable[tuple[Chapter, nbformat.NotebookNode, Mapping[str, bytes]]],
) -> dict[Path, bytes | None]:
    """Return what executed chapters leave in the tree: file → contents, None where one goes.

    Parameters
    ----------
    executed : iterable of tuple
        Each chapter with its executed notebook and the weights that it trained, by file name.

    Raises
    ------
    CourseError
        If outputs or weights would grow past their budget.
    """
    wanted: dict[Path, bytes | None] = {}
    for chapter, notebook, trained in executed:
        wanted |= {_weights_folder() / name: content for name, content in trained.items()}
        wanted[chapter.output_path] = f"{nbformat.writes(notebook)}\n".encode()
        shown = records.shown_scores(notebook)
        scores = json.dumps({"chapter": chapter.name, "scores": shown}, indent=1)
        wanted[records.scores_path(chapter)] = f"{scores}\n".encode() if shown else None
    _keep_budgets(wanted)
    return wanted


def _weights_folder() -> Path:
    return paths.data() / "weights"


def _keep_budgets(wanted: Mapping[Path, bytes | None]) -> None:
    """Refuse outputs or weights by which the book would grow past its budgets."""
    outputs = paths.root() / "ci" / "outputs"
    for what, folder, most, cure in (
        ("stored outputs", outputs, BOOK_BUDGET, "Show smaller or fewer pictures"),
        ("weights", _weights_folder(), WEIGHTS_BUDGET, "Save in half precision, or train less"),
    ):
        new = {file: len(c) for file, c in wanted.items() if c and file.is_relative_to(folder)}
        there = [file for file in folder.rglob("*") if file.is_file() and file not in new]
        # Trainings of other seeds have a budget of their own, and no chapter writes them.
        kept = [file for file in there if file.parent.name != AGAIN]
        size = sum(new.values()) + sum(file.stat().st_size for file in kept)
        if new and size > most:
            raise CourseError(
                f"The {what} of the course would take {size / 1e6:.1f} MB, and {most / 1e6:.0f} MB "
                f"are allowed. {cure}, or store fewer chapters."
            )
