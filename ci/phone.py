"""Figures on a phone: no letter below nine pixels, and no page that scrolls sideways.

A row of panels that would get too small is laid out anew there, as many beside each other as leave
the letters large enough; the browser shows parts of the one stored file. What cannot be cut, a
chart or a window, keeps the width that its letters need and scrolls in a box of its own. The style
sheet does both below 600 pixels; here each figure gets its numbers.
"""

import hashlib
import math
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import drawings
import imagesize

from gpu_course import paths
from gpu_course.files import write_atomic

LEAST = 9
"""CSS pixels: the smallest font size of a figure's letters."""
PHONE = 360
"""CSS pixels: a small phone, from edge to edge. What fits there need not be cut."""
GAP = 6
"""CSS pixels between parts."""
TALLEST = 5
"""Times its width: how tall a figure may get; more stand beside each other, if need be."""

_IMAGE = re.compile(
    r'<img\b(?:[^>"]|"[^"]*")*?\bsrc="(?P<path>[^"]*_images/(?P<name>[^"/]+))"(?:[^>"]|"[^"]*")*>'
    r"(?P<caption>\s*<figcaption>.*?</figcaption>)?",
    re.DOTALL,
)
_PLACES = re.compile(r"\b(left|right|upper|lower)\b", re.IGNORECASE)
_ACROSS = {2: ("left", "right"), 3: ("left", "middle", "right")}
_DOWN = {1: ("",), 2: ("upper", "lower"), 3: ("upper", "middle", "lower")}


@dataclass(frozen=True)
class Part:
    """A piece of a figure, in pixels of the file, and where it lies in the whole."""

    left: float
    top: float
    width: float
    height: float
    place: str = ""


@dataclass(frozen=True)
class Plan:
    """How a figure is shown on a phone.

    Attributes
    ----------
    least : int
        CSS pixels: the width below which it scrolls.
    columns : int
        Parts side by side.
    parts : tuple of Part
        None where it is shown as a whole.
    """

    least: int
    columns: int = 1
    parts: tuple[Part, ...] = ()


def plan(drawn: drawings.Drawing, width: int, height: int, dpi: float) -> Plan | None:
    """Return how a figure is shown on a phone, None if nothing in it would get too small.

    Parameters
    ----------
    drawn : drawings.Drawing
    width, height : int
        Of the file, in pixels.
    dpi : float
        Pixels of the file for each inch of the drawing.
    """
    # Panels without a letter are treated like those that have titles: they are looked at, too.
    letters = drawn.letters(width / dpi, dpi) or drawings.TITLE * dpi / 72
    whole = math.ceil(LEAST * width / letters)
    if whole <= PHONE or drawn.columns == 1:
        return Plan(whole) if drawn.letters(width / dpi, dpi) else None
    parts = _parts(drawn, width, height, dpi)
    one = math.ceil(LEAST * parts[0].width / letters)

    def room(columns: int) -> int:
        is_whole = columns == drawn.columns
        return whole if is_whole else columns * one + (columns - 1) * GAP

    # No row gets a hole where the figure had none, and no figure gets many screens long.
    tall = sum(part.height / part.width for part in parts)
    has_hole = drawn.number < drawn.columns * drawn.rows
    ways = [
        n
        for n in range(1, drawn.columns + 1)
        if tall / n <= TALLEST * n and (has_hole or len(parts) % n == 0)
    ]
    fitting = [n for n in ways if room(n) <= PHONE]
    columns = max(fitting) if fitting else min(ways, key=room, default=drawn.columns)
    if columns == drawn.columns:
        return Plan(whole)
    return Plan(room(columns), columns, tuple(parts))


