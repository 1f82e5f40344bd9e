"""Every chapter runs to its end as a student meets it: untouched, in a fresh kernel, at `small`."""

import re

import nbformat
import pytest

from gpu_course import images
from gpu_course.book import chapters, links, notebooks, run
from gpu_course.images import catalogue, registry
from tests.site.toc import CHAPTERS

pytestmark = pytest.mark.chapter

BOOK = {name: chapters.read(name) for name in CHAPTERS}
WITH_CODE = [name for name, chapter in BOOK.items() if chapter.code_cells]

# The sets whose files no package brings.
PHOTOGRAPHS = [
    name
    for name in images.names()
    if any(not registry.entry(path).package for path in catalogue.files(name))
]


def shows_photographs(name):
    code = "\n".join(cell.source for cell in BOOK[name].code_cells)
    return any(re.search(rf"[\"']{photograph}[\"']", code) for photograph in PHOTOGRAPHS)


def outputs_of(name, folder, mirror):
    """Run the student notebook of a chapter, cut off from the network; return what it shows."""
    notebook = notebooks.build(BOOK[name], "student", links.chapter_links([]))
    nobody = "http://127.0.0.1:9"
    run.execute(
        notebook,
        name,
        environment={
            "GPU_COURSE_SIZE": "small",
            "GPU_COURSE_MIRROR": str(mirror),
            "GPU_COURSE_CACHE": str(folder / "cache"),
            **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), nobody),
        },
        timeout=600,
    )
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [(cell, output) for cell in cells for output in cell.outputs]


def text_of(shown):
    return "\n".join(
        output.get("text", "") or str(output.get("data", {}).get("text/plain", ""))
        for _, output in shown
    )


def check_outputs(name, shown):
    warned = {c.source.splitlines()[0]: o.text for c, o in shown if o.get("name") == "stderr"}
    assert warned == {}
    # An untouched stub is no fault: each check says so and the notebook goes on.
    code = "\n".join(cell.source for cell in BOOK[name].code_cells)
    asked = len(re.findall(r"\bcheck\(\s*[\"']", code))
    assert len(re.findall("not solved yet", text_of(shown), re.IGNORECASE)) == asked


@pytest.mark.parametrize("name", WITH_CODE)
def test_student_notebook_runs_without_network_and_photographs(name, tmp_path):
    mirror = tmp_path / "empty"
    mirror.mkdir()
    shown = outputs_of(name, tmp_path, mirror)
    check_outputs(name, shown)
    # The reader is told what is left out and how to get it.
    told = "GPU_COURSE_MIRROR" in text_of(shown)
    assert told == shows_photographs(name)


@pytest.mark.parametrize("name", list(filter(shows_photographs, WITH_CODE)))
def test_student_notebook_runs_with_the_photographs(name, mirror, tmp_path):
    shown = outputs_of(name, tmp_path, mirror.resolve())
    check_outputs(name, shown)
    left_out = [line for line in text_of(shown).splitlines() if "GPU_COURSE_MIRROR" in line]
    # A mirror of the photographs need not hold the cells of scikit-image.
    assert all("cells3d" in line for line in left_out)


def test_some_chapter_shows_photographs():
    assert any(map(shows_photographs, WITH_CODE))
