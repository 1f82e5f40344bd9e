"""Where the book's labels, figures and citations lead."""

import re
from collections.abc import Iterable

from gpu_course import paths
from gpu_course.book.chapters import Chapter
from gpu_course.book.plain_markdown import Links

_HEADING_LABEL = re.compile(r"^\((?P<label>[\w:.-]+)\)=\s*\n+#+\s+(?P<title>.+)$", re.MULTILINE)
_EXERCISE = re.compile(
    r"\{exercise-start\}[ \t]*(?P<title>.*)\n:label:[ \t]*(?P<label>\S+)", re.MULTILINE
)


def chapter_links(chapters: Iterable[Chapter], site: str = "") -> Links:
    """Return where every label of `chapters` leads, for a site at the address `site`."""
    targets = {}
    for chapter in chapters:
        for cell in chapter.notebook.cells:
            if cell.cell_type == "markdown":
                for pattern in (_HEADING_LABEL, _EXERCISE):
                    for found in pattern.finditer(cell.source):
                        targets[found["label"]] = (chapter.name, found["title"].strip())
            else:
                figure = cell.metadata.get("mystnb", {}).get("figure", {})
                if "name" in figure:
                    targets[figure["name"]] = (chapter.name, "the figure")
    site = f"{site.rstrip('/')}/" if site else ""
    return Links(targets, site, _citations())


def _citations() -> dict[str, tuple[str, str]]:
    """Return citation key → (“First author year”, address)."""
    file = paths.root() / "book" / "references.bib"
    if not file.is_file():
        return {}
    # pybtex reads BibTeX as the site's own bibliography does.
    from pybtex.database import parse_file

    short = {}
    for key, entry in parse_file(str(file)).entries.items():
        authors = entry.persons.get("author", [])
        name = " ".join(authors[0].last_names) if authors else key
        name += " et al." if len(authors) > 2 else ""
        if len(authors) == 2:
            name += f" and {' '.join(authors[1].last_names)}"
        doi = entry.fields.get("doi")
        address = f"https://doi.org/{doi}" if doi else entry.fields.get("url", "")
        short[key] = (f"{name} {entry.fields.get('year', '')}".strip(), address)
    return short
