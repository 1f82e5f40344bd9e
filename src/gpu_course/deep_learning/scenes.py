"""Scenes made ready for a network: split, checked, normalised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpu_course.deep_learning.normalisation import Normalisation, channels_first
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
        If the scene has neither, or it does not cover the image exactly.
    """
    mask = sample.mask if sample.mask is not None else sample.labels
    where = f"Scene {sample.index} of {sample.name!r} ({sample.split})"
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
    if mask.min() < 0 or mask.max() > 255:
        raise CourseError(f"{where}: the mask has values outside 0 to 255, which are no classes.")
    return mask.astype(np.uint8)


def tensors(
    samples: Sequence[Sample],
    normalisation: Normalisation,
    target: Callable[[Sample], NDArray[Any]] = mask_of,
) -> tuple[list[Tensor], list[Tensor]]:
    """Normalise scenes and return them as tensors in main memory.

    Parameters
    ----------
    samples : sequence of Sample
    normalisation : Normalisation
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
