"""Choices, made on the validation images and on no others: thresholds, and the method itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import metrics
from gpu_course.images import Sample
from gpu_course.own_images.folder import Kind, truth_of
from gpu_course.own_images.learning import with_settings
from gpu_course.own_images.model import OwnModel
from gpu_course.own_images.preparing import for_training

LEVELS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Probabilities above which a pixel may belong to an object."""

WORTH = 0.02
"""A method, or the mean over eight turns, must score by this much better to be worth its price."""

NAMES: dict[Kind, str] = {"labels": "AP at IoU 0.5", "masks": "Dice"}
"""The score by which is chosen."""


def score(kind: Kind, truth: NDArray[Any], found: NDArray[Any]) -> float:
    """Return the score of one image: AP at IoU 0.5 of objects, or the Dice of masks."""
    if kind == "labels":
        return float(metrics.average_precision(truth, found, [0.5], in_pieces=True)[0])
    return float(metrics.dice(truth > 0, found > 0))


def scores(model: OwnModel, scenes: Sequence[Sample]) -> list[float]:
    """Return the score of every scene."""
    return [
        score(model.settings.kind, truth_of(scene), model.predict(scene.image).labels)
        for scene in scenes
    ]


def tuned(model: OwnModel, validation: Sequence[Sample], side: int) -> OwnModel:
    """Return a model with the thresholds that suit the validation images best.

    `side` is the least number of rows and columns, as in training.
    """
    if model.method == "threshold":
        return model
    if model.method == "stardist":
        from gpu_course.deep_learning import stardist

        scenes = for_training(validation, model.settings.scale, side)
        stardist.optimise(model.core, scenes)
        model.record |= {"thresholds": model.core.record["thresholds"]}
        return model
    best, chosen = -1.0, model
    for flips in (False, True):
        trial = with_settings(model, flips=flips)
        chances = [trial.chances(scene.image) for scene in validation]
        for level in LEVELS:
            with_level = with_settings(trial, threshold=level)
            reached = [
                score(model.settings.kind, truth_of(scene), with_level.objects(chance))
                for scene, chance in zip(validation, chances, strict=True)
            ]
            mean = float(np.mean(reached))
            if mean > best + (WORTH if flips and not chosen.settings.flips else 0.0):
                best, chosen = mean, with_level
    return chosen


def choose(found: Mapping[str, float]) -> str:
    """Return the simplest method that no other beats by more than `WORTH`.

    Parameters
    ----------
    found : mapping
        Method → score on the validation images, the simplest first.

    Examples
    --------
    >>> from gpu_course.own_images.choosing import choose
    >>> choose({"threshold": 0.80, "stardist": 0.81}), choose({"threshold": 0.5, "stardist": 0.8})
    ('threshold', 'stardist')
    """
    best = max(found.values())
    return next(name for name, value in found.items() if value >= best - WORTH)
