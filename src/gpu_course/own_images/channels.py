"""The channels of an image: their mean, and what tells them apart (how dark, how much shows)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import brightness

FAR_GROUND = 0.3
"""By this share of the way from background to objects, the middle grey value lies elsewhere."""

FAR_NOISE = 3.0
"""By this factor, objects stand less far out of the noise than in the training images."""

FAR_CHANNELS = 2.0
"""So much nearer to what was learned, exchanged channels are told of: each by 1 is far."""

Marks = Sequence[tuple[float, float]]
"""Of each channel, where between background and objects the middle grey value lies, and how far
objects stand out of the noise; see `looks.Look`."""


def grey(image: NDArray[Any]) -> NDArray[np.float32]:
    """Return an image (Y, X) or (Y, X, C) as grey values, the mean over its channels."""
    return (image if image.ndim == 2 else image.mean(axis=-1)).astype(np.float32)


def exchanged(image: NDArray[Any], before: Marks) -> str:
    """Say that two channels of an image look like each other's in the training, or nothing.

    Parameters
    ----------
    image : ndarray (Y, X) or (Y, X, C)
    before : sequence of (float, float)
        Of the training images; empty if nobody noted it.
    """
    if len(before) < 2 or image.ndim != 3 or image.shape[-1] != len(before):
        return ""
    here = marks(image)
    gains = {
        (a, b): _apart(here[a], before[a]) + _apart(here[b], before[b])
        - _apart(here[a], before[b]) - _apart(here[b], before[a])
        for a, b in itertools.combinations(range(len(before)), 2)
    }  # fmt: skip
    a, b = max(gains, key=lambda pair: gains[pair])
    if gains[a, b] < FAR_CHANNELS:
        return ""
    return (
        f"Channel {a} looks like channel {b} of the training images, and channel {b} like channel "
        f"{a}: if they were saved in another order, exchange them."
    )


def marks(image: NDArray[Any]) -> Marks:
    """Return what is known of each channel of an image (Y, X, C); of a grey one nothing."""
    if image.ndim == 2:
        return []
    planes = np.moveaxis(image, -1, 0).astype(np.float32)
    measured = [brightness.measure(plane) for plane in planes]
    return [(levels.dark_objects, contrast(levels)) for levels in measured]


def medians(images: Sequence[Marks]) -> tuple[tuple[float, float], ...]:
    """Return the medians over images of one kind."""
    each = np.median(np.array(images, float).reshape(len(images), -1, 2), axis=0)
    return tuple((float(ground), float(contrast)) for ground, contrast in each)


def contrast(levels: brightness.Levels) -> float:
    """Return the way from background to objects as a multiple of the noise."""
    span = levels.objects - levels.background
    if span <= 0:
        return 0.0
    # Numbers that JSON can say: an image without noise has no contrast to give as a multiple.
    return min(span / levels.noise, 1e6) if levels.noise > 0 else 1e6


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return how far two channels are apart: 1 is far in one respect."""
    times = abs(math.log((one[1] + 1) / (other[1] + 1)))
    return abs(one[0] - other[0]) / FAR_GROUND + times / math.log(FAR_NOISE)
