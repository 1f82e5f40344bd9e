"""One page about a folder that was predicted: numbers, warnings, the worst cases as pictures."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import display, picture_files
from gpu_course.display.encode import data_uri, webp
from gpu_course.display.overlays import ERRORS_KEY
from gpu_course.html_table import Rows
from gpu_course.images.windows import fullest_window
from gpu_course.own_images import channels, pictures
from gpu_course.own_images.model import OwnModel

if TYPE_CHECKING:
    from gpu_course.own_images.results import Applied, Row

WORST = 4
"""So many pictures are shown."""

SIDE = 480
"""Rows and columns of a picture at most; of a larger image its fullest part is shown."""

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #1b1b1b; background: #fff }
table { border-collapse: collapse } th, td { padding: .25rem .6rem; border-bottom: 1px solid #ccc;
       text-align: right } th:first-child, td:first-child { text-align: left }
td:last-child, th:last-child { text-align: left }
figure { margin: 1.5rem 0 } img { max-width: 100%; image-rendering: pixelated }
figcaption { color: #444 }
"""


def page(applied: Applied, model: OwnModel, folder: Path, name: str) -> str:
    """Return the page as HTML that needs no other file; `name` is that of the model's file."""
    done = [row for row in applied.rows if not row.problem]
    title = f"{len(done)} of {len(applied.rows)} images of {folder.resolve().name}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(_about(applied, model, Path(name).name))}</p>",
        _warnings(applied.rows, model),
        "<h2>Images</h2>",
        _table(applied)._repr_html_(),
        _legend(model),
        *_worst(applied, done, model, folder),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body></html>\n"
    )


def _about(applied: Applied, model: OwnModel, name: str) -> str:
    objects = sum(row.objects for row in applied.rows)
    said = [f"{objects} objects, found by {name} ({model.method})."]
    files = model.record.get("files")
    if isinstance(files, dict):
        said.append(f"It learned from {len(files['train'])} images of “{model.record['folder']}”.")
    if (learned := model.settings.learned) is not None:
        said.append(
            f"Its objects were about {learned.diameter:.0f} pixels wide and "
            f"{'darker' if learned.darker else 'brighter'} than what was around them."
        )
    tests = model.record.get("test_scores")
    if isinstance(tests, dict) and tests:
        mean = np.mean(list(tests.values()))
        said.append(f"On {len(tests)} test images it scored {mean:.2f} ({applied.chosen_by}).")
    judged = [row.score for row in applied.rows if row.score is not None and not row.seen]
    if judged:
        said.append(
            f"Here, median over {len(judged)} images that it had not seen: "
            f"{np.median(judged):.2f} ({applied.chosen_by})."
        )
    if seen := sum(row.seen for row in applied.rows):
        said.append(f"{seen} images were seen in training: their scores say nothing.")
    return " ".join(said)


def _warnings(rows: list[Row], model: OwnModel) -> str:
    said = [(row.image, text) for row in rows for text in [row.problem, *row.warnings] if text]
    if not said and model.settings.learned is None:
        return "<p>The model's file does not say what it learned from, to compare with.</p>"
    if not said:
        return (
            "<p>No image differs much in brightness or size from what the model learned from.</p>"
        )
    lines = "".join(f"<li><b>{escape(name)}</b>: {escape(text)}</li>" for name, text in said)
    return f"<h2>Look at these first</h2><ul>{lines}</ul>"


def _table(applied: Applied) -> Rows:
    rows = []
    for row in applied.rows:
        look = row.look or {}
        cells = {
            "image": row.image,
            "objects": str(row.objects) if not row.problem else "–",
            "diameter": _number(row.diameter, 1),
            "covered": f"{row.area:.1%}" if not row.problem else "–",
            "sure": _number(row.sure, 2),
            "background, objects": " · ".join(
                _number(look.get(part), 0) for part in ("background", "objects")
            ),
            "size measured": _number(look.get("measured"), 1),
        }
        if any(one.score is not None for one in applied.rows):
            cells[applied.chosen_by] = _number(row.score, 2)
        rows.append(cells | {"": _note(row)})
    return Rows(rows, "Images and what was found in them")


def _note(row: Row) -> str:
    if row.problem:
        return "no result"
    return ", ".join(["warned"] * bool(row.warnings) + ["seen in training"] * row.seen)


def _legend(model: OwnModel) -> str:
    said = (
        "<p><b>diameter</b>: of a disc of equal area, median over objects, in pixels; "
        "<b>sure</b>: mean probability; <b>background, objects</b>: grey values of both; "
        "<b>size measured</b>: in pixels, of what is seen before anything is predicted."
    )
    if (learned := model.settings.learned) is not None:
        said += (
            f" In the training images: background {learned.background:.0f}, objects "
            f"{learned.objects:.0f}"
        )
        if learned.measured is not None:
            said += f", sizes of {learned.measured[0]:.0f} to {learned.measured[2]:.0f} measured"
        said += "."
    return f"{said}</p>"


def _worst(applied: Applied, done: list[Row], model: OwnModel, folder: Path) -> list[str]:
    if not done:
        return []
    judged = any(row.score is not None for row in done)
    if judged:
        order = sorted(
            (r for r in done if r.score is not None), key=lambda r: (r.seen, r.score or 0.0)
        )
        heading, key = "Worst cases", f"By {applied.chosen_by}; {ERRORS_KEY}."
    else:
        order = sorted(
            done, key=lambda r: (-len(r.warnings), r.sure if r.sure is not None else 1.0)
        )
        heading = "Where to look"
        key = (
            "Images with warnings first, then those that the model is least sure of. Orange: found."
        )
    files = pictures.listed(folder)
    parts = [f"<h2>{heading}</h2>", f"<p>{escape(key)}</p>"]
    for row in order[:WORST]:
        image = pictures.read(files[row.image], model.settings.channel, model.settings.channels)
        found = picture_files.read(
            applied.out / "labels" / f"{row.image}.tif", numbers=True
        ).array.reshape(image.shape[:2])
        # What cannot judge, no score comes of: see the warnings.
        judged = row.score is not None
        truth = pictures.truth_beside(folder, files[row.image], image.shape) if judged else None
        said = f"{row.image}: {row.objects} objects"
        said += f", {applied.chosen_by} {row.score:.2f}" if row.score is not None else ""
        shown = _drawn(image, found.astype(np.int32), truth, model.settings.kind == "masks")
        width = shown.shape[1] * (2 if shown.shape[1] < SIDE // 2 else 1)
        parts.append(
            f'<figure><img src="{data_uri(webp(shown, 85))}" '
            f'alt="{escape(said)}, drawn on the image" width="{width}">'
            f"<figcaption>{escape(said)}</figcaption></figure>"
        )
    return parts


def _drawn(
    image: NDArray[Any], found: NDArray[np.int32], truth: NDArray[Any] | None, masks: bool
) -> NDArray[np.uint8]:
    picture = image if image.ndim == 2 or image.shape[-1] == 3 else channels.grey(image)
    if truth is None:
        drawn = display.overlays.draw_outlines(display.arrays.to_rgb(picture), found)
        window = fullest_window(found > 0, SIDE)
    else:
        if masks:
            drawn = display.errors_overlay(truth > 0, found > 0, picture)
        else:
            drawn = display.errors_overlay(truth, found, picture, in_pieces=True)
        window = fullest_window((truth > 0) != (found > 0), SIDE)
    return drawn[window]


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None or not np.isfinite(value) else f"{value:.{digits}f}"
