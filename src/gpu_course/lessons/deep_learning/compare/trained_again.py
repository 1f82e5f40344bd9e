"""Train a network of the course once more, from what its file of weights says, with another seed.

The seed decides the first weights and which patches are cut. A score that one training reached may
be luck, and only other trainings tell. On the command line::

    python -m gpu_course.lessons.deep_learning.compare.trained_again nuclei-stardist 1
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpu_course import images, paths
from gpu_course.deep_learning import weights
from gpu_course.deep_learning.augmentation import Augmentation
from gpu_course.errors import CourseError
from gpu_course.images import Sample

ROOTS = "roots-unet"
LEARNING_RATE = {"nuclei-stardist": 1e-3, "bees-stardist": 2e-3, ROOTS: 5e-3}
"""The largest one of each training. Its chapter names it, the file of weights does not."""
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Of which the chapter of the roots chooses one on its validation scenes."""


def files(name: str) -> list[Path]:
    """Return the files of the other trainings that come with the course, by seed.

    Parameters
    ----------
    name : str
        Of the network, such as ``"nuclei-stardist"``.
    """
    return sorted(_folder().glob(f"{name}-[0-9]*{weights.SUFFIX}"))


def train_again(name: str, seed: int) -> Path:
    """Train a network of the course with another seed, and keep it beside the first.

    Scenes, patches, augmentation, epochs and the choice of thresholds are those that the record in
    the file of the first says.

    Parameters
    ----------
    name : str
        Of the network, one of `LEARNING_RATE`.
    seed : int
        Of first weights and patches, at least 1; 0 is that of the first training.

    Returns
    -------
    Path
        In ``data/weights/again``.

    Raises
    ------
    CourseError
        If there is no such network, the seed is that of the first, images are not at hand, or
        they are others than those that the first learned from.
    """
    if name not in LEARNING_RATE:
        raise CourseError(f"“{name}” is none of {', '.join(LEARNING_RATE)}. Give one of these.")
    if seed < 1:
        raise CourseError(f"Seed {seed} is no other one: the first training has 0. Give 1 or more.")
    train = _u_net if name == ROOTS else _stars
    return train(name, seed, _folder() / f"{name}-{seed}{weights.SUFFIX}")


def _stars(name: str, seed: int, into: Path) -> Path:
    """Train a StarDist network; its labels are compared with those of the first by digests."""
    from gpu_course.deep_learning import stardist
    from gpu_course.deep_learning.stardist import storage

    first = storage.load(weights.find(name))
    said, judged = first.record["data"], first.record["validation"]
    scale = first.normalisation
    learn, choose = (
        [one if first.prepared is None else first.prepared.scene(one) for one in _scenes(record)]
        for record in (said, judged)
    )
    batches = stardist.StarPatches(
        learn, first.design, batch=said["batch"], batches=said["batches"],
        foreground=said["foreground"], augmentation=Augmentation(**said["augmentation"]),
        normalisation=scale, seed=seed,
    )  # fmt: skip
    tiles = stardist.StarTiles(choose, first.design, batch=judged["batch"], normalisation=scale)
    refuse_others(name, batches.settings, said)
    refuse_others(name, tiles.settings, judged)

    model = stardist.build(first.design, normalisation=scale, prepared=first.prepared, seed=seed)
    stardist.train(
        model, batches, tiles, epochs=first.record["epochs"], learning_rate=LEARNING_RATE[name],
        resume_from=Path("checkpoints", f"{name}-{seed}"),
    )  # fmt: skip
    stardist.optimise(model, choose)
    model.record |= {key: first.record[key] for key in ("licence", "what", "scenes")}
    return storage.save(into, model, half=True)


def _u_net(name: str, seed: int, into: Path) -> Path:
    """Train the U-Net of the roots; its scenes are simulated by their numbers."""
    import torch

    from gpu_course.deep_learning import Patches, Tiles, UNet, storage, train

    first, scale, record = storage.load(weights.find(name))
    counts = {"train": int(record["scenes"].split()[0]), "validation": 6}
    scenes = {
        split: [images.load("roots", split, index=index, size="small") for index in range(count)]
        for split, count in counts.items()
    }
    said = record["data"]
    batches = Patches(
        scenes["train"], patch=said["patch"], batch=said["batch"], batches=said["batches"],
        foreground=said["foreground"], augmentation=Augmentation(**said["augmentation"]),
        normalisation=scale, seed=seed,
    )  # fmt: skip
    refuse_others(name, batches.settings, said)

    torch.manual_seed(seed)
    model = UNet(**first.configuration)
    training = train(
        model, batches, Tiles(scenes["validation"], patch=256, batch=2, normalisation=scale),
        epochs=record["epochs"], learning_rate=LEARNING_RATE[name], precision=record["precision"],
        seed=seed, resume_from=Path("checkpoints", f"{name}-{seed}.pt"),
    )  # fmt: skip
    about = training.record() | {key: record[key] for key in ("scenes", "data")}
    about["threshold"] = _threshold(model, scenes["validation"], scale)
    return storage.save(into, model, half=True, normalisation=scale, record=about)


def _threshold(model: Any, scenes: list[Sample], scale: Any) -> float:
    """Return the threshold that suits validation scenes best, chosen as the chapter chooses it."""
    import numpy as np

    from gpu_course.deep_learning.prediction import predict_tiled
    from gpu_course.metrics import cl_dice, dice

    found = [predict_tiled(model, s.image, flips=True, normalisation=scale)[0] for s in scenes]
    truths = [np.asarray(scene.mask) for scene in scenes]

    def score(threshold: float) -> float:
        pairs = [(true, one > threshold) for true, one in zip(truths, found, strict=True)]
        return float(sum(np.median([of(*pair) for pair in pairs]) for of in (dice, cl_dice)))

    return max(THRESHOLDS, key=score)


def refuse_others(name: str, now: Mapping[str, Any], first: Mapping[str, Any]) -> None:
    """Refuse a training that differs from the first in settings or scenes.

    Parameters
    ----------
    name : str
        Of the network, for the error.
    now, first : mapping
        Settings of the data: of this training, and as the record of the first has them.

    Raises
    ------
    CourseError
        If one of them differs, but for the seed.
    """
    # A pixel of a simulated image here and there differs by one grey value on another kind of
    # processor, so images have no say; their labels are the same everywhere.
    free = ("seed", "images")
    other = [key for key in first if key not in free and _plain(now.get(key)) != _plain(first[key])]
    if other:
        raise CourseError(
            f"This is not the training of “{name}”: {', '.join(other)} differ from what its file "
            f"of weights says. Execute its chapter first, and train again from the new file."
        )


def _plain(value: Any) -> Any:
    """Return a value as JSON gives it back: tuples are lists."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def _scenes(record: Mapping[str, Any]) -> list[Sample]:
    """Load the scenes that a record names: set, split, number, rows and columns."""
    small = {"bees": {"size": "small"}}
    return [
        images.load(set_, split, index=index, **small.get(set_, {}))
        for set_, split, index, *_ in record["scenes"]
    ]


def _folder() -> Path:
    return paths.data() / "weights" / "again"


if __name__ == "__main__":
    print(train_again(sys.argv[1], int(sys.argv[2])))
