"""The pictures of a folder, and the truth beside them where somebody has drawn one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import picture_files
from gpu_course.errors import CourseError
from gpu_course.own_images.folder import pixels_of

SUFFIXES = (*picture_files.TIFF, *picture_files.PNG, *picture_files.JPEG)


def listed(folder: Path | str) -> dict[str, Path]:
    """Return name → file of the pictures in a folder, or in its ``images/``.

    Raises
    ------
    CourseError
        If there is no such folder, or no picture in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CourseError(f"There is no folder {folder.name}. Check the path.")
    place = folder / "images" if (folder / "images").is_dir() else folder
    files = sorted(
        file
        for file in place.iterdir()
        if file.is_file() and file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
    )
    if not files:
        raise CourseError(
            f"The folder {place.name} holds no picture ({', '.join(SUFFIXES)}). Put some there."
        )
    stems = [file.stem.lower() for file in files]
    # Two files of one name but other endings keep their endings.
    return {f.stem if stems.count(f.stem.lower()) == 1 else f.name: f for f in files}


def read(file: Path, channel: int | None) -> NDArray[Any]:
    """Return the pixels of a picture (Y, X) or (Y, X, C), or of one of its channels.

    Raises
    ------
    CourseError
        If it cannot be read, is no plane, has no such channel, or holds NaN.
    """
    pixels, axes = picture_files.read(file, name="The file")
    image = pixels_of(pixels, axes, "The file", channel)
    if not np.isfinite(image).all():
        raise CourseError("The image holds missing or infinite values (NaN, inf). Replace them.")
    return image


def truth_beside(folder: Path | str, file: Path, shape: tuple[int, ...]) -> NDArray[Any] | None:
    """Return the labels or the mask of a picture, if its folder has any.

    Parameters
    ----------
    folder : Path or str
        That holds ``images/`` and perhaps ``labels/`` or ``masks/``.
    file : Path
        The picture.
    shape : tuple of int
        Rows and columns of the picture.

    Raises
    ------
    CourseError
        If they cannot be read or do not cover the picture.
    """
    if file.parent.name != "images":
        return None
    for kind in ("labels", "masks"):
        for suffix in (*picture_files.TIFF, *picture_files.PNG):
            drawn = Path(folder) / kind / f"{file.stem}{suffix}"
            if not drawn.is_file():
                continue
            numbers = picture_files.read(drawn, numbers=True).array
            if numbers.ndim == 3 and (numbers == numbers[..., :1]).all():
                numbers = numbers[..., 0]
            if numbers.shape != shape[:2] or numbers.dtype.kind not in "ui":
                raise CourseError(
                    f"{kind}/{drawn.name} has the shape {numbers.shape} and the image "
                    f"{shape[:2]}, so it cannot be judged. Save it again from the same image."
                )
            return numbers
    return None
