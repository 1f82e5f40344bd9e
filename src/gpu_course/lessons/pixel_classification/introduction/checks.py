"""The check of the exercise in ``pixel-classification/introduction``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.exercise_answers import array
from gpu_course.exercises import Check, Function, Wrong

GOAL = 0.85


def _calm(feature: NDArray[Any]) -> NDArray[Any]:
    """Return a feature averaged over a neighbourhood, as its student may have forgotten."""
    from scipy import ndimage

    calm: NDArray[Any] = ndimage.gaussian_filter(feature.astype(float), 6)
    return calm


def _score(function: Function) -> tuple[float, str]:
    """Return how well the best threshold on the student's feature parts three new pictures."""
    from gpu_course.lessons.pixel_classification.introduction.textures import (
        best_threshold,
        two_textures,
    )

    scores, scores_if_calm, scores_of_size, signed = [], [], [], True
    for seed in (11, 12, 13):
        image, inside = two_textures((192, 192), seed=seed)
        feature = array(function(image.copy()), "one number for every pixel", image.shape)
        if feature.dtype.kind not in "buif" or not np.isfinite(feature).all():
            raise Wrong("A feature is a real number for every pixel; some of yours are not.")
        scores.append(best_threshold(feature, inside)[1])
        scores_if_calm.append(best_threshold(_calm(feature), inside)[1])
        size = np.abs(feature - feature.mean())
        scores_of_size.append(best_threshold(_calm(size), inside)[1])
        signed &= bool(abs(feature.mean()) < 0.2 * feature.std())
    score, if_calm, of_size = (
        float(np.mean(each)) for each in (scores, scores_if_calm, scores_of_size)
    )
    if score >= GOAL:
        return score, ""
    if if_calm > max(0.75, score + 0.05):
        return score, (
            "Your feature sees the difference, but it jumps from pixel to pixel. How do you calm "
            "it? Average it over a neighbourhood."
        )
    if signed and of_size > max(0.75, score + 0.05):
        return score, (
            "Your feature sees the difference, as values above and below 0, and their average is 0 "
            "on either grain. What is left if only their size counts?"
        )
    if score < 0.65:
        return score, (
            "Your feature says hardly more than the grey values do. Blurring the image itself only "
            "averages both grains to the same grey: first measure how much neighbours differ."
        )
    return score, ""


CHECKS = {
    "make-a-feature": Check(
        metric="share of right pixels at the best threshold, three new pictures",
        score=_score,
        solution="gpu_course.lessons.pixel_classification.introduction.solutions:graininess",
        goal=GOAL,
        hint="Average over a neighbourhood of another size: wide enough for several grains.",
    ),
}
