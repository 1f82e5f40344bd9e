"""The tree that Jupyter Book renders: chapters with stored outputs, and the pages made of data.

Nothing is executed and nothing is rendered here; `build.py` does the latter.
"""

import copy
import re
import shutil
from collections.abc import Mapping
from typing import Any

import api_pages
import benchmarks_page
import cards_page
import nbformat
import pages
import record_page
import run_sheet_page
import score_page
import shown_again
import weights_page
import yaml

from gpu_course import paths, runs, scores
from gpu_course.book import code_digest, install_address, records, solution_boxes
from gpu_course.book.chapters import Chapter
from gpu_course.files import write_atomic

ROOT = paths.root()
STAGE = ROOT / "_build" / "stage"
WHEEL_MARK = "{{ wheel }}"
"""Stands in a chapter's text, in blocks of code too, for the name of the file that pip installs."""


def stage(
    book: list[Chapter],
    executed: Mapping[str, nbformat.NotebookNode | None],
    stale: Mapping[str, list[str]],
    wheel: str,
) -> dict[str, dict[str, Any]]:
    """Write the tree that Jupyter Book renders, for a site that offers the file `wheel`.

    Parameters
    ----------
    book : list of Chapter
    executed : mapping
        Chapter's name → its stored output; it is not changed.
    stale : mapping
        Name of a chapter whose output is not that of the tree → why.
    wheel : str

    Returns
    -------
    dict
        Chapter's name → the record of its stored output; empty for a page without code.
    """
    shutil.rmtree(STAGE, ignore_errors=True)
    # Jupyter Book would load each script below _static on every page: the live figures come later.
    shutil.copytree(ROOT / "book", STAGE, ignore=shutil.ignore_patterns("*.md", "live"))
    # literalinclude shows the solutions from /src/…, seen from the staged root.
    shutil.copytree(
        ROOT / "src", STAGE / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, STAGE / name)
    titles = {chapter.name: chapter.title for chapter in book}
    found: dict[str, dict[str, Any]] = {}
    notes: dict[str, str] = {}
    pictures: dict[str, shown_again.Picture] = {}
    tables: list[str] = []
    for chapter in book:
        stored = executed.get(chapter.name)
        found[chapter.name] = records.read(stored)
        notes[chapter.name] = records.note(chapter, found[chapter.name])
        header = pages.header(
            chapter,
            found[chapter.name],
            titles,
            install_address.repository(),
            stale.get(chapter.name, []),
            wheel,
            notes[chapter.name],
        )
        notebook = staged(chapter, stored, header)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = cell.source.replace(WHEEL_MARK, wheel)
        write_atomic(STAGE / f"{chapter.name}.ipynb", nbformat.writes(notebook))
        if chapter.name == score_page.COMPARE:
            pictures = shown_again.pictures(notebook)
            tables = shown_again.tables(notebook, score_page.TAG)
    page = score_page.scores_page(scores.read(), titles, pictures, tables)
    write_atomic(STAGE / "reference" / "scores.md", page)
    for name in score_page.shown(pictures):
        picture = pictures[name]
        write_atomic(STAGE / "reference" / score_page.FOLDER / picture.file, picture.data)
    runs = record_page.read_runs(paths.data() / "runs")
    page = record_page.record_page(book, found, notes, runs)
    write_atomic(STAGE / "reference" / "execution-record.md", page)
    sheet = run_sheet_page.run_sheet_page(book, reading_order(), found)
    write_atomic(STAGE / "teaching" / "run-sheet.md", sheet)
    files = list((ROOT / "data" / "weights").glob("*.safetensors"))
    networks = ROOT / "data" / "network-cards"
    page = weights_page.weights_page(files, networks, found, titles, scores.read())
    write_atomic(STAGE / "reference" / "trained-networks.md", page)
    write_atomic(STAGE / "reference" / "image-cards.md", cards_page.cards_page())
    page = benchmarks_page.benchmarks_page(paths.data() / "benchmarks")
    write_atomic(STAGE / "reference" / "measured-speed.md", page)
    for name, text in api_pages.api_pages(paths.package()).items():
        write_atomic(STAGE / f"{name}.md", text)
    return found


def reading_order() -> list[str]:
    """Return the pages of the book in the order of ``_toc.yml``."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [entry["file"] for part in toc["parts"] for entry in part["chapters"]]


def _joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Return outputs in which what a kernel sent of one text in pieces is one piece again.

    MyST-NB joins them too, but strips each: a blank line between two pieces was lost.
    """
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else output
        one_text = last.output_type == output.output_type == "stream"
        if joined and one_text and last.name == output.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def staged(
    chapter: Chapter, executed: nbformat.NotebookNode | None, header: str
) -> nbformat.NotebookNode:
    """Return the chapter's own cells with the stored outputs and the header below the title."""
    notebook = nbformat.from_dict(chapter.notebook)
    texts = list(solution_boxes.with_imports(notebook.cells))
    for cell, text in zip(notebook.cells, texts, strict=True):
        cell.source = text
    stored = [cell for cell in executed.cells if cell.cell_type == "code"] if executed else []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    # Outputs stay with the cell whose code made them, also when a stale page is rendered.
    # Copies: what the page takes out of them, the notebook to download keeps.
    by_code = {
        code_digest.of_cell(cell.source): _joined(copy.deepcopy(cell.outputs)) for cell in stored
    }
    for number, cell in enumerate(code, 1):
        cell.outputs = by_code.get(code_digest.of_cell(cell.source), [])
        cell.execution_count = number if cell.outputs else None
        for output in cell.outputs:
            # Scores travel beside their table for the executor; the page shows the table.
            for own in (scores.MIME, runs.MIME):
                output.get("data", {}).pop(own, None)
        # The page takes the text for readers who cannot see a picture from the cell's metadata.
        if alt := alt_of(cell.outputs):
            cell.metadata.setdefault("mystnb", {}).setdefault("image", {}).setdefault("alt", alt)
    if chapter.name == "index":
        # The landing page opens with its question, not with its facts.
        notebook.cells.append(nbformat.v4.new_markdown_cell(header, id="header"))
    for cell in notebook.cells if chapter.name != "index" else []:
        if cell.cell_type == "markdown" and re.search(r"^# ", cell.source, re.MULTILINE):
            cell.source = re.sub(
                r"^(# .*)$",
                lambda title: f"{title[1]}\n\n{header}\n",
                cell.source,
                count=1,
                flags=re.MULTILINE,
            )
            break
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            sections = chapter.course.get("in_class_sections", [])
            cell.source = pages.mark_in_class(cell.source, sections)
    notebook.metadata.pop("jupytext", None)
    notebook.metadata.pop("course", None)
    return notebook


def alt_of(outputs: list[Any]) -> str:
    """Return what the pictures among a cell's outputs say of themselves; empty if nothing.

    A cell has one text for all its pictures, so the texts of several follow one another.
    """
    texts = [
        str(of_picture["alt"]).strip()
        for output in outputs
        for mime, of_picture in output.get("metadata", {}).items()
        if mime.startswith("image/") and "alt" in of_picture
    ]
    return " ".join(dict.fromkeys(text for text in texts if text))
