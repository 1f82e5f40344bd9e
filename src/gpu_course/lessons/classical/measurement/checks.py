"""The checks of the exercises in ``classical/measurement``."""

import numpy as np

from gpu_course.exercise_answers import array
from gpu_course.exercises import Check, Function, Wrong

SMALLEST = 60


def _boxes() -> np.ndarray:
    """Return labels with missing numbers: large and small, inside and on every border."""
    labels = np.zeros((96, 128), np.int32)
    number = 3
    for y in range(0, 96, 16):
        for x in range(0, 128, 16):
            edge = 2 + (7 * number) % 12
            labels[y + 1 : y + 1 + edge, x + 1 : x + 1 + edge] = number
            number += 4
    labels[0, 20:40] = 5  # on each border once, and large enough to stay otherwise
    labels[:4, 20:40] = 5
    labels[92:, 60:90] = 6
    labels[30:60, :3] = 9
    labels[40:60, 124:] = 10
    labels[50:56, 52:62] = 1001  # exactly SMALLEST pixels
    # An L of fewer pixels, whose bounding box and convex hull have more.
    labels[64:80, 80:96] = 0
    labels[66:78, 82:84] = labels[76:78, 82:94] = 1003
    return labels


def _score_whole(function: Function) -> tuple[float, str]:
    from gpu_course.classical.measurement import measure, on_border
    from gpu_course.lessons.classical.measurement.solutions import whole_objects

    labels = _boxes()
    wanted = "a label image of the same shape as the one you were given"
    answer = array(function(labels.copy(), SMALLEST), wanted, labels.shape)
    if answer.dtype == bool or ((answer != labels) & (answer != 0)).any():
        raise Wrong("The objects that stay must keep their numbers, or the table no longer fits.")
    kept = set(np.unique(answer).tolist()) - {0}
    expected = whole_objects(labels, SMALLEST)
    table = measure(labels, labels)
    cut = set(table.label[on_border(table, labels.shape)])
    small = set(table.label[table.area < SMALLEST])
    exact = set(table.label[table.area == SMALLEST]) - cut
    hint = ""
    if kept & cut:
        hint = "Some objects that you keep reach the border of the image."
    elif kept & small:
        hint = "Some objects that you keep have fewer than `smallest` pixels."
    elif exact - kept:
        hint = "An object of exactly `smallest` pixels should stay."
    elif kept and (answer != np.where(np.isin(labels, list(kept)), labels, 0)).any():
        hint = "Of some objects that you keep, pixels are missing. Does something shrink them?"
    return float((answer == expected).mean()), hint


def uneven_scene() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return image, labels and true brightness of discs on a background that rises to the right.

    Numbers are missing among the labels, as they are after objects were deleted.

    Returns
    -------
    image : float32 (192, 192)
    labels : int32 (192, 192)
    truth : float64 (n,)
        Brightness above the background of the labels 2, 5, 8…, in this order.
    """
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:192, :192]
    image = 100 + 2.0 * x
    labels = np.zeros(image.shape, np.int32)
    truth = []
    for row in range(6):
        for column in range(6):
            centre = 16 + 32 * np.array([row, column]) + rng.uniform(-2, 2, 2)
            disc = np.hypot(y - centre[0], x - centre[1]) < rng.uniform(5, 9)
            truth.append(rng.uniform(50, 150))
            labels[disc] = 3 * len(truth) - 1
            image = image + truth[-1] * disc
    return rng.normal(image, 2).astype(np.float32), labels, np.array(truth)


def _score_background(function: Function) -> tuple[float, str]:
    image, labels, truth = uneven_scene()
    wanted = (
        f"one value for each of the {len(truth)} labels there are, in rising order, and none for "
        "the numbers that are missing among them"
    )
    answer = array(function(image.copy(), labels.copy()), wanted, truth.shape)
    if answer.dtype.kind not in "iuf":
        raise Wrong(f"Return {wanted}: real numbers.")
    if not np.isfinite(answer).all():
        raise Wrong("Some of your values are no numbers: is there an object without a ring?")
    share = answer / truth
    score = 1 - float(np.mean(np.minimum(np.abs(share - 1), 1)))
    mean = np.array([image[labels == number].mean() for number in np.unique(labels)[1:]])
    if np.allclose(answer, mean, rtol=0.02):
        return score, "The background is still in your values: subtract it."
    if (answer < 0).all():
        return score, "Your values are negative. The objects are the brighter ones."
    if np.median(share) > 20:
        return score, "Your values are far too large: means are asked for, not sums."
    # One background for all leaves the slope in: too little on the left, too much on the right.
    columns = (np.arange(len(truth)) % 6).astype(float)
    if np.corrcoef(columns, answer - truth)[0, 1] > 0.8:
        return score, (
            "The background is uneven, brighter to the right: subtract each object's own, "
            "and not one for all."
        )
    if np.median(share) < 0.9:
        return score, (
            "Your values are too small. Does the ring hold pixels of the object itself, or of a "
            "neighbour? It must be background only."
        )
    return score, (
        "Your values are off. Is the ring near the object on all sides, where the background is "
        "the same?"
    )


CHECKS = {
    "whole-objects": Check(
        metric="share of pixels as they should be",
        score=_score_whole,
        goal=1.0,
        hint="Some objects are missing that are whole and large enough.",
    ),
    "local-background": Check(
        metric="1 - mean relative error",
        score=_score_background,
        solution="gpu_course.lessons.classical.measurement.solutions:corrected_intensity",
        goal=0.95,
        hint="Measure the background in a ring around each object.",
    ),
}
