"""The checks of the exercises in ``deep-learning/semantic-vs-instance``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.exercises import Check, Function, Wrong


def _scene(*, seed: int, objects: int) -> NDArray[np.int32]:
    """Return discs strewn at random, later ones on top of earlier ones, none at the frame."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((120, 160))
    labels = np.zeros(rows.shape, np.int32)
    # Numbers with gaps: labels of a crop or of an edited image are seldom 1, 2, 3 …
    for number in 3 * np.arange(1, objects + 1):
        y, x, r = rng.uniform(20, 100), rng.uniform(20, 140), rng.uniform(6, 14)
        labels[np.hypot(rows - y, columns - x) < r] = number
    return labels


def _count_score(function: Function) -> tuple[float, str]:
    """Return the share of scenes with the right count, and a hint for the mistake made."""
    from skimage.measure import label

    from gpu_course.lessons.deep_learning.semantic_vs_instance.solutions import count_merged

    triple = np.zeros((9, 12), np.int32)
    triple[2:6, 1:4], triple[2:6, 4:7], triple[2:6, 7:10] = 1, 2, 3
    apart = np.zeros((9, 9), np.int32)
    apart[1:4, 1:4], apart[5:8, 5:8] = 1, 2
    # One object in two pieces, each beside another object: still one.
    crossed = np.zeros((9, 14), np.int32)
    crossed[4, 1:13], crossed[1:8, 3:5], crossed[1:8, 8:10] = 1, 2, 3
    crossed[4, 6] = 0
    # They meet at a corner, which makes no piece of a mask with connectivity=1.
    corner = np.zeros((9, 9), np.int32)
    corner[1:4, 1:4], corner[4:7, 4:7] = 1, 2
    scenes = [triple, apart, crossed, corner, *(_scene(seed=s, objects=14) for s in range(5))]
    answers = []
    for scene in scenes:
        given = function(scene.copy())
        if np.ndim(given) != 0 or np.asarray(given).dtype.kind not in "biuf":
            raise Wrong("Return one number: how many objects are merged with another.")
        answers.append(float(given))
    right = [count_merged(scene) for scene in scenes]
    score = float(np.mean(np.equal(answers, right)))
    lost = [len(np.unique(s)) - 1 - label(s > 0, connectivity=1).max() for s in scenes]
    if np.array_equal(answers, lost):
        return score, (
            "That is by how much the count falls. Three bees in one piece lower it by two, but all "
            "three are merged."
        )
    if answers[2] > right[2]:
        return score, "An object in two pieces was counted twice: count numbers, not pairs."
    if answers[1] > 0:
        return score, "Two objects that do not touch were counted as merged."
    if answers[3] > 0:
        return score, (
            "Two objects that meet at a corner alone were counted as merged. Number the pieces "
            "with connectivity=1."
        )
    return score, ""


def _distance_score(function: Function) -> tuple[float, str]:
    """Return 1 minus the mean difference from the right answer, inside the objects."""
    from scipy import ndimage

    from gpu_course.lessons.deep_learning.semantic_vs_instance.solutions import (
        normalised_distance,
    )

    errors, hint = [], ""
    for seed in range(3):
        labels = _scene(seed=seed, objects=12)
        given = labels.copy()
        depth = np.asarray(function(given))
        if not np.array_equal(given, labels):
            raise Wrong("Your function changed the label image it was given. Work on a copy.")
        if depth.shape != labels.shape or depth.dtype.kind not in "iufb":
            raise Wrong(
                f"Your function returned shape {depth.shape}. Return one number for every pixel, "
                f"here {labels.shape}."
            )
        if not np.isfinite(depth).all():
            raise Wrong("Some values are no numbers. Is there a division by 0 in the background?")
        right, inside = normalised_distance(labels), labels > 0
        difference = np.abs(depth.astype(float) - right)
        errors.append(difference[inside].mean() + difference[~inside].mean())
        hint = hint or _what_differs(depth, labels, ndimage.distance_transform_edt(inside))
    return 1 - float(np.mean(errors)), hint


def _what_differs(depth: NDArray[Any], labels: NDArray[Any], of_mask: NDArray[Any]) -> str:
    numbers = np.unique(labels[labels > 0])
    peaks = np.array([depth[labels == n].max() for n in numbers])
    if np.abs(depth[labels == 0]).max() > 1e-6:
        return "The background is not 0 everywhere."
    if peaks.max() > 1 + 1e-6:
        return "Values above 1: divide by the largest distance in each object."
    if np.ptp(peaks) > 0.01 or peaks.max() < 0.99:
        return "Not every object reaches 1: divide each by its own largest distance."
    over_mask = np.zeros(labels.shape)
    for n in numbers:
        over_mask[labels == n] = of_mask[labels == n] / of_mask[labels == n].max()
    if np.allclose(depth, over_mask, atol=1e-3):
        return (
            "You measured the distance to the background. Where two objects touch, the neighbour "
            "is outside, too: measure in one object at a time."
        )
    return ""


CHECKS = {
    "count-merged": Check(
        metric="share of scenes counted right",
        score=_count_score,
        goal=1.0,
        hint="Draw three squares in a row on paper, and count by hand what your function counts.",
    ),
    "distance": Check(
        metric="1 − mean difference from the depth in each object",
        score=_distance_score,
        solution="gpu_course.lessons.deep_learning.semantic_vs_instance.solutions:normalised_distance",
        goal=0.99,
        hint="Look at one disc: 1 in the middle, and falling evenly to nearly 0 at its border.",
    ),
}
