"""Images brought to the size that a network works at, and small ones made large enough."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import object_size
from gpu_course.images import Sample

WANTED = (8.0, 32.0)
"""Diameters in pixels between which objects stay as they are; larger ones are brought to the second
number, which saves time and memory, smaller ones to the first, which gives them an outline."""


def scale_for(diameter: float) -> float:
    """Return by what factor to enlarge images whose objects have this diameter.

    Parameters
    ----------
    diameter : float
        Pixels.

    Examples
    --------
    >>> from gpu_course.own_images.preparing import scale_for
    >>> scale_for(20), scale_for(64), scale_for(4)
    (1.0, 0.5, 2.0)
    """
    smallest, largest = WANTED
    factor = min(1.0, largest / diameter) if diameter > smallest else smallest / diameter
    # `object_size.to_diameter` resamples for no less.
    close = 1 / object_size.CLOSE <= factor <= object_size.CLOSE
    return 1.0 if close else factor


def scaled(image: NDArray[Any], factor: float) -> NDArray[Any]:
    """Return an image (Y, X) or (Y, X, C) enlarged or shrunk, float32; itself for a factor near 1.

    Shrinking takes means, so that noise does not turn to specks: see `object_size.to_diameter`.
    """
    return image if factor == 1 else object_size.to_diameter(image, 1.0, factor)


def resized(image: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Bring an image, or one channel of it, to a number of rows and columns by interpolation."""
    from skimage.transform import resize

    result: NDArray[np.float32] = resize(
        image.astype(np.float32), shape + image.shape[2:], order=1, preserve_range=True
    )
    return result


def padded(image: NDArray[Any], side: int) -> NDArray[Any]:
    """Add its mirror image below and on the right, until both sides have `side` pixels at least."""
    below, right = (max(0, side - n) for n in image.shape[:2])
    if not below and not right:
        return image
    extra = [(0, below), (0, right)] + [(0, 0)] * (image.ndim - 2)
    return np.pad(image, extra, mode="symmetric")


def for_training(scenes: Sequence[Sample], factor: float, side: int) -> list[Sample]:
    """Return scenes at the size at which the network works, none smaller than a patch of `side`.

    Scenes have `labels` or `mask`; `factor` is that of `scale_for`. An object and its mirror image
    have numbers of their own, unless they are one.
    """
    from skimage.measure import label

    made = []
    for scene in scenes:
        image = scaled(scene.image, factor)
        shape = (image.shape[0], image.shape[1])
        changes: dict[str, Any] = {"image": padded(image, side)}
        if scene.labels is not None:
            numbers = padded(object_size.labels_back(scene.labels, shape), side)
            if min(shape) < side:
                numbers = label(numbers, connectivity=2).astype(np.int32)
            # Checked when the folder was read; shrinking may cut an object at its waist.
            changes |= {"labels": numbers, "facts": {**scene.facts, "in_pieces": True}}
        if scene.mask is not None:
            changes["mask"] = padded(object_size.labels_back(scene.mask, shape) > 0, side)
        made.append(dataclasses.replace(scene, **changes))
    return made
