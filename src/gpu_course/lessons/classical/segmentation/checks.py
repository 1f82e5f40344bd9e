"""The checks of the exercises in ``classical/segmentation``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import images, metrics
from gpu_course.exercise_answers import array, label_image
from gpu_course.exercises import Check, Function

BEES_GOAL = 0.38


def _score_separation(function: Function) -> tuple[float, str]:
    """Run ``function(image, foreground)`` on the train half and return its AP@0.5 and a hint.

    The train half, as whoever tries until the score is good is tuning.
    """
    from gpu_course.classical import segmentation

    sample = images.load("nuclei", split="train")
    assert sample.labels is not None
    foreground = np.asarray(segmentation.nuclei_foreground(sample.image)).astype(np.uint8)
    labels = label_image(function(sample.image, foreground), sample.labels.shape)
    score = float(metrics.average_precision(sample.labels, labels, [0.5])[0])
    return score, _what_went_wrong(sample.labels, labels, foreground)


def _what_went_wrong(truth: NDArray[Any], labels: NDArray[Any], foreground: NDArray[Any]) -> str:
    """Return a hint for the kind of mistake that shows most; empty if none stands out."""
    outside = np.count_nonzero(labels[foreground == 0])
    if outside > np.count_nonzero(labels) / 4:
        return "Many of your labels lie outside the foreground: mask them with it."
    merged, split = _merged_and_split(truth, labels)
    count = np.unique(truth).size - 1
    if split > max(2, merged / 2):
        return (
            f"{split} of {count} nuclei are split, and {merged} share their number with another. "
            "What does a wider blur do to the many small hills on one nucleus?"
        )
    if merged > count / 8:
        return (
            f"{merged} of {count} nuclei are still merged with another, and {split} are split. Has "
            "each a seed of its own? If less blur only splits others, a single point is too little "
            "for a seed: in which region around it is a nucleus still a dome?"
        )
    return ""


def _merged_and_split(truth: NDArray[Any], labels: NDArray[Any]) -> tuple[int, int]:
    """Return how many true objects share a label with another, and how many lie in pieces."""
    both = (truth > 0) & (labels > 0)
    pairs, overlap = np.unique(np.stack([truth[both], labels[both]]), axis=1, return_counts=True)
    in_truth = overlap / np.bincount(truth.ravel())[pairs[0]]
    in_label = overlap / np.bincount(labels.ravel())[pairs[1]]
    _, owners = np.unique(pairs[1][in_truth > 0.5], return_counts=True)
    _, pieces = np.unique(pairs[0][(in_label > 0.5) & (in_truth > 0.1)], return_counts=True)
    return int(owners[owners > 1].sum()), int((pieces > 1).sum())


def _score_bees(function: Function) -> tuple[float, str]:
    """Run ``function(image)`` on three small train scenes; return the AP@0.5 of all and a hint."""
    scenes = [images.load("bees", split="train", index=index, size="small") for index in range(3)]
    truths = [np.asarray(scene.labels) for scene in scenes]
    answers = [
        label_image(function(scene.image), truth.shape)
        for scene, truth in zip(scenes, truths, strict=True)
    ]
    score = float(metrics.average_precision(truths, answers, [0.5])[0])
    if score >= BEES_GOAL:
        return score, ""
    first, labels = scenes[0].image, answers[0]
    if first[labels > 0].mean() > first[labels == 0].mean():
        return (
            score,
            "Your objects are brighter than the rest, and bees are dark: turn that around.",
        )
    errors = [metrics.count_error(t, a) for t, a in zip(truths, answers, strict=True)]
    return score, _about_bees(float(np.mean(errors)), _when_dimmed(function, first, labels))


def _when_dimmed(function: Function, image: NDArray[Any], labels: NDArray[Any]) -> float:
    """Return the Dice of the objects with those found when the light falls to the right."""
    dimmed = (image * np.linspace(1, 0.5, image.shape[1])).astype(image.dtype)
    found = array(function(dimmed), "one label for every pixel", image.shape)
    return float(metrics.dice(labels > 0, found > 0))


def _about_bees(error: float, steady: float) -> str:
    """Return a hint from the relative error of the count, and what uneven light changes."""
    if error > 1:
        return (
            "You have far more objects than there are bees: parts of bees, or cells of the comb. "
            "Blur more before you look for the seeds, and leave small objects out."
        )
    if steady < 0.85:
        return (
            "Dim one side of a frame, and your function finds other things there. What is left of "
            "the image when you take away its surroundings, and would dim light change that?"
        )
    if steady < 0.95:
        return (
            "Dim light still changes your answer a little. Light multiplies: of what can it be "
            "subtracted?"
        )
    if error > 0.3:
        return (
            "The light is taken away, and you have too many objects. Blur more before you look for "
            "the seeds."
        )
    if error < -0.4:
        return (
            "The light is taken away, and you have too few objects: bees side by side have one "
            "seed. Blur less before you look for the seeds."
        )
    return ""


CHECKS = {
    "separate-nuclei": Check(
        metric="average precision at IoU 0.5, train half",
        score=_score_separation,
        solution="gpu_course.classical.segmentation:separate_nuclei",
        goal=0.6,
        hint=(
            "Nearly every nucleus has a number of its own, but too few pixels, or others than its "
            "own. Grow the seeds until they meet or reach the background: "
            "masked_voronoi_labeling(seeds, foreground), then mask(labels, foreground)."
        ),
    ),
    "improve-bees": Check(
        metric="average precision at IoU 0.5, three train scenes",
        score=_score_bees,
        solution="gpu_course.classical.segmentation:segment_bees",
        goal=BEES_GOAL,
        hint=(
            "The light is taken away, and the number of objects is about right; now it is the two "
            "widths. The surroundings: a mean_filter with a radius of about a bee's length. The "
            "seeds: a bee is some 24 pixels wide, so try a spot_sigma near 16 and an outline_sigma "
            "near 3."
        ),
    ),
}
