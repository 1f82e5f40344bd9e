"""A model applied to a folder: labels, tables, outlines and a report."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import shutil
import warnings as python_warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gpu_course import picture_files, picture_folders, writable
from gpu_course.deep_learning.scenes import digest
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic
from gpu_course.own_images import channels, looks, outlines, pictures, stored
from gpu_course.own_images.choosing import NAMES, score
from gpu_course.own_images.measuring import measured
from gpu_course.own_images.model import NO_SIZE, OwnModel, load, possible
from gpu_course.own_images.results import Applied, Row
from gpu_course.picture_orientation import orientation, refuse_turned

Say = Callable[[str], object]

WORK = ".work"
"""A folder inside the results, there as long as they are unfinished."""

ROWS = "rows"
"""Inside of it, what came of each picture: no picture's name can be that of another file there."""

TWO = (
    "Another picture has this name, too, and the labels do not say whose they are, so there is no "
    "score: give each picture a name of its own."
)

TURNED = (
    "The camera was turned: results lie on the picture as it is stored, as Fiji and napari show "
    "it, and not as a phone does."
)

OBJECTS, IMAGES, REPORT = "objects.csv", "images.csv", "report.html"


def predict(
    model: Path | str,
    folder: Path | str,
    out: Path | str,
    *,
    diameter: float | str | None = None,
    channel: int | None = None,
    with_outlines: bool | None = None,
    say: Say = print,
) -> Applied:
    """Predict all pictures of a folder.

    Parameters
    ----------
    model : Path or str
        A model's file, or the name of a network of the course.
    folder : Path or str
        Of pictures, or with ``images/``; where ``labels/`` or ``masks/`` lie beside, results are
        judged.
    out : Path or str
        A new folder for the results. One that holds unfinished results of the same call is gone
        on with.
    diameter : float or "measure", optional
        Of the objects, in pixels; ``"measure"``: as measured on each picture. None: as in the
        training.
    channel : int, optional
        Of the pictures, counted from 0. None: as in the training.
    with_outlines : bool, optional
        Write outlines for Fiji. None: if the package roifile is installed.
    say : function
        Is told in sentences how far the work is.

    Returns
    -------
    Applied

    Raises
    ------
    CourseError
        If there is no model or no picture, the folder of results holds something else, or no
        picture has a result: then nothing is written.
    """
    out = Path(out)
    writable.refuse(out)
    diameter = _size(diameter)
    trained = load(model)
    if channel is not None:
        trained.settings = dataclasses.replace(trained.settings, channel=channel)
    if diameter is not None and not trained.knows_size:
        raise CourseError(NO_SIZE)
    files, drawn = pictures.listed(folder), pictures.truths(folder)
    if other := [name for name in pictures.passed_over(folder) if name.rstrip("/") != out.name]:
        more = f" and {len(other) - 3} more" if len(other) > 3 else ""
        say(f"Passed over, as no TIFF, PNG or JPEG: {', '.join(other[:3])}{more}.")
    titles = Counter(map(picture_folders.title, files.values()))
    if alone := sorted(drawn.keys() - titles.keys()):
        say(f"Of no picture: the labels {', '.join(alone[:3])}. Labels have their picture's name.")
    with_outlines = outlines.available() if with_outlines is None else with_outlines
    run = {
        "model": stored.digest_of(model, dataclasses.asdict(trained.settings)),
        "pictures": {name: [file.name, pictures.size(file)] for name, file in files.items()},
        "diameter": diameter,
        "outlines": with_outlines,
    }
    done = _begun(out, run)
    if done:
        say(f"{out.name} holds {done} of {len(files)} results already: going on.")
    rows = []
    for number, (name, file) in enumerate(files.items(), start=1):
        kept = out / WORK / ROWS / f"{name}.json"
        title = picture_folders.title(file)
        shared = title in drawn and titles[title] > 1
        truth = None if shared else drawn.get(title)
        content = _content(file, truth)
        if kept.exists():
            before = json.loads(kept.read_text(encoding="utf-8"))
            if before.pop("content", None) != content:
                raise _of_another_call(out, f"the picture {name} or its labels")
            rows.append(Row(**before))
            continue
        row = _picture(trained, truth, name, file, out, diameter, with_outlines)
        row.warnings.extend([TWO] if shared else [])
        write_atomic(kept, json.dumps({**dataclasses.asdict(row), "content": content}))
        rows.append(row)
        said = row.problem or f"{row.objects} objects."
        say(" ".join([f"{number} of {len(files)}: {name}: {said}", *row.warnings]))
    applied = Applied(out, rows, NAMES[trained.settings.kind])
    if len(applied.problems) == len(rows):
        # A folder without any result would only stand in the way of the next call.
        _clear(out)
        raise CourseError(f"None of {len(rows)} images has a result: {applied.problems[0]}")
    _finish(applied, trained, Path(folder), str(model))
    return applied


