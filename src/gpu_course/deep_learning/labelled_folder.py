"""A folder of labelled scenes that others can read, too: two folders of TIFF and a table.

::

    folder/
        images/plate-03.tif     as the microscope or camera gave it
        labels/plate-03.tif     same name, same pixels: 0 is background, 1 … n the objects
        labels.csv              one row for each scene: split, axes, voxel size, who, when

The name of the file ties image and labels together, so nothing can get out of step, and every
program that reads TIFF reads the folder.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.files import write_atomic
from gpu_course.images import Sample
from gpu_course.images.sample import split_named
from gpu_course.labels import refuse_mask, renumber

COLUMNS = ("file", "split", "axes", "voxel_size_um", "who", "when", "source", "licence")
CARD = "labels.csv"
SUFFIXES = (".tif", ".tiff")


def write(
    folder: Path | str,
    scenes: Sequence[Sample],
    *,
    who: str,
    when: str,
    overwrite: bool = False,
    in_pieces: bool = False,
) -> Path:
    """Write labelled scenes; every file appears whole or not at all, the table last.

    Parameters
    ----------
    folder : Path or str
    scenes : sequence of Sample
        With labels. Files are named after set, split and index.
    who, when : str
        Who labelled, and on which day (``"2025-03-14"``).
    overwrite : bool
        Replace labels that are there already. They may be a day's work, so not by default.
    in_pieces : bool
        Let a single object in several pieces pass, which otherwise is taken for a mask.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    CourseError
        If a scene has no labels, they do not fit or are a mask, two scenes have one name, or the
        folder has labels already.
    """
    folder = Path(folder)
    if not scenes:
        raise CourseError("There are no scenes to write. Give at least one.")
    if (folder / CARD).exists() and not overwrite:
        raise CourseError(
            f"{folder.name} holds labels already. Write to another folder, or give overwrite=True."
        )
    rows, files = [], []
    for scene in scenes:
        name = str(scene.facts.get("file", f"{scene.name}-{scene.split}-{scene.index:03d}"))
        if scene.labels is None:
            raise CourseError(f"The scene {name} has no labels. Label it first.")
        labels = _checked(name, scene.image, scene.labels, scene.axes, in_pieces)
        files += [("images", name, scene.image, scene.axes), ("labels", name, labels, "")]
        size = " ".join(map(str, scene.voxel_size or ()))
        values = (name, scene.split, scene.axes, size, who, when, scene.source, scene.licence)
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    _unique([row["file"] for row in rows])
    for kind, name, array, axes in files:
        write_atomic(folder / kind / f"{name}.tif", _tiff(array, axes))
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write_atomic(folder / CARD, text.getvalue())
    return folder


def read(
    folder: Path | str,
    *,
    split: str | None = None,
    allow_empty: bool = False,
    in_pieces: bool = False,
) -> list[Sample]:
    """Read labelled scenes, and refuse what a network would learn nonsense from.

    Parameters
    ----------
    folder : Path or str
        As in the description of this module. Without a table all scenes are for training, and
        who labelled them is unknown.
    split : str, optional
        Only the scenes of this split. None: all.
    allow_empty : bool
        Let scenes without any object pass. There are such scenes; more often somebody forgot to
        save.
    in_pieces : bool
        Let a single object in several pieces pass, here and in training. More often somebody
        saved a mask, in which all objects have one number.

    Returns
    -------
    list of Sample
        In the order of their names. `facts` says file, who and when.

    Raises
    ------
    CourseError
        If an image has no labels or the other way round, two have one name, the shapes differ,
        labels are no whole numbers or a mask, a split is none, or nothing is labelled.
    """
    folder = Path(folder)
    split = None if split is None else split_named(split)
    images, labels = (_files(folder, kind) for kind in ("images", "labels"))
    for name in sorted(images.keys() ^ labels.keys()):
        has, lacks = ("images", "labels") if name in images else ("labels", "images")
        raise CourseError(
            f"{name} is in {has}/ and not in {lacks}/. Save both under one name, or remove it."
        )
    rows = _card(folder, list(images))
    scenes, counts = [], dict.fromkeys((row["split"] for row in rows.values()), 0)
    for name in sorted(images):
        row = rows[name]
        index = counts[row["split"]]
        counts[row["split"]] += 1
        if split in (None, row["split"]):
            scenes.append(_scene(folder.name, index, row, images[name], labels[name], in_pieces))
    if not scenes:
        raise CourseError(f"No scene is of the split {split!r}. There are: {', '.join(counts)}.")
    empty = [str(s.facts["file"]) for s in scenes if s.labels is not None and not s.labels.any()]
    if len(empty) == len(scenes):
        raise CourseError(
            "All label images are empty. Check that the labels layer was saved, and not the image."
        )
    if empty and not allow_empty:
        raise CourseError(
            f"No object is labelled in {', '.join(empty)}. If there is none to see, give "
            "allow_empty=True; else label it, or remove it."
        )
    return scenes


def _files(folder: Path, kind: str) -> dict[str, Path]:
    """Return name → file of one of the two folders."""
    if not (folder / kind).is_dir():
        raise CourseError(
            f"There is no folder {kind}/ in {folder.name}. Put the images into images/ and their "
            "labels, under the same names, into labels/."
        )
    found = [f for f in sorted((folder / kind).iterdir()) if not f.name.startswith(".")]
    other = [f.name for f in found if f.suffix.lower() not in SUFFIXES]
    if other:
        raise CourseError(
            f"{kind}/ holds {other[0]}, which is no TIFF. Save it as TIFF; JPEG changes pixels, "
            "and a label image must not change at all."
        )
    if not found:
        raise CourseError(f"The folder {kind}/ is empty. Save at least one scene there.")
    _unique([f.stem for f in found])
    return {f.stem: f for f in found}


def _unique(names: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        # Some file systems take A and a for one: a folder must not depend on where it lies.
        if name.lower() in seen:
            raise CourseError(
                f"Two scenes have the name {name} (also written {seen[name.lower()]}). "
                "Give each scene a name of its own."
            )
        seen[name.lower()] = name


def _card(folder: Path, names: list[str]) -> dict[str, dict[str, str]]:
    """Return name → row of the table."""
    blank = dict.fromkeys(COLUMNS, "") | {"split": "train"}
    if not (folder / CARD).exists():
        return {name: blank | {"file": name} for name in names}
    with (folder / CARD).open(encoding="utf-8-sig", newline="") as stream:
        rows = [
            {**blank, **{k: v for k, v in row.items() if k and v}} for row in csv.DictReader(stream)
        ]
    _unique([row["file"] for row in rows])
    listed = {row["file"]: row for row in rows}
    for name in sorted(set(names) ^ set(listed)):
        where = "has no file" if name in listed else "has no row"
        raise CourseError(f"{name} {where}: bring {CARD} and the folders into step.")
    for name, row in listed.items():
        try:
            row["split"] = split_named(row["split"])
        except CourseError as error:
            raise CourseError(f"{CARD}, row {name}: {error}") from None
    return listed


def _scene(
    name: str, index: int, row: dict[str, str], image: Path, labels: Path, in_pieces: bool
) -> Sample:
    pixels, numbers = _array(image), _array(labels)
    axes = row["axes"] or _axes(pixels)
    try:
        size = tuple(float(part) for part in row["voxel_size_um"].split()) or None
    except ValueError:
        size = ()
    checked = _checked(image.stem, pixels, numbers, axes, in_pieces)
    if size is not None and len(size) != checked.ndim:
        like = " ".join(["0.5"] * checked.ndim)
        raise CourseError(
            f"{image.stem}: the voxel size {row['voxel_size_um']!r} is not one number in µm for "
            f"each of the {checked.ndim} axes. Write, for instance, “{like}”."
        )
    facts: dict[str, object] = {"file": image.stem, "who": row["who"], "when": row["when"]}
    facts |= {"in_pieces": True} if in_pieces else {}
    return Sample(
        name, row["split"], index, pixels, axes, labels=checked, voxel_size=size, facts=facts,
        source=row["source"], licence=row["licence"],
    )  # fmt: skip


def _axes(image: NDArray[Any]) -> str:
    if image.ndim == 3:
        return "YXC" if image.shape[-1] == 3 else "ZYX"
    return "YX"


def _checked(
    name: str, image: NDArray[Any], labels: NDArray[Any], axes: str, in_pieces: bool
) -> NDArray[np.int32]:
    """Return labels as int32, or say why they are none."""
    if len(axes) != image.ndim:
        raise CourseError(f"{name}: the axes {axes!r} do not fit the shape {image.shape}.")
    spatial = image.shape[: len(axes.rstrip("C"))]
    if labels.ndim == len(spatial) + 1 and labels.shape[-1] in (3, 4):
        raise CourseError(
            f"{name}: the labels are a picture in colours (RGB), from a screenshot or a drawing "
            "program. Save the data of the labels layer, one whole number for every pixel."
        )
    if labels.shape != spatial:
        raise CourseError(
            f"{name}: the labels have the shape {labels.shape} and the image {spatial}. They must "
            "cover each other pixel by pixel; save the labels again from the same image."
        )
    if labels.dtype.kind not in "ui":
        raise CourseError(
            f"{name}: the labels are of type {labels.dtype}, and numbers of objects are whole. "
            "Save them with labels.astype(np.int32); never resize labels with interpolation."
        )
    if labels.size and labels.min() < 0:
        raise CourseError(f"{name}: labels are 0 for background and 1 … n, nothing else.")
    refuse_mask(labels, f"The labels of {name}", in_pieces=in_pieces)
    if labels.max(initial=0) > np.iinfo(np.int32).max:
        return renumber(labels)
    return labels.astype(np.int32)


def _array(file: Path) -> NDArray[Any]:
    import tifffile

    try:
        return np.asarray(tifffile.imread(file))
    except (tifffile.TiffFileError, OSError, ValueError) as error:
        raise CourseError(
            f"{file.parent.name}/{file.name} cannot be read as TIFF. Save it again."
        ) from error


def _tiff(array: NDArray[Any], axes: str) -> bytes:
    """Return the bytes of a TIFF file; labels (no axes given) are packed without loss."""
    import tifffile

    small = not axes and array.max(initial=0) < 2**16
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        array.astype(np.uint16) if small else array,
        photometric="rgb" if axes.endswith("C") else "minisblack",
        compression=None if axes else "zlib",
    )
    return buffer.getvalue()
