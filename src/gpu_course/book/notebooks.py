"""The three notebooks of a chapter: for the student, solved, and for Colab."""

import importlib.metadata
import re
from typing import Any, Literal, get_args

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from gpu_course.book import code_digest, solution_boxes
from gpu_course.book.chapters import Chapter
from gpu_course.book.install_address import Source
from gpu_course.book.plain_markdown import Links, convert
from gpu_course.errors import CourseError

Kind = Literal["student", "solved", "colab"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_SOLUTION = re.compile(r"^(?P<fence>:{3,}|`{3,})\{solution-(?P<side>start|end)\}", re.MULTILINE)

_HERE = """\
# Is the course installed where this notebook runs?
import importlib.util


class Stop(Exception):
    def _render_traceback_(self):
        return [str(self)]


if importlib.util.find_spec("gpu_course") is None:
    raise Stop(
        "The package gpu_course is not installed for this kernel: install it as the chapter "
        "{setup} says, or choose the kernel of the environment that has it."
    )
"""

_STOP = """\
# Set up Colab: run this cell first, once. It needs no change.
import hashlib
import subprocess
import sys
from pathlib import Path
from urllib.request import urlretrieve


class Stop(Exception):
    def _render_traceback_(self):
        return [str(self)]


if not {first} <= sys.version_info[:2] < {end}:
    raise Stop(
        "This notebook needs {pythons}, and here is "
        f"Python {{sys.version.split()[0]}}: choose another under Runtime → Change runtime type."
    )
"""

_WHEEL = """\
name, address = {file!r}, {address!r}
sha256 = {sha256!r}
course = next((path for path in (Path(name), Path("/content", name)) if path.is_file()), None)
try:
    course = course or Path(urlretrieve(address, name)[0])
except (OSError, ValueError):
    raise Stop(
        f"Download {{name}} (“Package” below the title of the chapter's page) and put it beside "
        "this notebook; on Colab, drop it on the panel Files. Then run this cell again."
    ) from None
if hashlib.sha256(course.read_bytes()).hexdigest() != sha256:
    raise Stop(
        f"{{course}} is not the file this notebook was made with: delete it, and download both "
        "again from the chapter's page."
    )
"""

_GIT = """\
course = {course!r}
"""

_NOWHERE = """\
raise Stop(
    "This notebook was made from a copy of the course that was not installed from a file: take "
    "the Colab notebook from the chapter's page, with the file “Package” beside it."
)
"""

_INSTALL = """\
pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall"]
subprocess.run([*pip, course], check=True)

from gpu_course.book import set_up

set_up.here({extras!r})
"""


def build(
    chapter: Chapter,
    kind: Kind,
    links: Links,
    *,
    executed: nbformat.NotebookNode | None = None,
    install: Source | None = None,
) -> nbformat.NotebookNode:
    """Return one notebook of `chapter`, with plain Markdown and nothing of the site's machinery.

    Its first cell says how to get the course where it is not installed.

    Parameters
    ----------
    chapter : Chapter
        The chapter as written.
    kind : {"student", "solved", "colab"}
        ``student`` has stubs and no solution; ``solved`` has solutions and stored outputs;
        ``colab`` is ``student`` behind one set-up cell.
    links : Links
        Where references lead.
    executed : nbformat.NotebookNode, optional
        The stored executed notebook, for ``solved``.
    install : Source, optional
        What the set-up cell of ``colab`` installs; see :mod:`gpu_course.book.install_address`.
        Without it that cell says where to get a notebook that can.

    Raises
    ------
    CourseError
        If `kind` is unknown, or ``solved`` is asked for without outputs of this very code.
    """
    if kind not in KINDS:
        raise CourseError(f"There is no notebook kind “{kind}”. Choose one of {', '.join(KINDS)}.")
    outputs = iter(_outputs(chapter, executed)) if kind == "solved" else None
    cells, inside_solution = [], False
    texts = solution_boxes.with_imports(chapter.notebook.cells)
    for cell, source in zip(chapter.notebook.cells, texts, strict=True):
        stored = next(outputs) if outputs and cell.cell_type == "code" else []
        if cell.cell_type == "markdown":
            if kind != "solved":
                source, inside_solution = _without_solutions(source, inside_solution)
            if text := convert(source, links):
                cells.append(new_markdown_cell(text))
        elif not inside_solution:
            code = new_code_cell(cell.source, outputs=stored)
            if stored:
                code.execution_count = max(
                    (o.execution_count for o in stored if o.get("execution_count")), default=None
                )
            # JupyterLab folds what the page folds.
            if {"hide-input", "remove-input"} & set(cell.metadata.get("tags", [])):
                code.metadata["jupyter"] = {"source_hidden": True}
            cells.append(code)
            if caption := cell.metadata.get("mystnb", {}).get("figure", {}).get("caption"):
                cells.append(new_markdown_cell(f"*{convert(caption, links)}*"))
    if kind == "colab":
        cells.insert(1, new_code_cell(_set_up(chapter, install or Source())))
    elif any(cell.cell_type == "code" for cell in cells):
        setup = f"{links.site}start/setup.html" if links.site else "start/setup"
        here = new_code_cell(_HERE.format(setup=setup).rstrip())
        here.metadata["jupyter"] = {"source_hidden": True}
        cells.insert(1, here)
    for position, cell in enumerate(cells):
        cell["id"] = f"cell-{position:03d}"
    metadata: dict[str, Any] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "gpu_course": {
            "chapter": chapter.name,
            "kind": kind,
            "version": importlib.metadata.version("gpu-course"),
        },
    }
    if kind == "colab":
        metadata["accelerator"] = "GPU"
        metadata["colab"] = {"provenance": []}
    notebook = new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(notebook)
    return notebook


