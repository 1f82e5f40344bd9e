"""A folder of one's own labelled images, read and judged before anything is trained on it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gpu_course.deep_learning import labelled_folder
from gpu_course.deep_learning.scenes import digest
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.labels import refuse_mask

Kind = Literal["labels", "masks"]


@dataclasses.dataclass(frozen=True)
class Labelled:
    """What a folder holds.

    Attributes
    ----------
    name : str
        Of the folder.
    kind : {"labels", "masks"}
        Labels number the objects one by one; masks say only where there is one.
    scenes : list of Sample
        In the order of their names, with `labels` or with `mask`; all have the same channels.
    channels : int
        Of every image.
    notes : list of str
        What the owner should know, a sentence each.
    """

    name: str
    kind: Kind
    scenes: list[Sample]
    channels: int
    notes: list[str]


def read(folder: Path | str, *, channel: int | None = None) -> Labelled:
    """Read a folder with ``images/`` and ``labels/`` or ``masks/``, and check what is in it.

    Parameters
    ----------
    folder : Path or str
        As `gpu_course.deep_learning.labelled_folder` has it; TIFF or PNG, with or without a table.
    channel : int, optional
        Learn from this channel alone, counted from 0. None: from all of them.

    Returns
    -------
    Labelled

    Raises
    ------
    CourseError
        If a file has no partner or cannot be read, sizes differ, an image is no plane, images
        differ in their channels, two images are one and the same, or nothing is labelled.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CourseError(f"There is no folder {folder.name}. Check the path.")
    # Judged below: in a folder of masks the one number in many pieces is right.
    scenes = labelled_folder.read(folder, allow_empty=True, in_pieces=True)
    scenes = [_plane(scene, channel) for scene in scenes]
    channels = _same_channels(scenes)
    _refuse_twins(scenes)
    kind = _kind(folder, scenes)
    notes = []
    if empty := [file_of(s) for s in scenes if not np.any(s.labels)]:
        notes.append(
            f"No object is labelled in {_listed(empty)}: there, that there is nothing is learned."
        )
    if kind == "masks" and (folder / "labels").is_dir():
        notes.append(
            "labels/ holds one number in each file, so it is taken for masks: objects that touch "
            "will not be told apart."
        )
    if kind == "labels":
        for scene in scenes:
            refuse_mask(np.asarray(scene.labels), f"The labels of {file_of(scene)}")
    else:
        scenes = [
            dataclasses.replace(s, mask=np.asarray(s.labels) > 0, labels=None) for s in scenes
        ]
    return Labelled(folder.resolve().name, kind, scenes, channels, notes)


def pixels_of(image: NDArray[Any], axes: str, name: str, channel: int | None) -> NDArray[Any]:
    """Return the pixels to learn from: one channel if asked, one if all are equal, else all.

    Parameters
    ----------
    image : ndarray
    axes : str
        Of the image, such as ``"YXC"``.
    name : str
        For the error.
    channel : int or None
        Counted from 0.

    Returns
    -------
    ndarray (Y, X) or (Y, X, C)

    Raises
    ------
    CourseError
        If the image is no plane, or has no such channel.
    """
    if axes not in ("YX", "YXC"):
        raise CourseError(
            f"{name} has the axes {axes}; only planes are read here, YX or with channels YXC. Save "
            "each plane as an image of its own."
        )
    if channel is not None:
        count = image.shape[-1] if axes == "YXC" else 1
        if not 0 <= channel < count:
            raise CourseError(
                f"{name} has no channel {channel}: it has {count}, counted from 0. Choose another."
            )
        return image[..., channel] if axes == "YXC" else image
    # Grey pictures that a program saved as three equal colours.
    if axes == "YXC" and (image == image[..., :1]).all():
        return image[..., 0]
    return image


def file_of(scene: Sample) -> str:
    """Return the name of a scene's file, without its ending."""
    return str(scene.facts.get("file", f"{scene.name}-{scene.index}"))


def truth_of(scene: Sample) -> NDArray[Any]:
    """Return the labels of a scene, or else its mask."""
    return np.asarray(scene.labels if scene.labels is not None else scene.mask)


def _plane(scene: Sample, channel: int | None) -> Sample:
    image = pixels_of(scene.image, scene.axes, file_of(scene), channel)
    return dataclasses.replace(scene, image=image, axes="YX" if image.ndim == 2 else "YXC")


def _same_channels(scenes: list[Sample]) -> int:
    counts = {file_of(s): 1 if s.image.ndim == 2 else s.image.shape[-1] for s in scenes}
    first = next(iter(counts))
    for name, count in counts.items():
        if count != counts[first]:
            raise CourseError(
                f"{first} has {counts[first]} channel(s) and {name} has {count}. Put images of one "
                "kind into a folder, or choose one channel with --channel."
            )
    return counts[first]


def _refuse_twins(scenes: list[Sample]) -> None:
    """One picture under two names could end up in training and validation."""
    seen: dict[str, str] = {}
    for scene in scenes:
        known = seen.setdefault(digest(scene.image), file_of(scene))
        if known != file_of(scene):
            raise CourseError(
                f"{known} and {file_of(scene)} are the same picture. Remove one of them: a picture "
                "to learn from cannot judge what was learned."
            )


def _kind(folder: Path, scenes: list[Sample]) -> Kind:
    """Masks have one number in each file; where labels/ has, several pieces must tell it."""
    numbers = [np.unique(s.labels)[-2:] for s in scenes if s.labels is not None]
    if any(len(found[found > 0]) > 1 for found in numbers):
        return "labels"
    if (folder / "masks").is_dir():
        return "masks"
    for scene in scenes:
        try:
            refuse_mask(np.asarray(scene.labels), file_of(scene))
        except CourseError:
            return "masks"
    return "labels"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
