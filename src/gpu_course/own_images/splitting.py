"""Which images to learn from, which to choose by, and which to keep for the last score."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from gpu_course.deep_learning.scenes import split_scenes
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.own_images.folder import truth_of

TEST_FROM = 6
"""With fewer images none is spared for a test: training and choosing need them more."""


DEALS = 200
"""So often images are dealt, until there is an object to learn from and one to choose by."""


@dataclasses.dataclass(frozen=True)
class Split:
    """Whole images, dealt out.

    Attributes
    ----------
    train, validation, test : list of Sample
        To learn from, to choose by, and to report on; `test` may be empty.
    notes : list of str
        What the owner should know, a sentence each.
    """

    train: list[Sample]
    validation: list[Sample]
    test: list[Sample]
    notes: list[str]


def deal(scenes: Sequence[Sample], *, seed: int = 0) -> Split:
    """Split whole images: by the table ``labels.csv`` if it names splits, else by chance.

    Parameters
    ----------
    scenes : sequence of Sample
    seed : int
        Decides who goes where, if chance does.

    Returns
    -------
    Split

    Raises
    ------
    CourseError
        If there are too few images, or nothing is labelled in those to learn from or to choose by.

    Examples
    --------
    >>> from gpu_course import images
    >>> from gpu_course.own_images import deal
    >>> scenes = [images.load("bees", "train", index=n, size="small") for n in range(3)]
    >>> split = deal(scenes)
    >>> len(split.train), len(split.validation), len(split.test)
    (2, 1, 0)
    """
    notes = []
    named = {scene.split for scene in scenes}
    if "whole" in named:
        raise CourseError(
            "labels.csv names the split whole, which is for one image that is to learn from and to "
            "judge. Write train, validation or test."
        )
    if named != {"train"}:
        parts = [
            [s for s in scenes if s.split == split] for split in ("train", "validation", "test")
        ]
        if not parts[0] or not parts[1]:
            lacking = "train" if not parts[0] else "validation"
            raise CourseError(
                f"labels.csv names no image of the split {lacking}. Name at least one, or leave "
                "the column split empty and chance deals the images out."
            )
    else:
        if len(scenes) < 2:
            raise CourseError(
                "One image cannot be learned from and judge what was learned. Label a second one, "
                "or cut this one into two halves that share no object."
            )
        share = 0.2 if len(scenes) >= TEST_FROM else 0.0
        parts = _dealt(scenes, share, seed)
        notes.append(
            "Chance dealt the images out. If several are of one plate, animal or day, name the "
            "splits in labels.csv, so that those stay together."
        )
    for part, what in zip(parts[:2], ("to learn from", "to choose by"), strict=True):
        if not _shows_any(part):
            raise CourseError(
                f"No object is labelled in the images {what}. Label more, or name other splits in "
                "labels.csv."
            )
    if not parts[2]:
        notes.append(
            "No image is kept for a test, so the only score is that of the validation images, by "
            "which choices were made: it is a little too good. From "
            f"{TEST_FROM} images on, some are kept."
        )
    splits = ("train", "validation", "test")
    train, validation, test = (
        [dataclasses.replace(scene, split=name, index=n) for n, scene in enumerate(part)]
        for name, part in zip(splits, parts, strict=True)
    )
    return Split(train, validation, test, notes)


def _dealt(scenes: Sequence[Sample], share: float, seed: int) -> list[list[Sample]]:
    """Deal by chance, and anew where all images without an object came together."""
    for again in range(DEALS):
        chance = (seed + again * 2**16) % 2**32
        parts = [list(p) for p in split_scenes(scenes, validation=0.2, test=share, seed=chance)]
        if all(_shows_any(part) for part in parts[:2]):
            break
    return parts


def _shows_any(scenes: Sequence[Sample]) -> bool:
    return any(truth_of(scene).any() for scene in scenes)
