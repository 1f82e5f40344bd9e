"""The header below a chapter's title: every fact in it is read from front matter and record."""

from html import escape
from typing import Any

from gpu_course.book.chapters import Chapter
from gpu_course.book.install_address import DOWNLOADS
from gpu_course.book.notebooks import KINDS, Kind

NEEDS = {
    "opencl": "OpenCL (a GPU, or the CPU)",
    "cupy": "CuPy on an NVIDIA GPU, else NumPy",
    "torch": "PyTorch (a GPU, or the CPU)",
    "tensorflow": "TensorFlow (a GPU, or the CPU)",
    "dask": "Dask and OME-Zarr (the extra scaling)",
    "display": "a display for napari",
}

_DOWNLOADS: dict[Kind, tuple[str, str]] = {
    "student": ("Student notebook", "exercises to solve, no solutions"),
    "solved": ("Solved notebook", "with solutions and outputs"),
    "colab": ("Colab notebook", "student notebook with a set-up cell"),
}


def up(page: str) -> str:
    """Return the relative way from a page of the site to its root, ``""`` or ``"../"`` repeated."""
    return "../" * page.count("/")


def notebook_path(name: str, kind: Kind) -> str:
    """Return where the site keeps a chapter's notebook, relative to its root."""
    return f"notebooks/{kind}/{name}.ipynb"


def header(
    chapter: Chapter,
    record: dict[str, Any],
    titles: dict[str, str],
    repository: str,
    stale: list[str],
    wheel: str,
    note: str = "",
) -> str:
    """Return the strip below a chapter's title, as HTML.

    Parameters
    ----------
    chapter : Chapter
    record : dict
        The record of its stored output; empty for a page without code.
    titles : dict
        chapter name → title, for the links to the chapters before.
    repository : str
        ``"owner/name"`` on GitHub, or ``""``: then there is no link that opens Colab.
    stale : list of str
        Why the outputs are stale, for a build that allows it.
    wheel : str
        Name of the file that pip installs.
    note : str
        By what its pictures were drawn, if that has changed since.
    """
    rows = [_list("course-facts", _facts(chapter, titles))]
    if chapter.code_cells:
        rows.append(_list("course-links", _downloads(chapter, repository, wheel)))
    if record:
        words = f"{stamp(record)} The pictures were {note}." if note else stamp(record)
        rows.append(f'<p class="course-stamp">{escape(words)}</p>')
    if stale:
        rows.append(
            '<p class="course-stale"><strong>These outputs are older than the code:</strong> '
            f"{escape('; '.join(stale))}.</p>"
        )
    return f'<div class="course-header">\n{chr(10).join(rows)}\n</div>'


def mark_in_class(source: str, sections: list[str]) -> str:
    """Return the text of a cell with a mark below each heading that the class sees.

    Parameters
    ----------
    source : str
        MyST Markdown.
    sections : list of str
        Headings, as the front matter has them under ``in_class_sections``.
    """
    mark = '<p class="course-in-class">in class</p>'
    lines = [
        f"{line}\n\n{mark}" if line.removeprefix("## ") in sections and line[:3] == "## " else line
        for line in source.splitlines()
    ]
    return "\n".join(lines)


def _list(name: str, entries: list[str]) -> str:
    return f'<ul class="{name}">{"".join(f"<li>{entry}</li>" for entry in entries)}</ul>'


def _facts(chapter: Chapter, titles: dict[str, str]) -> list[str]:
    course = chapter.course
    facts = [f"{course['minutes']} min"] if course.get("minutes") else []
    if course.get("exercise_minutes"):
        facts.append(f"{course['exercise_minutes']} min of exercises")
    if "in_class" in course:
        sheet = f'<a href="{up(chapter.name)}teaching/run-sheet.html">'
        minutes = course["in_class"]
        facts.append(f"{sheet}{f'{minutes} min in class' if minutes else 'at home'}</a>")
    facts += [f"runs on {escape(NEEDS[need])}" for need in course.get("needs", [])]
    before = [
        f'<a href="{up(chapter.name)}{name}.html">{escape(titles.get(name, name))}</a>'
        for name in course.get("before", [])
    ]
    return [*facts, *([f"after {', '.join(before)}"] if before else [])]


def _downloads(chapter: Chapter, repository: str, wheel: str) -> list[str]:
    links = []
    for kind in KINDS:
        title, what = _DOWNLOADS[kind]
        path = notebook_path(chapter.name, kind)
        file = f"{chapter.name.rsplit('/', 1)[-1]}-{kind}.ipynb"
        links.append(
            f'<a href="{up(chapter.name)}{path}" download="{file}" title="{what}">{title}</a>'
        )
    links.append(
        f'<a href="{up(chapter.name)}{DOWNLOADS}/{wheel}" download="{wheel}" '
        f'title="the course itself, for pip and for the Colab notebook">Package</a>'
    )
    if repository:
        address = f"https://colab.research.google.com/github/{repository}/blob/gh-pages/"
        links.append(f'<a href="{address}{notebook_path(chapter.name, "colab")}">Open in Colab</a>')
    return links


def stamp(record: dict[str, Any]) -> str:
    """Return the sentence that says where, when and in how long the outputs were computed."""
    return (
        f"Outputs computed on {devices_text(record)} in {record['seconds']:.0f} s, "
        f"at size “{record['machine']['size']}”, on {record['date']}."
    )


def devices_text(record: dict[str, Any]) -> str:
    """Return the devices that the run really used and what ran on each, in words."""
    machine = record["machine"]
    cpu = f"{machine['cpu']['name']}, {machine['cpu']['cores']} cores"
    used: dict[str, list[str]] = {}
    for device in machine["devices"]:
        name = device["name"] if device["kind"] == "GPU" else cpu
        # PoCL is OpenCL without a GPU; the reader should see that at once.
        pocl = device["library"] == "OpenCL" and device["note"].startswith("PoCL")
        used.setdefault(name, []).append("OpenCL through PoCL" if pocl else device["library"])
    return "; ".join(f"{name} ({', '.join(what)})" for name, what in used.items()) or cpu
