"""Scenes made ready for a network: split, checked, normalised."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpu_course.deep_learning.normalisation import Scale, channels_first
from gpu_course.errors import CourseError
from gpu_course.images import Sample

T = TypeVar("T")


def split_scenes(
    scenes: Sequence[T], *, validation: float = 0.2, test: float = 0.0, seed: int = 0
) -> tuple[list[T], list[T], list[T]]:
    """Deal whole scenes to training, validation and test.

    Whole scenes, never patches: two patches of one photograph share its light, its camera and
    perhaps a root, so a network would be tested on what it has seen. The simulated sets of the
    course and RootNav come with splits of their own; use those.

    Parameters
    ----------
    scenes : sequence
        Samples, file names or anything else, one per scene.
    validation, test : float
        Shares of the scenes, rounded to whole scenes; above 0 means at least one.
    seed : int
        Decides who goes where.

    Returns
    -------
    training, validation, test : list
        Disjoint; together all scenes.

    Raises
    ------
    CourseError
        If no scene is left for training.

    Examples
    --------
    >>> from gpu_course.deep_learning import split_scenes
    >>> training, validation, test = split_scenes(range(10), validation=0.2, test=0.1)
    >>> len(training), len(validation), len(test)
    (7, 2, 1)
    """
    counts = [max(1, round(share * len(scenes))) if share else 0 for share in (validation, test)]
    if min(validation, test) < 0 or sum(counts) >= len(scenes):
        raise CourseError(
            f"{len(scenes)} scene(s) cannot be split so that {validation:.0%} are for validation, "
            f"{test:.0%} for test and one at least is left to train on. Take smaller shares or "
            "more scenes."
        )
    dealt = [scenes[i] for i in np.random.default_rng(seed).permutation(len(scenes))]
    first, second = counts[0], sum(counts)
    return dealt[second:], dealt[:first], dealt[first:second]


def mask_of(sample: Sample) -> NDArray[np.uint8]:
    """Return the class of every pixel of a scene.

    Parameters
    ----------
    sample : Sample
        With `mask`, or with `labels` whose objects all become class 1.

    Returns
    -------
    ndarray, uint8 (Y, X)

    Raises
    ------
    CourseError
        If the scene has neither, it does not cover the image exactly, or it holds other values
        than classes, such as 255 for the foreground.

    Examples
    --------
    >>> from gpu_course.deep_learning import mask_of
    >>> from gpu_course.images import Sample
    >>> mask_of(Sample("mine", "train", 0, np.zeros((1, 4)), "YX", labels=np.array([[0, 1, 1, 2]])))
    array([[0, 1, 1, 1]], dtype=uint8)
    """
    mask = sample.mask if sample.mask is not None else sample.labels
    where = name_of(sample)
    if mask is None:
        raise CourseError(f"{where} has neither mask nor labels. Label it first.")
    spatial = sample.image.shape[:2]
    if mask.shape != spatial:
        raise CourseError(
            f"{where}: the labels have the shape {mask.shape} and the image {spatial}. "
            "They must cover each other pixel by pixel; save labels again from the same image."
        )
    if sample.mask is None or mask.dtype == bool:
        return (mask > 0).astype(np.uint8)
    least, most = float(mask.min()), float(mask.max())
    # 255 is how programs write “foreground”; as the number of a class it would be learned as such.
    if not (least >= 0 and most < 255) or (mask.dtype.kind == "f" and (mask % 1 != 0).any()):
        raise CourseError(
            f"{where}: the mask goes from {least:g} to {most:g}, and classes are counted 0, 1, 2 … "
            "If all that is not 0 is foreground, give mask > 0."
        )
    return mask.astype(np.uint8)


def refuse_values(masks: Sequence[Tensor], classes: int) -> None:
    """Make sure that masks hold only what a network can answer; one class is told from background.

    Raises
    ------
    CourseError
        If a mask holds the number of another class.
    """
    count, most = max(2, classes), max((int(mask.max()) for mask in masks), default=0)
    if most >= count:
        raise CourseError(
            f"A mask holds the value {most}, and the network knows the classes 0 to {count - 1}. "
            "If all that is not 0 is foreground, give mask > 0; else build it with more classes."
        )


def name_of(sample: Sample) -> str:
    """Return how errors name a scene."""
    return f"Scene {sample.index} of {sample.name!r} ({sample.split})"


def digest(array: NDArray[Any]) -> str:
    """Return 16 hexadecimal digits, others for arrays of other values or another shape.

    Values count and not how they are stored: the same picture in another dtype or byte order has
    the same digest.
    """
    values = np.ascontiguousarray(array, dtype="<f8")
    return hashlib.sha256(repr(array.shape).encode() + values.tobytes()).hexdigest()[:16]


def refuse_test(splits: Iterable[str]) -> None:
    """Make sure that no test scene is learned from.

    Parameters
    ----------
    splits : iterable of str
        Of the scenes; "whole" holds the test scene, too.

    Raises
    ------
    CourseError
        If there is one.
    """
    if {"test", "whole"} & set(splits):
        raise CourseError(
            "Test scenes are for the last score only: what was tuned on them proves nothing. Take "
            'scenes of the splits "train" and "validation".'
        )


def refuse_leak(training: dict[str, Any], validation: dict[str, Any] | None) -> None:
    """Make sure that a run neither sees test scenes nor is judged by what it learns from.

    Parameters
    ----------
    training, validation : dict
        The `settings` of their batches. None: there is no validation.

    Raises
    ------
    CourseError
        If a scene is for test, or a picture is in both, by whatever name.
    """
    both = [training, validation or {}]
    refuse_test(scene[1] for settings in both for scene in settings.get("scenes", ()))
    learned, judged = (set(settings.get("images", ())) for settings in both)
    if learned & judged:
        raise CourseError(
            f"{len(learned & judged)} scene(s) are in both training and validation, so validation "
            "would praise what was learned by heart. Split whole scenes."
        )


def tensors(
    samples: Sequence[Sample],
    normalisation: Scale,
    target: Callable[[Sample], NDArray[Any]] = mask_of,
) -> tuple[list[Tensor], list[Tensor]]:
    """Normalise scenes and return them as tensors in main memory.

    Parameters
    ----------
    samples : sequence of Sample
    normalisation : Normalisation or FixedRange
    target : function
        Returns what a network must say of every pixel of a scene: an array (Y, X), in which 0 is
        background.

    Returns
    -------
    images : list of tensor, float32 (C, Y, X)
    masks : list of tensor (1, Y, X)
        The targets, in their own dtype: uint8 for those of `mask_of`.

    Raises
    ------
    CourseError
        If there is no scene, scenes differ in their channels, or no pixel at all is labelled.
    """
    if not samples:
        raise CourseError("There are no scenes to make patches from. Load at least one.")
    images = [torch.from_numpy(normalisation(channels_first(s.image, s.axes))) for s in samples]
    masks = [torch.from_numpy(target(s))[None] for s in samples]
    channels = {image.shape[0] for image in images}
    if len(channels) > 1:
        raise CourseError(f"The scenes have {sorted(channels)} channels. Train on one kind only.")
    if not any(mask.any() for mask in masks):
        raise CourseError(
            "All label images are empty, so there is nothing to learn. Check that the labels were "
            "saved, and that background is 0 and objects are not."
        )
    return images, masks
