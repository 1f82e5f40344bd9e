"""What lies in `book/_static/live`: small, readable, complete, and named by a page."""

import re

import pytest

from gpu_course import paths
from tests.live.test_figures import LESSONS

BOOK = paths.root() / "book"
LIVE = BOOK / "_static" / "live"
CODE = sorted(file for file in LIVE.rglob("*") if file.suffix in {".js", ".wgsl", ".css"})
CSS = (BOOK / "_static" / "course.css").read_text(encoding="utf-8")
PAGES = {page.relative_to(BOOK).as_posix(): page.read_text("utf-8") for page in BOOK.rglob("*.md")}
# The page of scores is written by the build.
PAGES["reference/scores.md"] = (paths.root() / "ci" / "score_page.py").read_text("utf-8")
ON_PAGES = {
    (page, name)
    for page, text in PAGES.items()
    for name in re.findall(r"^[ \"]*:{3,}\{div\} live live-([\w-]+)", text, re.M)
}


def fetched_by(lesson):
    """Return the files of code that a press on a figure's button fetches."""
    files, waiting = {LIVE / "live.css"}, ["figure.js", f"{lesson}.js"]
    while waiting:
        file = LIVE / waiting.pop()
        if file in files:
            continue
        files.add(file)
        text = file.read_text(encoding="utf-8")
        waiting += re.findall(r"from \"\./([\w./-]+)\"", text)
        # Kernels are named whole, in parts, or by the name of their file in a list.
        words = set(re.findall(r"[\w-]+", text))
        waiting += [k.relative_to(LIVE).as_posix() for k in LIVE.rglob("*.wgsl") if k.stem in words]
    return files


def test_all_that_may_fail_is_tried_on_every_figure_of_a_page():
    assert {name for _, name in ON_PAGES} == set(LESSONS)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_code_of_a_figure_is_small(lesson):
    assert sum(file.stat().st_size for file in fetched_by(lesson)) <= 200_000


@pytest.mark.parametrize("file", CODE, ids=lambda file: file.name)
def test_every_file_can_be_read(file):
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) < 300
    assert max(len(line) for line in lines) <= 120
    begins = ("//", "/*", "@compute") if "kernels" in file.parts else ("//", "/*")
    assert lines[0].startswith(begins), "a file begins with what it is for"


@pytest.mark.parametrize(("page", "name"), sorted(ON_PAGES))
def test_a_figure_on_a_page_has_its_lesson_and_its_room(page, name):
    lesson = (LIVE / f"{name}.js").read_text(encoding="utf-8")
    for part in ("const title", "selfTest", "async function open"):
        assert part in lesson
    assert re.search(
        rf"^\.live-{name} \{{ --live-room: \d+rem; --live-room-phone: \d+rem; \}}$", CSS, re.M
    )


def test_nothing_names_another_host():
    for file in CODE:
        addresses = set(re.findall(r"https?://[^\s\"'`)]+", file.read_text(encoding="utf-8")))
        assert addresses <= {"http://www.w3.org/2000/svg"}, file.name


def test_imports_lead_to_files_that_are_there():
    for file in LIVE.glob("*.js"):
        for name in re.findall(r"from \"\./([\w./-]+)\"", file.read_text(encoding="utf-8")):
            assert (LIVE / name).is_file(), f"{file.name} imports {name}"
