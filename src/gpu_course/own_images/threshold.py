"""The simplest method that learns: blur, one threshold, and which side of it the objects lie on.

It stands beside every network as the question whether a network is needed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deep_learning.normalisation import Normalisation, channels_first
from gpu_course.images import Sample
from gpu_course.own_images.folder import truth_of

BLURS = (0.5, 1.0, 2.0, 4.0)
"""Widths of the Gaussian to try, in pixels."""

LEVELS = 40
"""Thresholds to try."""


@dataclasses.dataclass(frozen=True)
class Rule:
    """A threshold on normalised and blurred grey values."""

    channel: int  # which channel is looked at; -1 is the mean of all
    blur: float  # width of the Gaussian, in pixels
    level: float  # 0 and 1 are the percentiles 1 and 99.8 of the image
    darker: bool  # objects lie below it

    def mask(self, image: NDArray[Any]) -> NDArray[np.bool_]:
        """Return where the objects of an image (Y, X) or (Y, X, C) are."""
        values = _values(image, self.channel, self.blur)
        if values.min() == values.max():  # where all is equal, nothing can be told from it
            return np.zeros(values.shape, bool)
        return values < self.level if self.darker else values > self.level


def learn(scenes: Sequence[Sample]) -> Rule:
    """Try every channel, blur, side and level on training scenes, and keep the largest Dice."""
    channels = 1 if scenes[0].image.ndim == 2 else scenes[0].image.shape[-1]
    levels = np.linspace(0.02, 0.98, LEVELS)
    best, rule = -1.0, Rule(0, 1.0, 0.5, False)
    for channel in range(-1 if channels > 1 else 0, channels):
        for blur in BLURS:
            dices = np.mean([_dices(scene, channel, blur, levels) for scene in scenes], axis=0)
            if float(dices.max()) > best:
                side, place = np.unravel_index(int(dices.argmax()), dices.shape)
                best = float(dices.max())
                rule = Rule(channel, blur, round(float(levels[place]), 4), bool(side))
    return rule


def _dices(
    scene: Sample, channel: int, blur: float, levels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the Dice of every level: (2, levels), first of what is brighter, then of darker."""
    values, truth = _values(scene.image, channel, blur), truth_of(scene) > 0
    edges = np.concatenate([[-np.inf], levels, [np.inf]])
    # How many pixels lie between two levels says for all levels at once how many lie above.
    inside, outside = (np.histogram(values[part], edges)[0] for part in (truth, ~truth))
    found = []
    for part in (slice(None, None, -1), slice(None)):
        right, wrong = (np.cumsum(counts[part])[:-1][part] for counts in (inside, outside))
        found.append(2 * right / np.maximum(right + wrong + truth.sum(), 1))
    return np.stack(found)


def _values(image: NDArray[Any], channel: int, blur: float) -> NDArray[np.float32]:
    from scipy import ndimage

    pixels = channels_first(image)
    pixels = pixels.mean(axis=0, keepdims=True) if channel < 0 else pixels[channel : channel + 1]
    values: NDArray[np.float32] = ndimage.gaussian_filter(Normalisation()(pixels)[0], blur)
    return values
