"""The check of the exercise in ``pixel-classification/introduction``."""

import numpy as np

from gpu_course.exercises import Check, Function, Wrong


def _score(function: Function) -> tuple[float, str]:
    """Return how well the best threshold on the student's feature parts three new pictures."""
    from gpu_course.devices import to_numpy
    from gpu_course.lessons.pixel_classification.introduction.textures import (
        best_threshold,
        two_textures,
    )

    scores = []
    spread = 0.0
    for seed in (11, 12, 13):
        image, inside = two_textures((192, 192), seed=seed)
        feature = to_numpy(function(image.copy()))
        if feature.shape != image.shape:
            raise Wrong(
                f"Your function returned shape {feature.shape}, the image has {image.shape}. "
                "Return one number for every pixel."
            )
        if feature.dtype.kind not in "buif" or not np.isfinite(feature).all():
            raise Wrong("A feature is a real number for every pixel; some of yours are not.")
        scores.append(best_threshold(feature, inside)[1])
        # Deep inside a region a good feature is smooth: is the answer grainy or blurred too far?
        spread += float(np.abs(np.diff(feature, axis=1)).mean() / (feature.std() + 1e-9)) / 3
    score = float(np.mean(scores))
    if score < 0.65:
        return score, (
            "Your feature says hardly more than the grey values do. Blurring the image itself only "
            "averages both grains to the same grey: first measure how much neighbours differ."
        )
    if spread > 0.15:
        return score, (
            "Your feature sees the difference, but it jumps from pixel to pixel. Average it over "
            "a neighbourhood."
        )
    return score, ""


CHECKS = {
    "make-a-feature": Check(
        metric="share of right pixels at the best threshold, three new pictures",
        score=_score,
        solution="gpu_course.lessons.pixel_classification.introduction.solutions:graininess",
        goal=0.85,
        hint="Average over a neighbourhood of another size: wide enough for several grains.",
    ),
}
