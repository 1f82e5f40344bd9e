"""The training of each method, with checkpoints to go on from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gpu_course.own_images.folder import Labelled, truth_of
from gpu_course.own_images.looks import Learned
from gpu_course.own_images.model import Method, OwnModel, Settings
from gpu_course.own_images.plan import Plan
from gpu_course.own_images.preparing import for_training
from gpu_course.own_images.splitting import Split

Say = Callable[[str], object]
Callback = Callable[[Any], object]

RATE = 3e-3
"""The largest learning rate: the networks are small, and are meant to get far in few steps."""


def learn(
    method: Method,
    labelled: Labelled,
    split: Split,
    plan: Plan,
    learned: Learned,
    *,
    channel: int | None,
    checkpoints: Path,
    callbacks: tuple[Callback, ...] = (),
) -> OwnModel:
    """Train one method on the training images; the best epoch is that of the validation images.

    `learned` is what the training images look like, `channel` the one that was read (None: all).
    `checkpoints` is the folder of the checkpoint from which an interrupted training goes on;
    `callbacks` are called after every epoch.
    """
    settings = Settings(
        kind=labelled.kind,
        channels=labelled.channels,
        channel=channel,
        scale=plan.scale,
        smallest=_smallest(split) if labelled.kind == "labels" else 0.0,
        learned=learned,
    )
    if method == "threshold":
        from gpu_course.own_images import threshold

        scenes = for_training(split.train, plan.scale, 1)
        return OwnModel(method, threshold.learn(scenes), settings)
    place = checkpoints / f"{method}.checkpoint"
    if method == "unet":
        return _unet(split, plan, settings, place, callbacks)
    return _stardist(split, plan, settings, place, callbacks)


def _unet(
    split: Split, plan: Plan, settings: Settings, place: Path, callbacks: tuple[Callback, ...]
) -> OwnModel:
    import torch

    from gpu_course.deep_learning import data, training, unet
    from gpu_course.deep_learning.normalisation import Normalisation

    torch.manual_seed(plan.seed)
    network = unet.UNet(settings.channels, 1, depth=3, width=plan.width)
    train, validation = (
        for_training(part, plan.scale, plan.patch) for part in (split.train, split.validation)
    )
    patches = data.Patches(
        train,
        patch=plan.patch,
        batch=plan.batch,
        batches=plan.batches,
        foreground=0.7,
        augmentation=_variation(),
        seed=plan.seed,
    )
    run = training.train(
        network,
        patches,
        data.Tiles(validation, patch=plan.patch, batch=plan.batch),
        epochs=plan.epochs,
        learning_rate=RATE,
        seed=plan.seed,
        resume_from=place,
        callbacks=callbacks,
    )
    return OwnModel(
        "unet", (network, Normalisation()), settings, run.record() | {"history": run.history}
    )


def _stardist(
    split: Split, plan: Plan, settings: Settings, place: Path, callbacks: tuple[Callback, ...]
) -> OwnModel:
    from gpu_course.deep_learning import stardist

    train, validation = (
        for_training(part, plan.scale, plan.patch) for part in (split.train, split.validation)
    )
    # An image without objects says nothing about their size, which these functions ask of each.
    train = [scene for scene in train if truth_of(scene).any()]
    design = stardist.design_for(
        [truth_of(scene) for scene in train],
        width=plan.width,
        features=4 * plan.width,
        channels=settings.channels,
        largest_patch=plan.patch,
        in_pieces=True,
    )
    network = stardist.build(design, seed=plan.seed)
    run = stardist.train(
        network,
        stardist.StarPatches(
            train,
            design,
            batch=plan.batch,
            batches=plan.batches,
            augmentation=_variation(),
            seed=plan.seed,
        ),
        stardist.StarTiles(validation, design, batch=plan.batch),
        epochs=plan.epochs,
        learning_rate=RATE,
        resume_from=place,
        callbacks=callbacks,
    )
    network.record["history"] = run.history
    return OwnModel("stardist", network, settings, dict(network.record))


def _variation() -> Any:
    """Return how patches are varied: a little more than one camera and one sample vary."""
    from gpu_course.deep_learning.augmentation import Augmentation

    return Augmentation(
        flips=True, rotation=45, zoom=0.2, brightness=0.1, contrast=0.2, gamma=0.2, noise=0.02
    )


def _smallest(split: Split) -> float:
    """Return half the area of the smallest labelled objects: less is a speck."""
    drawn = [truth_of(scene) for scene in split.train]
    areas = np.concatenate([np.unique(t[t > 0], return_counts=True)[1] for t in drawn])
    return float(np.percentile(areas, 2)) / 2 if areas.size else 0.0


def with_settings(model: OwnModel, **changes: Any) -> OwnModel:
    """Return a model with other settings."""
    return dataclasses.replace(model, settings=dataclasses.replace(model.settings, **changes))
