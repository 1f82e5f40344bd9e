"""A folder of one's own labelled images, read and judged before anything is trained on it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gpu_course.deep_learning import labelled_folder
from gpu_course.deep_learning.classes_as_labels import refuse_classes
from gpu_course.deep_learning.scenes import digest
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.labels import CODES, LARGEST, refuse_mask, renumber
from gpu_course.own_images import drawn, mixed_up

Kind = Literal["labels", "masks"]

STEPS = 12
"""Rounded to fewer steps from its smallest to its largest number, an image is lost."""

INVERTED = 0.5
"""From this share of all pixels on, masks may show the background instead of the objects."""


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
        If a file has no partner or cannot be read, sizes differ, an image is no plane or holds
        NaN, images differ in their channels, two images are one and the same, nothing is
        labelled, or numbers are no labels but classes or greys.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CourseError(f"There is no folder {folder.name}. Check the path.")
    # Judged below: in a folder of masks the one number in many pieces is right.
    scenes = labelled_folder.read(folder, allow_empty=True, in_pieces=True)
    kept = _colours(scenes)
    scenes = [_plane(scene, channel, kept) for scene in scenes]
    channels = _same_channels(scenes)
    _refuse_twins(scenes)
    kind = _kind(folder, scenes)
    notes = mixed_up.doubts(scenes, file_of) + drawn.doubts(scenes, kind, file_of)
    if empty := [file_of(s) for s in scenes if not np.any(s.labels)]:
        notes.append(
            f"No object is labelled in {_listed(empty)}: a U-Net learns there that there is "
            "nothing, a threshold and StarDist learn from the other images alone."
        )
    if kind == "masks" and (folder / "labels").is_dir():
        notes.append(
            "labels/ holds one number in each file, so it is taken for masks: objects that touch "
            "will not be told apart."
        )
    if kind == "labels":
        for scene in scenes:
            refuse_mask(np.asarray(scene.labels), f"The labels of {file_of(scene)}")
            refuse_classes(np.asarray(scene.labels), f"The labels of {file_of(scene)}")
        scenes = [_renumbered(scene) for scene in scenes]
    else:
        scenes = [
            dataclasses.replace(s, mask=np.asarray(s.labels) > 0, labels=None) for s in scenes
        ]
        share = float(np.mean([truth_of(scene).mean() for scene in scenes]))
        if share >= INVERTED:
            notes.append(
                f"Masks cover {share:.0%} of the images: if what they cover is background, turn "
                "them round, as objects must be what is not 0."
            )
    return Labelled(folder.resolve().name, kind, scenes, channels, notes)


def pixels_of(
    image: NDArray[Any], axes: str, name: str, channel: int | None, *, kept: int | None = None
) -> NDArray[Any]:
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
    kept : int, optional
        So many channels are kept although all are equal: a black frame among colour images.

    Returns
    -------
    ndarray (Y, X) or (Y, X, C)

    Raises
    ------
    CourseError
        If the image is no plane of real and finite numbers, has masked pixels, no such channel, or
        numbers that float32 rounds away.
    """
    if axes not in ("YX", "YXC"):
        raise CourseError(
            f"{name} has the axes {axes}; only planes are read here, YX or with channels YXC. Save "
            "each plane as an image of its own."
        )
    if np.ma.is_masked(image):
        raise CourseError(f"{name} is a masked array. Fill what is masked: image.filled(value).")
    if image.dtype.kind not in "uif":
        raise CourseError(
            f"{name} holds values of type {image.dtype}, which are no grey values. Save it as "
            "whole or real numbers."
        )
    if not np.isfinite(image).all():
        raise CourseError(
            f"{name} holds missing or infinite values (NaN, inf). Replace them, for instance with "
            "numpy.nan_to_num."
        )
    _refuse_rounding(image, name)
    if channel is not None:
        count = image.shape[-1] if axes == "YXC" else 1
        if isinstance(channel, bool) or channel not in range(count):
            raise CourseError(
                f"{name} has no channel {channel}: it has {count}, counted from 0. Choose another."
            )
        return image[..., channel] if axes == "YXC" else image
    # Grey pictures that a program saved as three equal colours.
    if axes == "YXC" and image.shape[-1] != kept and _grey(image):
        return image[..., 0]
    return image


def _refuse_rounding(image: NDArray[Any], name: str) -> None:
    """Refuse numbers of which too little is left in float32, in which all methods compute."""
    if image.dtype.itemsize < 4 or not image.size:
        return
    low, high = float(image.min()), float(image.max())
    span, largest, limits = high - low, max(high, -low), np.finfo(np.float32)
    held = largest <= float(limits.max) and not 0 < span < float(limits.tiny)
    if not held or 0 < span < STEPS * np.spacing(np.float32(largest)):
        raise CourseError(
            f"{name} holds numbers from {low:.6g} to {high:.6g}, which are one and the same to "
            "methods that compute with 32 bits. Subtract the smallest number, or bring them to an "
            "ordinary range."
        )


def file_of(scene: Sample) -> str:
    """Return the name of a scene's file, without its ending."""
    return str(scene.facts.get("file", f"{scene.name}-{scene.index}"))


def truth_of(scene: Sample) -> NDArray[Any]:
    """Return the labels of a scene, or else its mask."""
    return np.asarray(scene.labels if scene.labels is not None else scene.mask)


def _grey(image: NDArray[Any]) -> bool:
    return bool((image == image[..., :1]).all())


def _colours(scenes: list[Sample]) -> int | None:
    """Return how many channels the images in colours have, if there are such."""
    return next((s.image.shape[-1] for s in scenes if s.axes == "YXC" and not _grey(s.image)), None)


def _renumbered(scene: Sample) -> Sample:
    """Give objects small numbers: tables as long as the largest would not fit into memory."""
    labels = np.asarray(scene.labels)
    few = labels.max(initial=0) <= LARGEST
    return scene if few else dataclasses.replace(scene, labels=renumber(labels))


def _plane(scene: Sample, channel: int | None, kept: int | None) -> Sample:
    image = pixels_of(scene.image, scene.axes, file_of(scene), channel, kept=kept)
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
    # A mask has the same number everywhere: one object of number 255 and one of number 7 are two.
    alike = len({int(found[-1]) for found in numbers if found[-1]}) == 1
    if any(is_mask(np.asarray(scene.labels), by_number=alike) for scene in scenes):
        return "masks"
    return "labels"


def is_mask(labels: NDArray[Any], *, by_number: bool = True) -> bool:
    """Tell a mask from labels: one number in several pieces, or the one that programs write."""
    most = int(labels.max(initial=0))
    if by_number and most in CODES and ((labels == 0) | (labels == most)).all():
        return True
    try:
        refuse_mask(labels, "")
    except CourseError:
        return True
    return False


def _listed(names: list[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
