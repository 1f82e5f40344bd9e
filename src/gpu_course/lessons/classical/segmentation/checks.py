"""The checks of the exercises in ``classical/segmentation``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import images, metrics
from gpu_course.exercises import Check, Function, Wrong


def _score_separation(function: Function) -> tuple[float, str]:
    """Run ``function(image, foreground)`` on the train half and return its AP@0.5 and a hint.

    The train half, as whoever tries until the score is good is tuning.
    """
    from gpu_course.classical import segmentation

    sample = images.load("nuclei", split="train")
    assert sample.labels is not None
    foreground = np.asarray(segmentation.nuclei_foreground(sample.image)).astype(np.uint8)
    labels = _label_image(function(sample.image, foreground), sample.labels.shape)
    score = float(metrics.average_precision(sample.labels, labels, [0.5])[0])
    return score, _what_went_wrong(sample.labels, labels, foreground)


def _label_image(answer: Any, shape: tuple[int, ...]) -> NDArray[np.int64]:
    labels = np.asarray(answer)
    if labels.shape != shape:
        raise Wrong(
            f"Your function returned shape {labels.shape}, the image has {shape}. "
            "Return one label for every pixel."
        )
    if labels.dtype.kind == "b" or (
        labels.dtype.kind in "uif" and set(np.unique(labels)) <= {0, 1}
    ):
        raise Wrong("Your function returned a mask. Give every object its own number.")
    # clesperanto may keep labels as floats: whole ones are fine.
    if labels.dtype.kind not in "uif" or (labels != np.round(labels)).any() or labels.min() < 0:
        raise Wrong("Labels are whole numbers: 0 for background, 1 and up for the nuclei.")
    return labels.astype(np.int64)


def _what_went_wrong(truth: NDArray[Any], labels: NDArray[Any], foreground: NDArray[Any]) -> str:
    """Return a hint for the kind of mistake that shows most; empty if none stands out."""
    outside = np.count_nonzero(labels[foreground == 0])
    if outside > np.count_nonzero(labels) / 4:
        return "Many of your labels lie outside the foreground: mask them with it."
    error = metrics.count_error(truth, labels)
    if error < -0.15:
        return (
            "You have far fewer objects than there are nuclei, so some are still merged: "
            "blur less before you look for the seeds, or look for dome-shaped regions."
        )
    if error > 0.15:
        return (
            "You have far more objects than there are nuclei, so some are split: blur more "
            "before you look for the seeds."
        )
    return ""


def _score_bees(function: Function) -> tuple[float, str]:
    """Run ``function(image)`` on three small train scenes; return the AP@0.5 of all and a hint."""
    scenes = [images.load("bees", split="train", index=index, size="small") for index in range(3)]
    truths = [np.asarray(scene.labels) for scene in scenes]
    answers = [
        _label_image(function(scene.image), truth.shape)
        for scene, truth in zip(scenes, truths, strict=True)
    ]
    score = float(metrics.average_precision(truths, answers, [0.5])[0])
    first, labels = scenes[0].image, answers[0]
    if labels.any() and first[labels > 0].mean() > first[labels == 0].mean():
        return (
            score,
            "Your objects are brighter than the rest, and bees are dark: turn that around.",
        )
    errors = [metrics.count_error(t, a) for t, a in zip(truths, answers, strict=True)]
    if np.mean(errors) > 0.3:
        return score, (
            "You have far more objects than there are bees: parts of bees, or cells of the comb. "
            "Blur more before you look for the seeds, and leave small objects out."
        )
    return score, ""


CHECKS = {
    "separate-nuclei": Check(
        metric="average precision at IoU 0.5, train half",
        score=_score_separation,
        solution="gpu_course.classical.segmentation:separate_nuclei",
        goal=0.6,
        hint=(
            "The number of objects is about right, but their borders or places are not. Single "
            "maxima make poor seeds: try regions, such as where large_hessian_eigenvalue of the "
            "blurred logarithm is below 0, and grow them with masked_voronoi_labeling."
        ),
    ),
    "improve-bees": Check(
        metric="average precision at IoU 0.5, three train scenes",
        score=_score_bees,
        solution="gpu_course.classical.segmentation:segment_bees",
        goal=0.38,
        hint=(
            "One threshold for the whole frame takes dark corners for bees. Take away the light "
            "first: the logarithm of the image minus its surroundings (mean_filter with a radius "
            "of about a bee's length) is the same in bright and dark corners."
        ),
    ),
}
