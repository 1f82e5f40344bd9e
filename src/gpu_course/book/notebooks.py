"""The three notebooks of a chapter: for the student, solved, and for Colab."""

import importlib.metadata
import re
from typing import Any, Literal, get_args

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from gpu_course.book.chapters import Chapter
from gpu_course.book.plain_markdown import Links, convert
from gpu_course.errors import CourseError

Kind = Literal["student", "solved", "colab"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_SOLUTION = re.compile(r"^(?P<fence>:{3,}|`{3,})\{solution-(?P<side>start|end)\}", re.MULTILINE)

_COLAB = """\
# Set up Colab: run this cell first, once. It needs no change.
import importlib.util
import subprocess
from pathlib import Path

course = {requirement!r}
if importlib.util.find_spec("gpu_course") is None and course:
    subprocess.run(["pip", "install", "--quiet", course], check=True)
    print("Installed. Choose Runtime → Restart session, then run this cell once more.")
elif importlib.util.find_spec("gpu_course") is None:
    print("This notebook was made from a copy of the course that has no public address.")
    print("Upload the course's folder, install it with `%pip install FOLDER`, and restart.")

if subprocess.run("nvidia-smi", shell=True, capture_output=True).returncode:
    print("This runtime has no GPU. Choose Runtime → Change runtime type → T4 GPU.")
    print("Without one the notebook still runs, on the CPU.")
elif not list(Path("/etc/OpenCL/vendors").glob("nvidia*.icd")):
    # Tell the OpenCL loader that NVIDIA's driver is there.
    Path("/etc/OpenCL/vendors").mkdir(parents=True, exist_ok=True)
    Path("/etc/OpenCL/vendors/nvidia.icd").write_text("libnvidia-opencl.so.1\\n")
"""


def build(
    chapter: Chapter,
    kind: Kind,
    links: Links,
    *,
    executed: nbformat.NotebookNode | None = None,
    requirement: str = "",
) -> nbformat.NotebookNode:
    """Return one notebook of `chapter`, with plain Markdown and nothing of the site's machinery.

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
    requirement : str
        What pip installs on Colab, such as ``"gpu-course @ git+https://…@<commit>"``; see
        :mod:`gpu_course.book.install_address`. Without it the set-up cell says how to install by
        hand.

    Raises
    ------
    CourseError
        If `kind` is unknown, or ``solved`` is asked for without outputs of this very code.
    """
    if kind not in KINDS:
        raise CourseError(f"There is no notebook kind “{kind}”. Choose one of {', '.join(KINDS)}.")
    outputs = iter(_outputs(chapter, executed)) if kind == "solved" else None
    cells, inside_solution = [], False
    for cell in chapter.notebook.cells:
        stored = next(outputs) if outputs and cell.cell_type == "code" else []
        if cell.cell_type == "markdown":
            source = cell.source
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
        cells.insert(1, new_code_cell(_COLAB.format(requirement=requirement)))
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
    known = {"cupy": "cuda12", "torch": "deep-learning", "tensorflow": "deep-learning"}
    return sorted({known[need] for need in chapter.course.get("needs", []) if need in known})


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
    same = [cell.source for cell in stored] == [cell.source for cell in chapter.code_cells]
    if not same:
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
