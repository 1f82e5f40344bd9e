"""The run sheet: what is shown in class, in which minutes, and what is left for home.

Every minute is read from the front matter of a chapter and every second from its record, so the
sheet, the chapters' headers and the stored outputs cannot disagree.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from gpu_course.book.chapters import Chapter

BREAK = 10
"""Minutes of pause in the two-hour cut; the full course leaves its breaks to the house."""

PARTS = {
    "start": "Introduction and set-up",
    "classical": "Section 1: classical image processing",
    "deconvolution": "Section 2: convolution and deconvolution",
    "pixel-classification": "Section 3: pixel classification",
    "deep-learning": "Section 4: deep learning",
    "scaling": "Beyond one GPU",
}
"""Folder of ``book/`` → what the run sheet calls it, in the order of the class."""


def run_sheet_page(
    chapters: list[Chapter], order: list[str], records: dict[str, dict[str, Any]]
) -> str:
    """Return the run sheet, as MyST.

    Parameters
    ----------
    chapters : list of Chapter
        Those of the sections; a page without ``in_class`` in its front matter is none of them.
    order : list of str
        Pages in reading order, as ``_toc.yml`` has them.
    records : dict
        Chapter's name → the record of its stored output; empty for a page without code.
    """
    taught = sorted(
        (chapter for chapter in chapters if "in_class" in chapter.course),
        key=lambda chapter: order.index(chapter.name),
    )
    total = in_class(taught)
    cut = [chapter for chapter in taught if chapter.course.get("two_hours")]
    lines = [
        "(ch-run-sheet)=",
        "# Run sheet",
        "",
        f"The whole course in {total} minutes of class, breaks not counted, and what stays for "
        "home. The minutes and the sections to show come from the front matter of the chapters, "
        "the computing times from their {ref}`records <ch-execution-record>`; nothing here is "
        "typed. The minutes are a plan, so note beside them what you needed. "
        "{ref}`ch-for-instructors` says where students get stuck.",
        "",
        "A chapter whose stored outputs took longer to compute than half of its minutes in class "
        "is marked *show*: show the page and its pictures, and let nobody start it in class.",
        "",
    ]
    for part, group in _parts(taught):
        lines += [f"## {PARTS[part]}: {in_class(group)} min", ""]
        if in_class(group):
            lines += [*_class_table(group, records), ""]
        lines += [*_home(group), ""]
    lines += [
        "## The two-hour cut",
        "",
        f"{in_class(cut)} minutes and one break of {BREAK}: the way from a threshold to a "
        "network on the same images, with one look at deconvolution. Everything else is for home.",
        "",
        *_class_table(cut, records),
        "",
    ]
    return "\n".join(lines)


def in_class(chapters: list[Chapter]) -> int:
    """Return the minutes in class of some chapters together."""
    return sum(chapter.course["in_class"] for chapter in chapters)


def slug(heading: str) -> str:
    """Return the anchor that MyST makes of a heading, as GitHub does."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _parts(chapters: list[Chapter]) -> Iterator[tuple[str, list[Chapter]]]:
    for part, group in groupby(chapters, key=lambda chapter: chapter.name.split("/")[0]):
        yield part, list(group)


def _class_table(chapters: list[Chapter], records: dict[str, dict[str, Any]]) -> list[str]:
    lines = [
        "| from | min | chapter | what to show | to compute |",
        "| --: | --: | --- | --- | --- |",
    ]
    clock = 0
    for chapter in chapters:
        minutes = chapter.course["in_class"]
        if not minutes:
            continue
        page = f"/{chapter.name}.ipynb"
        shown = [
            f"[{heading}]({page}#{slug(heading)})"
            for heading in chapter.course["in_class_sections"]
        ]
        lines.append(
            f"| {clock // 60}:{clock % 60:02d} | {minutes} | [{chapter.title}]({page}) | "
            f"{'; '.join(shown)} | {_computing(minutes, records.get(chapter.name, {}))} |"
        )
        clock += minutes
    return lines


def _computing(minutes: int, record: dict[str, Any]) -> str:
    """Return how long the stored outputs took, and whether that fits into the class."""
    if not record:
        return "–"
    seconds = record["seconds"]
    time = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
    return f"{time}, *show*" if seconds > minutes * 60 / 2 else time


def _home(chapters: list[Chapter]) -> list[str]:
    """Return what is left for home: chapters that the class skips, then the rest of the others."""
    skipped = [chapter for chapter in chapters if not chapter.course["in_class"]]
    links = [f"[{chapter.title}](/{chapter.name}.ipynb)" for chapter in skipped]
    rest = sum(
        chapter.course["minutes"] + chapter.course["exercise_minutes"] for chapter in chapters
    )
    whole = f"The whole section, read and solved at leisure, takes {rest} min."
    return [f"*At home:* {'; '.join(links)}. {whole}" if links else whole]
