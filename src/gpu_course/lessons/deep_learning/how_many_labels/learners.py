"""Six learners: for nuclei, bees and roots, a forest that is shown strokes, and a network.

Each takes scenes with labels and returns how to find objects in a new image, together with what a
person had to do for it. Nothing is chosen on other scenes: steps and thresholds are fixed, and a
network ends with the weights of its last step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_course.deep_learning.augmentation import Augmentation
from gpu_course.images import Sample
from gpu_course.object_size import labels_back
from gpu_course.own_images import preparing
from gpu_course.pixel_classification import course_classifiers, teaching

if TYPE_CHECKING:
    from gpu_course.deep_learning.stardist import Design, Prepared

Find = Callable[[NDArray[Any]], NDArray[Any]]
"""Takes an image (Y, X) and returns labels or a mask of its shape."""


class Learned(NamedTuple):
    """What came of some labels.

    Attributes
    ----------
    find : function
        Takes an image (Y, X) and returns labels, or a mask for roots.
    actions : int
        How often the person had to do something: strokes, outlines, or scenes of roots.
    """

    find: Find
    actions: int


def stars(
    scenes: Sequence[Sample],
    seed: int,
    *,
    design: Design,
    prepared: Prepared | None = None,
    scale: float = 1.0,
    batch: int,
    steps: int,
    rate: float,
    augmentation: Augmentation,
    probability: float,
    overlap: float,
) -> Learned:
    """Train a StarDist network for so many steps, however many scenes there are.

    Scenes have labels; `seed` is that of the first weights and of the patches; `design`,
    `prepared`, `batch` and `augmentation` are as `stardist.build` and `stardist.StarPatches` take
    them. Every image is shrunk by `scale` before the network sees it: it is quicker on few pixels.
    `steps` are batches in all, `rate` is the largest learning rate, `probability` and `overlap` are
    thresholds. The learner's actions are outlines.
    """
    from gpu_course.deep_learning.stardist import StarPatches, StarTiles, build, predict, train

    model = build(design, prepared=prepared, seed=seed)
    ready = preparing.for_training(scenes, scale, design.patch)
    if prepared is not None:
        ready = [prepared.scene(scene) for scene in ready]
    batches = StarPatches(
        ready, design, batch=batch, batches=steps, augmentation=augmentation,
        normalisation=model.normalisation, seed=seed,
    )  # fmt: skip
    # `train` wants scenes to judge by. With a single epoch they have nothing to choose.
    nothing_chosen = StarTiles([_blank(design.patch)], design, normalisation=model.normalisation)
    train(model, batches, nothing_chosen, epochs=1, learning_rate=rate)

    def find(image: NDArray[Any]) -> NDArray[np.int32]:
        shrunk = preparing.scaled(image, scale)
        found = predict(model, shrunk, probability=probability, overlap=overlap).labels
        return labels_back(found, (image.shape[0], image.shape[1]))

    return Learned(find, sum(objects(scene) for scene in scenes))


def u_net(
    scenes: Sequence[Sample],
    seed: int,
    *,
    depth: int,
    width: int,
    patch: int,
    batch: int,
    steps: int,
    rate: float,
    foreground: float,
    augmentation: Augmentation,
    threshold: float,
) -> Learned:
    """Train a U-Net for so many steps, however many scenes there are.

    Scenes have masks; `seed` is that of the first weights and of the patches; `depth` and `width`
    are the network's; `patch`, `batch`, `foreground` and `augmentation` are as
    `deep_learning.Patches` takes them. `steps` are batches in all, `rate` is the largest learning
    rate, `threshold` that of the probability. The learner's actions are scenes: roots are traced,
    scene by scene.
    """
    import torch

    from gpu_course.deep_learning import Patches, UNet, predict_tiled
    from gpu_course.deep_learning.training import train

    torch.manual_seed(seed)
    model = UNet(1, 1, depth=depth, width=width, up="bilinear")
    batches = Patches(
        scenes, patch=patch, batch=batch, batches=steps, foreground=foreground,
        augmentation=augmentation, seed=seed,
    )  # fmt: skip
    train(model, batches, epochs=1, learning_rate=rate, seed=seed)

    def find(image: NDArray[Any]) -> NDArray[np.bool_]:
        return predict_tiled(model, image)[0] > threshold

    return Learned(find, len(scenes))


def nuclei_forest(scenes: Sequence[Sample], seed: int, *, strokes: int) -> Learned:
    """Teach the course's forest of nuclei; its actions are strokes.

    Scenes have labels, which the simulated hand knows. The seed is not used: strokes depend on the
    place of a scene in the list. So many `strokes` are painted on background and on insides of
    every scene; rims get more.
    """
    forest = course_classifiers.teach_nuclei(
        [scene.image for scene in scenes], [_labels(scene) for scene in scenes], strokes=strokes
    )
    each = 2 * strokes + round(1.6 * strokes)
    return Learned(lambda image: course_classifiers.find_nuclei(forest, image), each * len(scenes))


def bee_forest(
    scenes: Sequence[Sample], seed: int, *, strokes: int, turns: int, trees: int
) -> Learned:
    """Teach the course's forest of bees, with corrections.

    Parameters
    ----------
    scenes, seed
        As `nuclei_forest` takes them.
    strokes : int
        On comb and on bees of every scene, at first and at each correction.
    turns : int
        Corrections.
    trees : int

    Returns
    -------
    Learned
        Its actions are strokes.
    """
    forest = teaching.teach(
        [scene.image for scene in scenes],
        [_labels(scene) > 0 for scene in scenes],
        course_classifiers.BEES,
        hand=teaching.Hand(strokes=strokes),
        turns=turns,
        trees=trees,
    )
    return Learned(
        lambda image: course_classifiers.find_bees(teaching.foreground(forest, image)),
        len(scenes) * (1 + turns) * 2 * strokes,
    )


def root_forest(scenes: Sequence[Sample], seed: int, *, strokes: int, trees: int) -> Learned:
    """Teach the course's two looks at roots, each on its half of the scenes. Actions are strokes.

    Scenes have masks; the seed is as for `nuclei_forest`. A single scene is cut in two, since each
    look needs pixels of its own. So many `strokes` are painted on soil and on roots of every scene,
    at first and at the one correction; the halves of a cut scene share them.
    """
    parts = list(scenes)
    if len(parts) == 1:
        middle = parts[0].image.shape[0] // 2
        parts = [parts[0].crop(rows, slice(None)) for rows in (slice(middle), slice(middle, None))]
        strokes = max(1, strokes // 2)
    looks = course_classifiers.teach_twice(
        [part.image for part in parts],
        [np.asarray(part.mask) for part in parts],
        hand=teaching.Hand(strokes=strokes, background=7, margin=1),
        trees=trees,
    )
    return Learned(
        lambda image: course_classifiers.find_roots(looks.probability(image)),
        len(parts) * 2 * 2 * strokes,
    )


def objects(scene: Sample) -> int:
    """Return how many objects a labelled scene has; a cut scene has fewer than numbers."""
    return int(np.count_nonzero(np.unique(_labels(scene))))


def _labels(scene: Sample) -> NDArray[np.int32]:
    return np.asarray(scene.labels)


def _blank(side: int) -> Sample:
    """Return a scene with one square on it, which nothing is judged by."""
    labels = np.zeros((side, side), np.int32)
    labels[side // 4 : side // 2, side // 4 : side // 2] = 1
    return Sample("square", "validation", 0, labels.astype(np.float32), "YX", labels)