def extras(chapter: Chapter) -> list[str]:
    """Return the optional parts of the package that `chapter` needs on a machine with a GPU."""
    known = {
        "cupy": "cuda12",
        "torch": "deep-learning",
        "tensorflow": "deep-learning",
        "dask": "scaling",
    }
    return sorted({known[need] for need in chapter.course.get("needs", []) if need in known})


def _set_up(chapter: Chapter, source: Source) -> str:
    """Return the code of the set-up cell on Colab."""
    first, end = source.bounds()
    pythons = f"Python {first[0]}.{first[1]} to {end[0]}.{end[1] - 1}"
    stop = _STOP.format(first=first, end=end, pythons=pythons)
    if source.file:
        find = _WHEEL.format(file=source.file, address=source.address, sha256=source.sha256)
    elif source.address:
        find = _GIT.format(course=f"gpu-course @ {source.address}")
    else:
        return stop + _NOWHERE.rstrip()
    return stop + find + _INSTALL.format(extras=extras(chapter)).rstrip()


def read_executed(chapter: Chapter) -> nbformat.NotebookNode | None:
    """Return the stored executed notebook of `chapter`, or None if there is none."""
    if not chapter.output_path.is_file():
        return None
    try:
        return nbformat.read(chapter.output_path, as_version=4)
    except Exception as error:
        raise CourseError(
            f"The stored output of {chapter.name} cannot be read: {error}. "
            f"Run `make execute` to compute it again."
        ) from error


def _outputs(
    chapter: Chapter, executed: nbformat.NotebookNode | None
) -> list[list[nbformat.NotebookNode]]:
    """Return the outputs of each code cell, after making sure that they belong to it."""
    if not chapter.code_cells:
        return []
    stored = [cell for cell in executed.cells if cell.cell_type == "code"] if executed else []
    kept, now = (
        [code_digest.of_cell(cell.source) for cell in cells]
        for cells in (stored, chapter.code_cells)
    )
    if kept != now:
        state = "are older than its code" if executed else "do not exist"
        raise CourseError(
            f"The stored outputs of {chapter.name} {state}. Run `make execute` to compute them."
        )
    return [cell.outputs for cell in stored]


def _without_solutions(source: str, inside: bool) -> tuple[str, bool]:
    """Drop what stands between ``solution-start`` and ``solution-end``, across cells too."""
    kept, lines, position = [], source.splitlines(), 0
    while position < len(lines):
        mark = _SOLUTION.match(lines[position].strip())
        if mark:
            inside = mark["side"] == "start"
            # Skip the directive's own options up to its closing fence.
            while lines[position].strip() != mark["fence"]:
                position += 1
        elif not inside:
            kept.append(lines[position])
        position += 1
    return "\n".join(kept), inside
