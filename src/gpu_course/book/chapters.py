"""Read the chapters of the book: MyST Markdown in, notebook cells and front matter out.

Only the package :mod:`gpu_course.book`, the command line and ``ci`` know the book's files.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat

from gpu_course import paths
from gpu_course.book import code_digest
from gpu_course.did_you_mean import closest
from gpu_course.errors import CourseError


@dataclass(frozen=True)
class Chapter:
    """One chapter as its author wrote it.

    Parameters
    ----------
    name : str
        Its path in ``book/`` without the ending, such as ``"classical/segmentation"``.
    notebook : nbformat.NotebookNode
        Its cells without outputs, version 4. Markdown cells hold MyST.
    """

    name: str
    notebook: nbformat.NotebookNode

    @property
    def course(self) -> dict[str, Any]:
        """The ``course:`` part of the front matter: minutes, needs, chapters before."""
        return dict(self.notebook.metadata.get("course", {}))

    @property
    def trains(self) -> bool:
        """Whether it trains weights that come with the course."""
        return bool(self.course.get("trains", False))

    @property
    def title(self) -> str:
        """The first heading."""
        for cell in self.notebook.cells:
            if cell.cell_type == "markdown":
                for line in cell.source.splitlines():
                    if line.startswith("# "):
                        return line[2:].strip()
        return self.name

    @property
    def code(self) -> str:
        """The sha256 of what the code cells do: prose, tags and line breaks do not change it."""
        return code_digest.of_cells(cell.source for cell in self.code_cells)

    @property
    def code_cells(self) -> list[nbformat.NotebookNode]:
        """The code cells, in order."""
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    @property
    def output_path(self) -> Path:
        """Where the executed notebook of this chapter is stored."""
        return paths.root() / "ci" / "outputs" / f"{self.name}.ipynb"


def names() -> list[str]:
    """Return the names of all chapters, sorted."""
    book = paths.root() / "book"
    return sorted(
        str(path.relative_to(book).with_suffix("").as_posix()) for path in book.rglob("*.md")
    )


def read(name: str) -> Chapter:
    """Return the chapter `name`.

    Raises
    ------
    CourseError
        If there is no such chapter, or its front matter cannot be read.
    """
    wanted = name.removeprefix("book/").removesuffix(".md")
    known = names()
    if wanted not in known:
        near = closest(wanted, known)
        raise CourseError(
            f"There is no chapter “{name}”.{near} The chapters are: {', '.join(known)}."
        )
    return parse(wanted, (paths.root() / "book" / f"{wanted}.md").read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Chapter:
    """Return the chapter written in `text`, MyST Markdown with front matter."""
    try:
        notebook = jupytext.reads(text, fmt="md:myst")
    except Exception as error:
        raise CourseError(
            f"book/{name}.md is no MyST chapter: {error}. Compare its front matter and cell heads "
            f"with those of another chapter."
        ) from error
    # Identifiers made from the position, not from chance: a rebuild must not differ.
    for position, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{position:03d}"
    return Chapter(name, nbformat.from_dict(notebook))


def read_all() -> Iterator[Chapter]:
    """Yield every chapter, sorted by name."""
    return (read(name) for name in names())