def _picture(
    model: OwnModel, drawn: Path | None, name: str, file: Path, out: Path,
    diameter: float | str | None, with_outlines: bool,
) -> Row:  # fmt: skip
    """Write the results of one picture; what is wrong with it is said and stops no other."""
    learned = model.settings.learned
    try:
        image = pictures.read(file, model.settings.channel, model.settings.channels)
        seen = looks.look(image, darker=bool(learned and learned.darker))
        warnings = looks.warnings(seen, learned)
        if other := channels.exchanged(image, learned.channels if learned else ()):
            warnings.append(other)
        if orientation(file) > 1:
            warnings.append(TURNED)
        size: float | None
        if diameter == "measure":
            size = looks.diameter_of(seen, learned) if learned else None
            if size is None and not model.measures:
                why = (
                    "No size could be measured"
                    if learned
                    else "The model's file does not say what was measured on its training images"
                )
                warnings.append(f"{why}, so the size of the training is taken.")
        else:
            size = None if diameter is None else float(diameter)
        if size is not None:
            warnings = [w for w in warnings if looks.GIVE_SIZE not in w]
        with python_warnings.catch_warnings(record=True) as doubts:
            python_warnings.simplefilter("always", UserWarning)
            found = model.predict(image, diameter=size)
        said = [str(one.message) for one in doubts if one.category is UserWarning]
        warnings += [text for text in dict.fromkeys(said) if text not in warnings]
    except CourseError as error:
        return Row(name, problem=str(error))
    except MemoryError:
        return Row(name, problem="It does not fit into the memory. Cut it into smaller images.")
    result = None
    if drawn is not None:
        try:
            truth = pictures.truth(drawn, image.shape, model.settings.kind)
            refuse_turned(file, drawn, image.shape[:2], name)
            result = score(model.settings.kind, truth, found.labels)
        except CourseError as error:  # what somebody drew is no fault of the result
            warnings.append(str(error))
    table = measured(image, found)
    table.insert(0, "image", name)
    write_atomic(out / WORK / ROWS / f"{name}.csv", table.to_csv(index=False))
    if with_outlines:
        write_atomic(out / "outlines" / f"{name}.zip", outlines.roi_zip(found.labels))
    write_atomic(out / "labels" / f"{name}.tif", picture_files.tiff(found.labels))
    certain = found.sure[np.isfinite(found.sure)]
    return Row(
        image=name,
        objects=len(table),
        diameter=float(table["diameter"].median()) if len(table) else None,
        area=float((found.labels > 0).mean()),
        sure=float(certain.mean()) if certain.size else None,
        look=dataclasses.asdict(seen),
        warnings=warnings,
        seen=digest(image) in model.record.get("digests", ()),
        score=result,
    )


def _size(diameter: Any) -> float | str | None:
    """Return a diameter as a number, ``"measure"`` or None."""
    if diameter is None or diameter == "measure":
        return diameter
    # The command line hands on texts.
    with contextlib.suppress(ValueError):
        diameter = float(diameter) if isinstance(diameter, str) else diameter
    return possible(diameter, ", or measure")


def _content(file: Path, truth: Path | None) -> str:
    """Return a text that differs for another picture, or another truth, of the same name."""
    found = hashlib.sha256()
    for one in (file, truth):
        # What cannot be read is told of where it is opened as a picture.
        with contextlib.suppress(OSError):
            found.update(one.read_bytes() if one is not None else b"")
        found.update(b"and")
    return found.hexdigest()[:16]


def _of_another_call(out: Path, other: str) -> CourseError:
    return CourseError(
        f"{out} holds unfinished results of another call: {other} differ. Name a new folder, or "
        "delete this one."
    )


def _begun(out: Path, run: dict[str, Any]) -> int:
    """Make or find the folder of results, and return how many of them it holds."""
    note = out / WORK / "run.json"
    if out.exists() and not out.is_dir():
        raise CourseError(f"{out} is a file. Name a new folder for the results.")
    if note.exists():
        before = json.loads(note.read_text(encoding="utf-8"))
        other = [name for name, value in run.items() if before.get(name) != value]
        if other:
            raise _of_another_call(out, " and ".join(other))
        return len(list((out / WORK / ROWS).glob("*.json")))
    if out.exists() and any(out.iterdir()):
        raise CourseError(
            f"{out} holds files already, and results are never mixed. Name a new folder."
        )
    write_atomic(note, json.dumps(run))
    return 0


def _finish(applied: Applied, model: OwnModel, folder: Path, name: str) -> None:
    """Join the tables, write the report, and remove what was needed to go on."""
    import pandas as pd

    from gpu_course.own_images import report

    work = applied.out / WORK / ROWS
    try:
        tables = [
            # A picture may be called NA, which pandas would take for none.
            pd.read_csv(
                work / f"{row.image}.csv",
                dtype={"image": str},
                keep_default_na=False,
                na_values=[""],
            )
            for row in applied.rows
            if not row.problem
        ]
    except FileNotFoundError as error:
        shutil.rmtree(applied.out / WORK, ignore_errors=True)
        raise CourseError(
            f"Another call with the same folder of results has ended meanwhile, and {applied.out} "
            "holds what it found. Let one call at a time write there."
        ) from error
    if tables:
        write_atomic(applied.out / OBJECTS, pd.concat(tables).to_csv(index=False))
    flat = [
        {k: v for k, v in dataclasses.asdict(row).items() if k != "look"}
        | {f"grey_{k}" if k != "measured" else "measured_diameter": v for k, v in row.look.items()}
        | {"warnings": " ".join(row.warnings)}
        for row in applied.rows
    ]
    write_atomic(applied.out / IMAGES, pd.DataFrame(flat).to_csv(index=False))
    write_atomic(applied.out / REPORT, report.page(applied, model, folder, name))
    shutil.rmtree(applied.out / WORK, ignore_errors=True)  # another call may be at work there


def _clear(out: Path) -> None:
    """Remove what was needed to go on, and the folder of results if nothing else is in it."""
    shutil.rmtree(out / WORK, ignore_errors=True)
    with contextlib.suppress(OSError):
        out.rmdir()
