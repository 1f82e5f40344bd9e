"""Render the book from stored outputs. Nothing is ever executed here.

    python ci/build.py                 check the records, then build _build/html
    python ci/build.py --check         only say whether the stored outputs belong to the tree
    python ci/build.py --allow-stale   render all the same, with a banner on each stale page

The wheel of the course is built into the site, for pip and for the Colab notebooks.
The chapters are staged in _build/stage as notebooks (source text, stored outputs, the made
header), and Jupyter Book renders that tree with execution off and warnings as errors.
"""

import argparse
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import api_pages
import benchmarks_page
import cards_page
import finish
import nbformat
import pages
import phone
import record_page
import render
import run_sheet_page
import score_page
import shown_again
import site_folder
import weights_page
import yaml

from gpu_course import command_line, paths, runs, scores
from gpu_course.book import (
    chapters,
    code_digest,
    install_address,
    links,
    lock,
    notebooks,
    package,
    records,
    solution_boxes,
)
from gpu_course.book.chapters import Chapter
from gpu_course.book.plain_markdown import Links
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic

ROOT = paths.root()
STAGE = ROOT / "_build" / "stage"
SITE = ROOT / "_build" / "html"
NEW = ROOT / "_build" / "new"
"""Where the next site grows; it takes the place of the last one when it is whole."""
LIVE = Path("book") / "_static" / "live"
"""What the live figures fetch when a reader presses their button, and not before."""
LIVE_WEIGHTS = ("roots-unet.safetensors", "rootnav-unet.safetensors")
"""Trained networks that a live figure reads."""
WHEEL_MARK = "{{ wheel }}"
"""Stands in a chapter's text, in blocks of code too, for the name of the file that pip installs."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="only compare outputs and tree")
    parser.add_argument("--allow-stale", action="store_true", help="render stale outputs, marked")
    options = parser.parse_args(arguments)
    try:
        book = list(chapters.read_all())
        stale = {chapter.name: records.problems(chapter) for chapter in book}
        stale = {name: reasons for name, reasons in stale.items() if reasons}
        for name, reasons in stale.items():
            for reason in reasons:
                print(f"stale: {name}: {reason}", file=sys.stderr)
        if stale and not options.allow_stale:
            print("Run `make execute` to compute what is stale.", file=sys.stderr)
            return 1
        if options.check:
            print(f"The stored outputs of all {len(book)} chapters belong to the tree.")
            return 0
        # Only the build writes: two at once would each delete what the other has staged.
        with lock.alone(ROOT / "_build" / "build.lock", "build of this course"):
            build(book, stale)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\nThe site is in {SITE.relative_to(ROOT)}. Look at it with `make serve`.")
    return 0


def build(book: list[Chapter], stale: dict[str, list[str]]) -> None:
    """Stage the chapters, render the site and write its notebooks.

    Raises
    ------
    CourseError
        If Jupyter Book reports an error or a warning.
    """
    address = site_address()  # a wrong one is told before the minutes of the build
    site_folder.need_room(ROOT / "_build")
    wheel = package.build(ROOT, ROOT / "_build" / "wheel")
    found = stage(book, stale, wheel.name)
    site = NEW / "_build" / "html"
    # A page that left the book must not stay on the site.
    shutil.rmtree(site, ignore_errors=True)
    tool = Path(sys.executable).with_name("jupyter-book")
    if render.render(
        [tool, "build", STAGE, "--path-output", NEW, "--warningiserror", "--keep-going"],
        # The course's own Sphinx extension lies beside this file.
        {**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    ):
        raise CourseError("Jupyter Book reported the warnings above. Mend them and build again.")
    write_atomic(site / "reference" / record_page.FILE, record_page.record_file(book, found))
    live = site / LIVE.relative_to("book")
    shutil.copytree(ROOT / LIVE, live)
    # The very file that the chapters use; in the repository it lies once.
    for name in LIVE_WEIGHTS:
        write_atomic(live / "weights" / name, (paths.data() / "weights" / name).read_bytes())
    finish.mend_bibliography(site / "reference" / "bibliography.html")
    finish.mend_markup(site)
    executed = {c.name: notebooks.read_executed(c) for c in book if c.code_cells}
    phone.fit_figures(site, phone.drawn_figures(executed))
    write_atomic(site / install_address.DOWNLOADS / wheel.name, wheel.read_bytes())
    finish.trim_icons(site)
    finish.add_redirects(site, book)
    finish.add_previews(site, address)
    source = install_address.of_wheel(wheel, address)
    targets = links.chapter_links(book, address)
    for chapter in book:
        # A stale chapter's outputs may not fit its cells; its solved notebook is left out.
        kinds = [k for k in notebooks.KINDS if k != "solved" or chapter.name not in stale]
        for kind in kinds if chapter.code_cells else []:
            write_notebook(site, chapter, kind, targets, source)
    site_folder.take_the_place_of(site, SITE)


def write_notebook(
    site: Path,
    chapter: Chapter,
    kind: notebooks.Kind,
    targets: Links,
    source: install_address.Source,
) -> None:
    """Write one downloadable notebook into the site."""
    notebook = notebooks.build(
        chapter,
        kind,
        targets,
        executed=notebooks.read_executed(chapter),
        install=source,
    )
    text = nbformat.writes(notebook) + "\n"
    write_atomic(site / pages.notebook_path(chapter.name, kind), text)


def stage(
    book: list[Chapter], stale: dict[str, list[str]], wheel: str
) -> dict[str, dict[str, Any]]:
    """Write the tree that Jupyter Book renders, for a site that offers the file `wheel`.

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
    pictures: dict[str, shown_again.Picture] = {}
    tables: list[str] = []
    for chapter in book:
        executed = notebooks.read_executed(chapter) if chapter.code_cells else None
        found[chapter.name] = records.read(executed)
        header = pages.header(
            chapter,
            found[chapter.name],
            titles,
            install_address.repository(),
            stale.get(chapter.name, []),
            wheel,
        )
        notebook = staged(chapter, executed, header)
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
    page = record_page.record_page(book, found, runs)
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
    by_code = {code_digest.of_cell(cell.source): cell.outputs for cell in stored}
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


def site_address() -> str:
    """Return the public address of the site, ``""`` if it is not known.

    ``GPU_COURSE_SITE`` says it, else ``_config.yml``, else the rule of GitHub's pages.

    Raises
    ------
    CourseError
        If ``GPU_COURSE_SITE`` holds anything but a web address.
    """
    if address := os.environ.get("GPU_COURSE_SITE", "").strip():
        if not re.fullmatch(r"https?://[\w.-]+(:\d{1,5})?(/[^\s?#]*)?", address):
            raise CourseError(
                f"GPU_COURSE_SITE is {address!r}, which is no web address of a folder. Set it to "
                f"one such as https://example.org/course/, or unset it."
            )
        return address
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    address = (config.get("html") or {}).get("baseurl", "")
    if not address and install_address.repository():
        owner, name = install_address.repository().split("/", 1)
        address = f"https://{owner.lower()}.github.io/{name}/"
    return str(address)


if __name__ == "__main__":
    sys.exit(command_line.ends_well(main))