def _parts(drawn: drawings.Drawing, width: int, height: int, dpi: float) -> list[Part]:
    """Cut a figure along its gaps: into columns if titles stand above the first row alone."""
    gap, wide = drawings.GAP * dpi, drawn.cell(width / dpi) * dpi
    is_cut_across = drawn.rows > 1 and drawn.titles != "first" and drawn.is_even
    rows = drawn.rows if is_cut_across else 1
    high = (height - gap * (rows - 1)) / rows
    across = _ACROSS.get(drawn.columns, ("",) * drawn.columns)
    down = _DOWN.get(rows, ("",) * rows)
    number = drawn.number if is_cut_across else drawn.columns
    return [
        Part(
            column * (wide + gap),
            row * (high + gap),
            wide,
            high,
            f"{down[row]} {across[column]}".strip(),
        )
        for row, column in (divmod(i, drawn.columns) for i in range(number))
    ]


def drawn_figures(chapters: Mapping[str, Any]) -> dict[str, drawings.Drawing]:
    """Return how the figures of the stored outputs were drawn.

    Parameters
    ----------
    chapters : mapping
        Chapter's name → its executed notebook; None where there is none.

    Returns
    -------
    dict
        SHA-256 of a picture's bytes, by which the site names its file → how it was drawn.
    """
    found: dict[str, drawings.Drawing] = {}
    for chapter, notebook in chapters.items():
        lesson = drawings.lesson_folder(paths.package(), chapter)
        for cell in notebook.cells if notebook else []:
            for data in (output.get("data", {}) for output in cell.get("outputs", [])):
                for mime in {"image/png", "image/jpeg"} & set(data):
                    shown = data.get("text/plain", "")
                    if known := drawings.drawing(cell.source, shown, lesson):
                        found[hashlib.sha256(b64decode(data[mime])).hexdigest()] = known
    return found


def fit_figures(site: Path, drawn: Mapping[str, drawings.Drawing]) -> None:
    """Lay the figures of all pages into boxes that the style sheet fits to a phone."""
    plans: dict[str, Plan] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for file in sorted((site / "_images").glob("*.*")):
        # A picture that is shown again on another page lies there under a name of its own.
        how = drawn.get(file.stem) or drawn.get(hashlib.sha256(file.read_bytes()).hexdigest())
        if how:
            width, height = (int(n) for n in imagesize.get(str(file)))
            dpi = float(imagesize.getDPI(str(file))[0])
            found = plan(how, width, height, dpi)
            if found:
                plans[file.name], sizes[file.name] = found, (width, height)
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        better = _IMAGE.sub(lambda image: _boxed(image, plans, sizes), html)
        if better != html:
            write_atomic(page, better)


def _boxed(
    image: re.Match[str], plans: Mapping[str, Plan], sizes: Mapping[str, tuple[int, int]]
) -> str:
    """Return a picture in its box; as it is, if it needs none."""
    if image["name"] not in plans:
        return image[0]
    how, size = plans[image["name"]], sizes[image["name"]]
    caption = image["caption"] or ""
    picture = image[0].removesuffix(caption)
    if how.parts:
        # A caption that speaks of left and right must hold where they are no longer.
        says = bool(_PLACES.search(re.sub(r"<[^>]+>", "", caption)))
        parts = "".join(_shown(part, size, image["path"], says) for part in how.parts)
        picture = f'<div class="course-parts">{picture}{parts}</div>'
    style = f"--least: {how.least}px; --columns: {how.columns}"
    return f'<div class="course-figure" style="{style}">{picture}</div>{caption}'


def _shown(part: Part, size: Iterable[int], path: str, says_where: bool) -> str:
    """Return one part of a picture as an element with the file behind it."""
    width, height = size

    def share(start: float, length: float, whole: int) -> float:
        return 100 * start / (whole - length) if whole - length > 0.5 else 0.0

    style = (
        f"aspect-ratio: {part.width:.2f} / {part.height:.2f}; "
        f"background-image: url({path}); "
        f"background-size: {100 * width / part.width:.3f}% {100 * height / part.height:.3f}%; "
        f"background-position: {share(part.left, part.width, width):.3f}% "
        f"{share(part.top, part.height, height):.3f}%"
    )
    place = f' data-place="{part.place}"' if says_where and part.place else ""
    return f'<span class="course-part" aria-hidden="true"{place} style="{style}"></span>'
