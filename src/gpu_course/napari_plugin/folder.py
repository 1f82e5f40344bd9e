"""Classify all images of a folder, one after the other, and say of each bad file what is wrong."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import picture_files, picture_folders
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic
from gpu_course.napari_plugin.frame_objects import objects_of
from gpu_course.napari_plugin.layout import Choice, Layout, layout_of
from gpu_course.napari_plugin.requests import ObjectSettings
from gpu_course.napari_plugin.tiles import grid
from gpu_course.pixel_classification import seen

if TYPE_CHECKING:
    from gpu_course.pixel_classification.classifier import PixelClassifier

SUFFIXES = (*picture_files.TIFF, *picture_files.PNG, *picture_files.JPEG)
RESULTS = "classified"
"""The folder inside, which gets the results."""
DOUBTS = "doubts.csv"
"""The file inside that, which names the images that are far from what was learned from."""


@dataclass(frozen=True)
class FolderStep:
    """A tile of a file was classified, or a file is done.

    Attributes
    ----------
    done, total : int
        Files.
    name : str
        The file that is worked on.
    problem : str
        Why this file has no result, or empty.
    finished : bool
        Whether the file is done.
    doubt : str
        That its grey values are far from those that were learned from, or empty.
    """

    done: int
    total: int
    name: str
    problem: str = ""
    finished: bool = False
    doubt: str = ""


def images_of(folder: Path) -> list[Path]:
    """Return the image files of a folder, by name.

    Raises
    ------
    CourseError
        If there are none.
    """
    try:
        found = [
            file
            for file in picture_folders.visible(folder)
            # A link that leads nowhere is told of where it is read.
            if (file.is_file() or (file.is_symlink() and not file.is_dir()))
            and file.suffix.lower() in SUFFIXES
        ]
    except OSError as error:
        raise CourseError(
            f"The folder {folder.name} cannot be read: {error.strerror}. Choose another."
        ) from error
    if not found:
        raise CourseError(
            f"The folder {folder.name} holds no image ({', '.join(SUFFIXES)}). Choose the folder "
            "in which they lie, or save them as one of these."
        )
    return found


def classify_folder(
    classifier: PixelClassifier, folder: Path, objects: ObjectSettings | None = None
) -> Iterator[FolderStep]:
    """Write the classes, and perhaps the objects, of each image into a folder inside.

    Each result appears whole or not at all. A file that cannot be read does not stop the others.
    Images whose grey values are far from those that were learned from are classified all the same,
    and `DOUBTS` names them.

    Parameters
    ----------
    classifier : PixelClassifier
    folder : Path
    objects : ObjectSettings, optional
        Write objects of a class, too.

    Yields
    ------
    FolderStep
        After each tile, where the work can be stopped, and after each file.
    """
    files = picture_folders.names(images_of(folder))
    doubts: dict[str, str] = {}
    with suppress(OSError):  # of an earlier time
        (folder / RESULTS / DOUBTS).unlink()
    for done, (name, file) in enumerate(files.items()):
        results = [folder / RESULTS / f"{name} {what}.tif" for what in ("classes", "objects")]
        problem = doubt = ""
        try:
            pixels, labels, rgb = read_image(file)
            layout = _layout(classifier, pixels.shape, labels, rgb)
            probability = _empty(classifier, pixels, layout)
            for _ in _filled(probability, classifier, pixels, layout):
                yield FolderStep(done, len(files), file.name)
            known = np.array(classifier.classes, np.uint8)
            _write(results[0], known[probability.argmax(axis=0)])
            if objects is None:
                _remove(results[1:])
            else:
                numbered = _objects(classifier, probability, layout, objects)
                _write(results[1], numbered)
            # Of the whole image: tiles alone would not show it.
            doubt = (seen.doubt(classifier.seen, pixels) if classifier.seen else None) or ""
            if doubt:
                doubts[file.name] = doubt
                _write_doubts(folder, doubts)
        except CourseError as error:
            problem = str(error)
        except MemoryError:
            problem = "It does not fit into the memory. Crop it."
        if problem:
            _remove(results)
        yield FolderStep(done + 1, len(files), file.name, problem, True, doubt)


def read_image(file: Path) -> tuple[NDArray[Any], tuple[str, ...], bool]:
    """Return the pixels of a file, the labels of its axes, and whether the last one is colours.

    Raises
    ------
    CourseError
        If it cannot be read.
    """
    pixels, axes = picture_files.read(file, name="It")
    return pixels, tuple(axes.lower().replace("?", " ")), axes.endswith("C")


def _layout(
    classifier: PixelClassifier, shape: tuple[int, ...], labels: Sequence[str], rgb: bool
) -> Layout:
    """Return what the axes of a file are, where it does not say so as the classifier needs them."""
    choice: Choice = "volume" if classifier.ndim == 3 else "planes"
    layout = layout_of(shape, labels, rgb=rgb, choice=choice)
    if layout.channel is None and classifier.recipe.channels and classifier.ndim == 2:
        # An axis without a name, and of the length that the classifier knows as channels.
        other = layout_of(shape, labels, choice="channels")
        axis = other.channel
        nameless = axis is not None and not labels[axis].strip()
        if axis is not None and nameless and shape[axis] == classifier.recipe.channels:
            return other
    return layout


def _empty(
    classifier: PixelClassifier, pixels: NDArray[Any], layout: Layout
) -> NDArray[np.float32]:
    """Return room for the probabilities of all sites, if the image fits the classifier."""
    wanted = classifier.recipe.channels
    channels = None if layout.channel is None else pixels.shape[layout.channel]
    if channels == 4 and wanted == 3:
        raise CourseError("It has 4 channels (RGBA). Save it without transparency.")
    if channels != wanted or classifier.ndim != len(layout.space):
        raise CourseError(
            f"Its shape is {' × '.join(map(str, pixels.shape))}, and the forest learned from "
            f"{'volumes' if classifier.ndim == 3 else 'planes'} of "
            f"{'grey values' if wanted is None else f'{wanted} channels'}."
        )
    return np.zeros((len(classifier.classes), *layout.sites(pixels.shape)), np.float32)


def _filled(
    probability: NDArray[np.float32],
    classifier: PixelClassifier,
    pixels: NDArray[Any],
    layout: Layout,
) -> Iterator[None]:
    """Fill the probabilities tile by tile."""
    sites = probability.shape[1:]
    for tile in grid(sites, layout.space_of_sites):
        frame = tuple(
            slice(0, n) if axis in layout.space_of_sites else tile[axis]
            for axis, n in enumerate(sites)
        )
        window = tuple(tile[axis] for axis in layout.space_of_sites)
        found = classifier.predict_proba(layout.read(pixels, frame), window=window)
        shape = tuple(part.stop - part.start for part in tile)
        probability[(slice(None), *tile)] = np.asarray(found).reshape(-1, *shape)
        yield


def _write_doubts(folder: Path, doubts: dict[str, str]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([("file", "doubt"), *doubts.items()])
    write_atomic(folder / RESULTS / DOUBTS, text.getvalue().encode("utf-8"))


def _objects(
    classifier: PixelClassifier,
    probability: NDArray[np.float32],
    layout: Layout,
    settings: ObjectSettings,
) -> NDArray[np.int32]:
    if settings.number not in classifier.classes:
        raise CourseError(f"There is no class {settings.number}. Choose one under “Class shown”.")
    row = classifier.classes.index(settings.number)
    *_, labels = objects_of(probability[row], layout, settings)
    return labels


def _remove(results: list[Path]) -> None:
    """Remove what came of an image at an earlier time: it does not belong to this model."""
    for result in results:
        with suppress(OSError):
            result.unlink(missing_ok=True)


def _write(path: Path, array: NDArray[Any]) -> None:
    import tifffile

    content = io.BytesIO()
    tifffile.imwrite(content, array, compression="zlib")
    write_atomic(path, content.getvalue())
