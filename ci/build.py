"""Render the book from stored outputs. Nothing is ever executed here.

    python ci/build.py                 check the records, then build _build/html
    python ci/build.py --check         only say whether the stored outputs belong to the tree
    python ci/build.py --allow-stale   render all the same, with a banner on each stale page

A chapter that computes long is not stale because a module that only draws has changed; a note says
then that an earlier version has drawn its pictures.

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

import finish
import nbformat
import pages
import phone
import record_page
import render
import site_folder
import yaml
from staging import STAGE, stage

from gpu_course import command_line, paths
from gpu_course.book import (
    chapters,
    install_address,
    links,
    lock,
    notebooks,
    package,
    records,
)
from gpu_course.book.chapters import Chapter
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic

ROOT = paths.root()
SITE = ROOT / "_build" / "html"
NEW = ROOT / "_build" / "new"
"""Where the next site grows; it takes the place of the last one when it is whole."""
LIVE = Path("book") / "_static" / "live"
"""What the live figures fetch when a reader presses their button, and not before."""
LIVE_WEIGHTS = ("roots-unet.safetensors", "rootnav-unet.safetensors")
"""Trained networks that a live figure reads."""


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
        for name, words in records.notes(book).items():
            print(f"note: {name}: {words}")
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
    executed = {c.name: notebooks.read_executed(c) for c in book if c.code_cells}
    found = stage(book, executed, stale, wheel.name)
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
            stored = executed[chapter.name] if kind == "solved" else None
            notebook = notebooks.build(chapter, kind, targets, executed=stored, install=source)
            file = site / pages.notebook_path(chapter.name, kind)
            write_atomic(file, nbformat.writes(notebook) + "\n")
    site_folder.take_the_place_of(site, SITE)


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
