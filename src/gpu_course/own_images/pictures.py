"""The pictures of a folder, and the truth beside them where somebody has drawn one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from gpu_course import picture_files, picture_folders
from gpu_course.deep_learning.classes_as_labels import refuse_classes
from gpu_course.deep_learning.labelled_folder import IMAGES
from gpu_course.errors import CourseError
from gpu_course.own_images.folder import Kind, is_mask, pixels_of


def listed(folder: Path | str) -> dict[str, Path]:
    """Return name → file of the pictures in a folder, or in its ``images/``.

    Raises
    ------
    CourseError
        If there is no such folder, or no picture in it.
    """
    place = _place(Path(folder))
    files = [file for file in picture_folders.visible(place) if _is_picture(file)]
    if not files:
        other = ", ".join(passed_over(folder)[:3])
        holds = f"but {other}" if other else "nothing to be seen"
        raise CourseError(
            f"The folder {place.name} holds no picture ({', '.join(IMAGES)}), {holds}. Put some "
            "there, or name the folder in which they lie."
        )
    return picture_folders.names(files)


def passed_over(folder: Path | str) -> list[str]:
    """Return what lies between the pictures of a folder and is none: folders have a ``/``."""
    return [
        f"{file.name}/" if file.is_dir() else file.name
        for file in picture_folders.visible(_place(Path(folder)))
        if not _is_picture(file)
    ]


def size(file: Path) -> int:
    """Return the bytes of a file, 0 of a link that leads nowhere."""
    return file.stat().st_size if file.exists() else 0


def read(file: Path, channel: int | None, channels: int | None = None) -> NDArray[Any]:
    """Return the pixels of a picture (Y, X) or (Y, X, C), or of one of its channels.

    Parameters
    ----------
    file : Path
    channel : int or None
        Which one, counted from 0.
    channels : int, optional
        So many are wanted: where the file has them, they stay even if all are equal.

    Raises
    ------
    CourseError
        If it cannot be read, is no plane, has no such channel, or holds NaN.
    """
    pixels, axes = picture_files.read(file, name="The file")
    return pixels_of(pixels, axes, "The file", channel, kept=channels)


def truths(folder: Path | str) -> dict[str, Path]:
    """Return the title of a picture → the file of its labels or else its mask.

    Parameters
    ----------
    folder : Path or str
        That holds ``images/`` and perhaps ``labels/`` or ``masks/``.

    Raises
    ------
    CourseError
        If two files are of one name.
    """
    if not (Path(folder) / "images").is_dir():
        return {}
    found: dict[str, Path] = {}
    for kind in ("masks", "labels"):
        place = Path(folder) / kind
        files = picture_folders.visible(place) if place.is_dir() else []
        drawn: dict[str, Path] = {}
        for file in filter(_is_picture, files):
            other = drawn.setdefault(picture_folders.title(file), file)
            if other != file:
                raise CourseError(
                    f"{kind}/ holds {other.name} and {file.name} for one picture. Keep the one "
                    "that is right, and move the other away."
                )
        found |= drawn
    return found


def truth_beside(folder: Path | str, file: Path, shape: tuple[int, ...]) -> NDArray[Any] | None:
    """Return the labels or the mask of a picture of this shape, if its folder has any.

    They lie in ``labels/`` or ``masks/`` beside its ``images/``, and are refused as by `truth`.
    """
    drawn = truths(folder).get(picture_folders.title(file))
    return None if drawn is None else truth(drawn, shape)


def truth(drawn: Path, shape: tuple[int, ...], kind: Kind | None = None) -> NDArray[Any]:
    """Return the labels or the mask in a file.

    Parameters
    ----------
    drawn : Path
    shape : tuple of int
        Rows and columns of the picture.
    kind : {"labels", "masks"}, optional
        What is to be judged: objects cannot be by a mask.

    Raises
    ------
    CourseError
        If they cannot be read, do not cover the picture, or say nothing about what is judged.
    """
    name = f"{drawn.parent.name}/{drawn.name}"
    numbers = picture_files.read(drawn, numbers=True).array
    if numbers.ndim == 3 and (numbers == numbers[..., :1]).all():
        numbers = numbers[..., 0]
    if numbers.ndim != 2:
        raise CourseError(
            f"{name} is a picture in colours or a stack, of shape {numbers.shape}, so it cannot "
            "judge. Save one whole number for every pixel, 0 for background."
        )
    if numbers.shape != shape[:2]:
        raise CourseError(
            f"{name} has the shape {numbers.shape} and the image {shape[:2]}, so it cannot judge. "
            "Save it again from the same image."
        )
    if numbers.dtype.kind not in "ui" or numbers.min(initial=0) < 0:
        raise CourseError(
            f"{name} holds {numbers.dtype} and numbers from {numbers.min():g}, so it cannot judge: "
            "numbers of objects are whole, and 0 is background. Save labels.astype(np.int32)."
        )
    if kind == "labels" and is_mask(numbers):
        raise CourseError(
            f"{name} is a mask, which says nothing about single objects, so it cannot judge them. "
            "Number them: scipy.ndimage.label(mask)[0]."
        )
    refuse_classes(numbers, name, objects=kind != "masks")
    return numbers


def _place(folder: Path) -> Path:
    if folder.is_file():
        raise CourseError(f"{folder.name} is a file. Name the folder in which it lies.")
    if not folder.is_dir():
        raise CourseError(f"There is no folder {folder.name}. Check the path.")
    return folder / "images" if (folder / "images").is_dir() else folder


def _is_picture(file: Path) -> bool:
    # A link that leads nowhere is told of where it is read.
    there = file.is_file() or (file.is_symlink() and not file.is_dir())
    return there and file.suffix.lower() in IMAGES
