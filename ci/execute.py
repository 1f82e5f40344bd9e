"""Execute the chapters whose stored output is stale, each in a fresh kernel, and store the result.

    python ci/execute.py                            what is stale
    python ci/execute.py classical/segmentation     this chapter, if stale
    python ci/execute.py --all --size large         everything, at a size

A chapter that raises leaves its stored output as it was. The other chapters still run, and the
exit status is 1. A tree that differs from its commit is refused, for a record must name a commit
that anybody can check out; ``--allow-changes`` is for trying. So is a chapter whose images or
libraries are not at hand, for its page would lack figures; ``--allow-gaps`` runs it all the same
and leaves it stale.
What a killed run has stored is whole and stays; the next run goes on behind it.
"""

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import commit
import gaps
import lock
import nbformat
import own_folders
import probe
import records

from gpu_course import command_line, paths, sizes
from gpu_course.book import chapters, run
from gpu_course.book.chapters import Chapter
from gpu_course.deep_learning import weights
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic

PAGE_BUDGET = 800_000
"""Bytes of output that one page may carry."""

BOOK_BUDGET = 20_000_000
"""Bytes that all stored outputs may take."""

WEIGHTS_BUDGET = 10_000_000
"""Bytes that all trained weights may take."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("chapters", nargs="*", help="chapters such as classical/segmentation")
    parser.add_argument("--all", action="store_true", help="run fresh chapters too")
    parser.add_argument("--size", choices=sizes.SIZES, help="problem size (else from the memory)")
    parser.add_argument("--device", help="auto, gpu, cpu or a part of an OpenCL device's name")
    parser.add_argument(
        "--allow-changes", action="store_true", help="execute a tree that is in no commit"
    )
    parser.add_argument(
        "--allow-gaps", action="store_true", help="execute what lacks images or libraries"
    )
    parser.add_argument(
        "--timeout", type=_seconds, default=1800, help="seconds allowed for one cell"
    )
    options = parser.parse_args(arguments)
    if options.size:
        os.environ["GPU_COURSE_SIZE"] = options.size
    if options.device:
        os.environ["GPU_COURSE_DEVICE"] = options.device
    sizes.current()  # a size that does not exist is told before the first chapter, not in each
    chosen = [chapters.read(name) for name in options.chapters or chapters.names()]
    chosen = [chapter for chapter in chosen if chapter.code_cells]
    changed = [] if options.allow_changes else commit.changes(paths.root())
    if changed and any(options.all or records.problems(chapter) for chapter in chosen):
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        print(
            f"{changed[0]}{more} differ{'' if more else 's'} from the last commit, so nobody could "
            f"repeat this run. Commit first, or add --allow-changes for outputs not to be kept.",
            file=sys.stderr,
        )
        return 1
    with lock.alone(paths.root() / "_build" / "execute.lock", "execution"):
        return _run(chosen, options)


def _seconds(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, at least 1")
    return int(text)


def _run(chosen: list[Chapter], options: argparse.Namespace) -> int:
    """Execute and store what is stale among `chosen`; return the exit status."""
    trainers = [chapter for chapter in chosen if trains(chapter)]
    failed = done = 0
    # Weights are data that other chapters read, so those that train them come first.
    for group in (trainers, [chapter for chapter in chosen if chapter not in trainers]):
        wanted = [c for c in group if options.all or records.problems(c)]
        for number, chapter in enumerate(wanted, 1):
            print(f"[{number}/{len(wanted)}] {chapter.name}", flush=True)
            try:
                lacks = gaps.before(chapter)
                if not options.allow_gaps:
                    gaps.refuse(chapter, lacks)
                found = execute(chapter, timeout=options.timeout)
                record = found[0].metadata[records.KEY]
                unread = gaps.unread(chapter, record["inputs"])
                if not options.allow_gaps:
                    gaps.refuse(chapter, [f"It never read the image set {n}." for n in unread])
                if lacks or unread:
                    record["lacks"] = gaps.names(chapter, unread)
                store(chapter, *found)
            except CourseError as error:
                failed += 1
                print(f"  {error}", file=sys.stderr, flush=True)
        done += len(wanted)
    if not done:
        print("Every stored output belongs to the tree; nothing to execute.")
        return 0
    if failed:
        print(f"{failed} of {done} failed; their outputs are unchanged.", file=sys.stderr)
    return 1 if failed else 0


def trains(chapter: Chapter) -> bool:
    """Return whether a chapter says that it trains weights that come with the course."""
    return bool(chapter.course.get("trains", False))


def execute(
    chapter: Chapter, *, timeout: int = 1800
) -> tuple[nbformat.NotebookNode, dict[str, bytes]]:
    """Return the executed notebook of `chapter`, with its record, and the weights it trained.

    Raises
    ------
    CourseError
        If a cell raises or takes longer than `timeout` seconds, or the outputs break a rule of
        the book (size, paths of this machine).
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
    _obey(chapter, notebook)
    notebook.metadata[records.KEY] = {
        "chapter": chapter.name,
        "code": chapter.code,
        "inputs": records.inputs_of(report["modules"], report["opened"]),
        "machine": report["machine"],
        "seconds": round(seconds, 1),
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.name(paths.root()),
    }
    if trained:
        notebook.metadata[records.KEY]["trained"] = {
            name: records.sha256_of(content) for name, content in trained.items()
        }
    return notebook, trained


def store_weights(chapter: Chapter, trained: dict[str, bytes]) -> None:
    """Write what a chapter saved in its folder ``weights`` to ``data/weights``.

    Raises
    ------
    CourseError
        If all weights together would take more than their budget; then none is written.
    """
    folder = paths.data() / "weights"
    kept = sum(f.stat().st_size for f in folder.glob("*") if f.name not in trained)
    if trained and kept + sum(map(len, trained.values())) > WEIGHTS_BUDGET:
        raise CourseError(
            f"{chapter.name}: the weights of the course would take more than "
            f"{WEIGHTS_BUDGET / 1e6:.0f} MB. Save in half precision, or train a smaller network."
        )
    for name, content in trained.items():
        write_atomic(folder / name, content)


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


def _obey(chapter: Chapter, notebook: nbformat.NotebookNode) -> None:
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


def store(chapter: Chapter, notebook: nbformat.NotebookNode, trained: dict[str, bytes]) -> None:
    """Write the weights that a chapter trained, its executed notebook and the scores it shows.

    Raises
    ------
    CourseError
        If outputs or weights would grow past their budget, or the disk is full; then the earlier
        output is kept.
    """
    store_weights(chapter, trained)
    text = nbformat.writes(notebook) + "\n"
    folder = paths.root() / "ci" / "outputs"
    others = sum(
        path.stat().st_size for path in folder.rglob("*.ipynb") if path != chapter.output_path
    )
    if others + len(text.encode()) > BOOK_BUDGET:
        raise CourseError(
            f"{chapter.name}: the book's stored outputs would take more than "
            f"{BOOK_BUDGET / 1e6:.0f} MB. Show smaller or fewer pictures."
        )
    write_atomic(chapter.output_path, text)
    found = records.shown_scores(notebook)
    file = records.scores_path(chapter)
    if found:
        write_atomic(file, json.dumps({"chapter": chapter.name, "scores": found}, indent=1) + "\n")
    else:
        file.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(command_line.ends_well(main))
