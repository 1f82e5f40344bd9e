"""Real nuclei from many cameras: 64 frames of the 2018 Data Science Bowl, with human labels.

The frames were drawn by a seed within classes of size before anything was segmented on them, and
so was the split. Each is a PNG with three equal channels; its labels are one PNG per nucleus.
"""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from gpu_course import paths
from gpu_course.errors import CourseError
from gpu_course.images import registry
from gpu_course.images.registered import masks_folder
from gpu_course.images.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

NAME = "nuclei-dsb"

IN_NUCLEI = "4dbbb275"
"""The training frame that the set `nuclei` was cut from, and had noise added to (short id).

What learns from it has seen the nuclei on which `nuclei` judges: leave it out, or say so there.
"""

IN_NUCLEI_WINDOW = (slice(8, 520), slice(184, 696))
"""Rows and columns of that frame which the set `nuclei` shows, both halves of it."""


@dataclasses.dataclass(frozen=True)
class Frame:
    """What is known of a frame without reading it."""

    id: str  # its name in the Data Science Bowl, 64 hexadecimal digits
    split: str  # ``"train"``, ``"validation"`` or ``"test"``
    shape: tuple[int, int]  # rows and columns
    nuclei: int  # how many nuclei people outlined
    # Median over the nuclei of the diameter of a disc of equal area, in pixels. It comes from the
    # labels, so a method that is judged on this frame must not read it.
    diameter: float
    labels_sha256: str  # of the joined labels as uint16 in C order

    @property
    def short(self) -> str:
        """The first eight digits of the id: they differ in all 64 frames."""
        return self.id[:8]

    @property
    def camera(self) -> str:
        """Rows × columns, such as ``"520x696"``.

        Nobody recorded the cameras. Frames of one size look alike and mostly come from one
        instrument, so the size stands for it.
        """
        return "{}x{}".format(*self.shape)

    @property
    def picture(self) -> str:
        """The registry path of the picture."""
        return f"{NAME}/stage1_train/{self.id}/images/{self.id}.png"


def frames(split: str | None = None) -> tuple[Frame, ...]:
    """Return the table of frames; no picture is read, and none need be there.

    Parameters
    ----------
    split
        ``"train"``, ``"validation"`` or ``"test"``; all if None. The position in a split is the
        `index` that `gpu_course.images.load` takes.

    Returns
    -------
    tuple of Frame
        36 to train, 7 to validate, 21 to test on.

    Examples
    --------
    >>> from gpu_course.images.nuclei_dsb import frames
    >>> len(frames()), frames("test")[0].camera
    (64, '360x360')
    """
    table = paths.data() / NAME / "frames.csv"
    with table.open(encoding="utf-8", newline="") as stream:
        return tuple(
            Frame(
                id=row["id"],
                split=row["split"],
                shape=(int(row["rows"]), int(row["columns"])),
                nuclei=int(row["nuclei"]),
                diameter=float(row["median_diameter"]),
                labels_sha256=row["labels_sha256"],
            )
            for row in csv.DictReader(stream)
            if split in (None, row["split"])
        )


def files() -> tuple[str, ...]:
    """Return the registry paths of all frames: each picture, followed by its masks."""
    return tuple(path for frame in frames() for path in (frame.picture, *masks(frame.picture)))


def masks(picture: str) -> tuple[str, ...]:
    """Return the registry paths of the masks of a picture, in the order of their names.

    Empty for a picture without registered masks.
    """
    folder = masks_folder(picture)
    return tuple(each.path for each in registry.entries() if each.path.startswith(folder))


def load_nuclei_dsb(split: str, index: int, size: str | None = None) -> Sample:
    """Return one frame, by split and index as in `frames`, with its labels.

    The image is uint8 (Y, X), the labels (see `join_masks`) are of equal shape. ``facts["frame"]``
    is the short id, ``facts["camera"]`` the size that stands for the camera. Nobody recorded the
    pixel size. A photograph has the size it has: `size` is ignored.
    """
    frame = frames(split)[index]
    image = one_channel(_read(registry.fetch(frame.picture)), frame.short)
    drawn = [_read(registry.fetch(path)) for path in masks(frame.picture)]
    labels = join_masks(drawn, image.shape)
    facts = {"frame": frame.short, "camera": frame.camera}
    return Sample(NAME, split, index, image, "YX", labels=labels, facts=facts)


def one_channel(picture: npt.NDArray[np.uint8], name: str = "the picture") -> npt.NDArray[np.uint8]:
    """Return the one channel of a grey picture that was stored as colours.

    Parameters
    ----------
    picture
        uint8 (Y, X), or (Y, X, C) with C of 3 or 4; a fourth channel is opacity.
    name
        What the error calls it.

    Returns
    -------
    ndarray of uint8, shape (Y, X)
        A copy.

    Raises
    ------
    CourseError
        The channels differ, so a single one is not the picture.
    """
    if picture.ndim == 2:
        return picture.copy()
    first = picture[..., 0]
    if not (picture[..., :3] == first[..., None]).all():
        raise CourseError(
            f"{name} is coloured, and this set is of fluorescence in one channel. "
            "Run `gpu-course images verify nuclei-dsb`."
        )
    return first.copy()


def join_masks(
    drawn: Sequence[npt.NDArray[np.uint8]], shape: tuple[int, ...]
) -> npt.NDArray[np.int32]:
    """Join one mask per nucleus to one picture of numbers.

    Where masks overlap, the later lies on top (in the 64 frames none does). A hole that people
    left in a nucleus stays background. A nucleus of several parts keeps one number for all.

    Parameters
    ----------
    drawn
        Each (Y, X), not 0 on one nucleus.
    shape
        Rows and columns of the picture.

    Returns
    -------
    ndarray of int32, shape (Y, X)
        0 is background, 1…n the nuclei in the order given, without gaps: a mask that is empty or
        wholly covered gets no number.

    Raises
    ------
    CourseError
        A mask has another shape than the picture.
    """
    import numpy as np

    from gpu_course.labels import renumber

    labels = np.zeros(shape, np.int32)
    for number, mask in enumerate(drawn, start=1):
        if mask.shape != labels.shape:
            raise CourseError(
                f"Mask {number} has the shape {mask.shape} and its picture {labels.shape}. "
                "Run `gpu-course images verify nuclei-dsb`."
            )
        labels[mask > 0] = number
    return renumber(labels)


def _read(file: Path) -> npt.NDArray[np.uint8]:
    from gpu_course.images.photographs import read_photograph

    return read_photograph(file)
