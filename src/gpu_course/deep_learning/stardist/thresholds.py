"""Which stars count? Two thresholds, chosen on validation scenes and on nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gpu_course.deep_learning.scenes import digest, refuse_test
from gpu_course.deep_learning.stardist.data import check_labels
from gpu_course.deep_learning.stardist.model import StarModel, quiet
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.metrics import average_precision

OVERLAPS = (0.3, 0.4, 0.5)
"""Overlap thresholds to try."""

IOUS = (0.5, 0.6, 0.7)
"""The thresholds are chosen for the mean average precision at these IoUs."""


@dataclasses.dataclass(frozen=True)
class Thresholds:
    """What decides which stars become objects.

    Attributes
    ----------
    probability : float
        Pixels below it propose no star. Lower finds more objects, and more that are none.
    overlap : float
        Of two stars that overlap by more than this share, only the more probable one stays
        (non-maximum suppression). Lower keeps objects apart, and loses some that truly overlap.
    score : float
        Mean average precision of the validation scenes at these thresholds.
    """

    probability: float
    overlap: float
    score: float


def optimise(
    model: StarModel, scenes: Sequence[Sample], *, overlaps: Sequence[float] = OVERLAPS
) -> Thresholds:
    """Choose both thresholds, and use them from now on.

    Every scene is predicted once; then the stars are chosen anew for every pair of thresholds,
    which costs little.

    Parameters
    ----------
    model : StarModel
        Its `network` takes the thresholds found; its `record` tells of them.
    scenes : sequence of Sample
        Validation scenes with labels. Test scenes and those of the training are refused.
    overlaps : sequence of float
        Overlap thresholds to try.

    Returns
    -------
    Thresholds

    Raises
    ------
    CourseError
        If a scene is of another split or has no labels, or the network sees no object anywhere.
    """
    refuse_test(scene.split for scene in scenes)
    check_labels(scenes)
    names = [[s.name, s.split, s.index, *s.image.shape] for s in scenes]
    images = [digest(scene.image) for scene in scenes]
    learned = model.record.get("data", {})
    # Records of older models know their scenes by name alone.
    known = set(learned.get("images", ()))
    same = known & set(images) if known else [n for n in names if n in learned.get("scenes", ())]
    if same:
        raise CourseError(
            "The network was trained on some of these scenes, and is surer of them than of any "
            "others. Choose the thresholds on validation scenes."
        )
    truths = [np.asarray(s.labels) for s in scenes]
    said = [_predict(model, scene) for scene in scenes]
    most = max(float(probability.max()) for probability, _ in said)
    if most < 0.02:
        raise CourseError(
            f"The network is nowhere surer than {most:.0%} to see an object. Train it for longer."
        )
    best = Thresholds(0.5, 0.4, -1.0)
    for overlap in overlaps:
        for probability in np.linspace(0.1, 0.9, 9) * most:
            found = [
                choose(*answer, model.design.grid, truth.shape, probability, overlap)
                for truth, answer in zip(truths, said, strict=True)
            ]
            # The truths were checked above, and a poor answer is no error.
            score = float(average_precision(truths, found, IOUS, in_pieces=True).mean())
            if score > best.score:
                best = Thresholds(round(float(probability), 4), float(overlap), score)
    apply(model, best.probability, best.overlap)
    model.record["thresholds"] = dataclasses.asdict(best) | {
        "scenes": names,
        "images": images,
        "ious": list(IOUS),
    }
    return best


def apply(model: StarModel, probability: float, overlap: float) -> None:
    """Use thresholds from now on.

    Raises
    ------
    CourseError
        If one is not between 0 and 1.
    """
    if not (0 < probability < 1 and 0 < overlap < 1):
        raise CourseError(
            f"Thresholds of {probability} and {overlap} are not possible. Both lie between 0 and 1."
        )
    model.network.thresholds = {"prob": float(probability), "nms": float(overlap)}


def choose(
    chances: NDArray[np.float32],
    distances: NDArray[np.float32],
    grid: int,
    shape: tuple[int, ...],
    probability: float,
    overlap: float,
) -> NDArray[np.int32]:
    """Return the objects that come of a network's answer: the last step of StarDist.

    Pixels above one threshold propose stars, and of those that overlap by more than the other only
    the most probable stays.

    `chances`, float32 (Y / grid, X / grid), say how sure every pixel is to lie in an object, from 0
    to 1; `distances`, float32 (Y / grid, X / grid, rays), are pixels to the border of the object in
    every direction. `grid` is as in `Design`, `shape` the rows and columns of the image, and both
    thresholds are as in `Thresholds`. Labels are int32 (Y, X), 0 is background.
    """
    from stardist.geometry import polygons_to_label
    from stardist.nms import non_maximum_suppression

    with quiet():
        points, sure, reach = non_maximum_suppression(
            distances, chances, grid=(grid, grid), prob_thresh=probability, nms_thresh=overlap
        )
        labels = polygons_to_label(reach, points, shape=shape, prob=sure)
    return np.asarray(labels, np.int32)


def _predict(model: StarModel, scene: Sample) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    with quiet():
        probability, distances = model.network.predict(model.prepare(scene.image))
    return probability, distances
