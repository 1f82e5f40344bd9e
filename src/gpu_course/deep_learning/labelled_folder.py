"""A folder of labelled scenes that others can read, too: two folders of pictures and a table.

::

    folder/
        images/plate-03.tif     as the microscope or camera gave it: TIFF, PNG or JPEG
        labels/plate-03.tif     same name, same pixels: 0 is background, 1 … n the objects
        labels.csv              one row for each scene: split, axes, voxel size, who, when

The name of the file ties image and labels together, so nothing can get out of step, and every
program that reads TIFF reads the folder. ``masks/`` is another name of ``labels/``, as StarDist
has it. What programs and spreadsheets do to files: `picture_files` and `scene_table`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import picture_files, picture_folders
from gpu_course.deep_learning import scene_table
from gpu_course.deep_learning.classes_as_labels import refuse_classes
from gpu_course.deep_learning.scene_table import CARD, COLUMNS
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic
from gpu_course.images import Sample
from gpu_course.images.sample import split_named
from gpu_course.labels import refuse_mask, renumber
from gpu_course.picture_orientation import refuse_turned

IMAGES = (*picture_files.TIFF, *picture_files.PNG, *picture_files.JPEG)
LABELS = (*picture_files.TIFF, *picture_files.PNG)


def write(
    folder: Path | str,
    scenes: Sequence[Sample],
    *,
    who: str,
    when: str,
    overwrite: bool = False,
    in_pieces: bool = False,
) -> Path:
    """Write labelled scenes and return their folder; each file appears whole, the table last.

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

    Raises
    ------
    CourseError
        If a scene has no labels, they do not fit or are a mask, two scenes have one name, or the
        folder has labels already.
    """
    folder = Path(folder)
    if not scenes:
        raise CourseError("There are no scenes to write. Give at least one.")
    if folder.is_dir() and scene_table.card(folder) is not None and not overwrite:
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
        write_atomic(folder / kind / f"{name}.tif", picture_files.tiff(array, axes))
    write_atomic(folder / CARD, scene_table.text(rows))
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
        labels are no whole numbers or a mask, a split is none, nothing is labelled, or a camera
        was turned and its labels may lie on other pixels.
    """
    folder = Path(folder)
    split = None if split is None else split_named(split)
    kind = _labels_folder(folder)
    images, labels = _files(folder / "images", IMAGES), _files(folder / kind, LABELS)
    for name in sorted(images.keys() ^ labels.keys()):
        has, lacks = ("images", kind) if name in images else (kind, "images")
        raise CourseError(
            f"{name} is in {has}/ and not in {lacks}/. Save both under one name, or remove it."
        )
    rows = scene_table.read(folder, list(images))
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


def _labels_folder(folder: Path) -> str:
    """Return the name of the folder that holds the labels."""
    found = [kind for kind in ("labels", "masks") if (folder / kind).is_dir()]
    if (folder / "images").is_dir() and len(found) == 1:
        return found[0]
    if len(found) == 2:
        raise CourseError(
            f"{folder.name} has labels/ and masks/. Keep the one that numbers the objects, and "
            "move the other away."
        )
    raise CourseError(
        f"There is no folder {'labels' if (folder / 'images').is_dir() else 'images'}/ in "
        f"{folder.name}. Put the images into images/ and their labels, under the same names, into "
        "labels/."
    )


def _files(folder: Path, suffixes: Sequence[str]) -> dict[str, Path]:
    """Return name → file of one of the two folders."""
    found = picture_folders.visible(folder)
    if inner := [file.name for file in found if file.is_dir()]:
        raise CourseError(
            f"{folder.name}/ holds a folder, {inner[0]}, in which nothing is read. Move its files "
            f"up into {folder.name}/, each with a name of its own, or move it away."
        )
    other = [file.name for file in found if file.suffix.lower() not in suffixes]
    if other:
        raise CourseError(
            f"{folder.name}/ holds {other[0]}; only {', '.join(suffixes)} are read there. Save it "
            "as TIFF, or move it away. (JPEG changes pixels, and labels must not change at all.)"
        )
    if not found:
        raise CourseError(f"The folder {folder.name}/ is empty. Save at least one scene there.")
    names = [picture_folders.title(file) for file in found]
    _unique(names)
    return dict(zip(names, found, strict=True))


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


def _scene(
    name: str, index: int, row: dict[str, str], image: Path, labels: Path, in_pieces: bool
) -> Sample:
    title = row["file"]
    # Planes of numbers are never colours, and the image is a stack where its labels are one.
    numbers = _grey(picture_files.read(labels, numbers=True, stack=True))
    picture = picture_files.read(image, stack=numbers.ndim == 3)
    pixels, axes = _oriented(title, picture, numbers.ndim, row["axes"])
    checked = _checked(title, pixels, numbers, axes, in_pieces)
    refuse_turned(image, labels, checked.shape[-2:], title)
    facts: dict[str, object] = {"file": title, "who": row["who"], "when": row["when"]}
    facts |= {"in_pieces": True} if in_pieces else {}
    size = scene_table.voxel_size(row["voxel_size_um"], title, checked.ndim)
    return Sample(
        name, row["split"], index, pixels, axes, labels=checked, voxel_size=size, facts=facts,
        source=row["source"], licence=row["licence"],
    )  # fmt: skip


def _grey(picture: picture_files.Picture) -> NDArray[Any]:
    """Return label numbers that a program saved as three equal colours, as one channel."""
    array, axes = picture
    if axes.endswith("C") and array.shape[-1] == 3 and (array == array[..., :1]).all():
        return array[..., 0]
    return array


def _oriented(
    name: str, picture: picture_files.Picture, spatial: int, told: str
) -> tuple[NDArray[Any], str]:
    """Return the image with its colours last, and its axes, as the table or the file says them.

    A file of three axes may be a stack, a movie, or channels that come first. Where neither the
    table nor the file says it, and the labels leave a choice, nothing is guessed.
    """
    array, axes = picture
    if told:
        if len(told) != array.ndim:
            raise CourseError(
                f"{name}: the axes {told!r} of {CARD} do not fit the shape {array.shape} of the "
                "image. Axes of length 1 are left out."
            )
        # A file that names its colours has them last already, wherever they were in the file.
        place = array.ndim - 1 if axes.endswith("C") else told.find("C")
        if place >= 0:
            array = np.moveaxis(array, place, -1)
        return array, told.replace("C", "") + "C" * ("C" in told)
    if "T" in axes:
        raise CourseError(
            f"{name}: the image is a movie, axes {axes}. Save each frame as a scene of its own."
        )
    plain = axes.removesuffix("C")
    if len(plain) == spatial:
        return array, axes.replace("?", "Z")
    raise CourseError(
        f"{name}: the image has {array.ndim} axes, shape {array.shape}, and its labels have "
        f"{spatial}. If they are channels, say so in {CARD}, column axes: CYX if they come first, "
        "YXC if last; a stack needs labels of every plane."
    )


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
    if not in_pieces:
        refuse_classes(labels, f"The labels of {name}")
    if labels.max(initial=0) > np.iinfo(np.int32).max:
        return renumber(labels)
    return labels.astype(np.int32)
