"""How a chapter's student notebook is run, and what each run must show."""

import re

import nbformat

from gpu_course import images
from gpu_course.book import chapters, links, notebooks, run
from gpu_course.images import catalogue, registry
from tests.site.toc import CHAPTERS

BOOK = {name: chapters.read(name) for name in CHAPTERS}
WITH_CODE = [name for name, chapter in BOOK.items() if chapter.code_cells]

# The sets whose files no package brings.
PHOTOGRAPHS = [
    name
    for name in images.names()
    if any(not registry.entry(path).package for path in catalogue.files(name))
]


def photographs_of(name):
    code = "\n".join(cell.source for cell in BOOK[name].code_cells)
    return [each for each in PHOTOGRAPHS if re.search(rf"[\"']{each}[\"']", code)]


def shows_photographs(name):
    return bool(photographs_of(name))


def files_of(name):
    """Return the files that the photographs of a chapter are made of, as a mirror names them."""
    sets = photographs_of(name)
    return [
        path for each in sets for path in catalogue.files(each) if not registry.entry(path).package
    ]


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


def run_without_photographs(name, folder):
    """Run a student notebook without network and photographs; check what it shows."""
    mirror = folder / "empty"
    mirror.mkdir()
    shown = outputs_of(name, folder, mirror)
    check_outputs(name, shown)
    # The reader is told what is left out and how to get it.
    told = "GPU_COURSE_MIRROR" in text_of(shown)
    assert told == shows_photographs(name)


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
