"""The checks of the exercises in ``deep-learning/labelling``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.exercise_answers import label_image
from gpu_course.exercises import Check, Function, Wrong

SHAPE = (60, 90)


def _polygons(seed: int) -> list[NDArray[np.float64]]:
    """Return polygons of which some overlap and some reach beyond the image."""
    rng = np.random.default_rng(seed)
    angles = np.arange(8) * np.pi / 4
    around = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    return [
        rng.uniform((0, 0), SHAPE) + around * rng.uniform(6, 16, size=(8, 1)) for _ in range(12)
    ]


def _many() -> list[NDArray[np.float64]]:
    """Return 300 small squares side by side: more than 8 bits can number."""
    square = np.array([[0, 0], [0, 3], [3, 3], [3, 0]], float)
    return [square + 4 * np.array(place) for place in np.ndindex(15, 20)]


def _polygons_score(function: Function) -> tuple[float, str]:
    """Return the share of pixels with the right number, among those that have one."""
    from gpu_course.lessons.deep_learning.labelling.solutions import polygons_to_labels

    shares, hint = [], ""
    for polygons in (*map(_polygons, range(3)), _many()):
        labels = label_image(function([corners.copy() for corners in polygons], SHAPE), SHAPE)
        right = polygons_to_labels(polygons, SHAPE)
        backwards = polygons_to_labels(polygons[::-1], SHAPE)
        on_top = np.where(backwards > 0, len(polygons) + 1 - backwards, 0)
        turned = polygons_to_labels([corners[:, ::-1] for corners in polygons], SHAPE)
        either = (right > 0) | (labels > 0)
        shares.append(float((labels == right)[either].mean()))
        hint = hint or _what_differs(labels, right, on_top, turned)
    return float(np.mean(shares)), hint


def _what_differs(
    labels: NDArray[Any], right: NDArray[Any], on_top: NDArray[Any], turned: NDArray[Any]
) -> str:
    def same(other: NDArray[Any]) -> bool:
        return bool((labels == other).mean() > 0.995)

    if same(right):
        return ""
    if same(on_top):
        return "A later polygon paints over an earlier one. Paint only where nothing is yet."
    if same(turned):
        return "Rows and columns are swapped: corners are (row, column)."
    if labels.max() > right.max():
        return "Where polygons overlap, the numbers were added up."
    if labels.max() <= 255 < right.max():
        return "After object 255 the numbers start again: 8 bits hold no more. Use np.int32."
    return ""


def _faulty() -> tuple[NDArray[np.int32], dict[int, str]]:
    """Return a label image and what is wrong with it."""
    labels = np.zeros((50, 70), np.int32)
    labels[5:15, 5:15] = 3  # sound
    labels[5:15, 20:30] = 4
    labels[8:11, 23:26] = 0  # a hole
    labels[5:10, 35:40], labels[12:17, 35:40] = 7, 7  # two pieces
    labels[5:10, 45:50], labels[10:15, 50:55] = 8, 8  # they hang together by a corner: sound
    labels[5, 60:63] = 9  # a speck
    labels[25:40, 5:20] = 10
    labels[29:36, 9:16] = 11  # surrounded by 10, which has no hole therefore
    labels[25, 30], labels[30, 35] = 12, 12  # pieces, too, but above all a speck
    labels[25:35, 45:55] = 15
    labels[25:35, 60:70] = 16
    labels[28:31, 67:70] = 0  # open to the frame: no hole
    labels[44:48, 30:35] = 20  # as many pixels as a sound object needs
    labels[44:48, 40:45] = 21
    labels[44, 40] = 0  # one fewer
    return labels, {4: "hole", 7: "pieces", 9: "speck", 12: "speck", 21: "speck"}


SMALLEST = 20
"""Pixels below which an object of the first question is a slip."""


def _faults_score(function: Function) -> tuple[float, str]:
    """Return the share of objects judged right, and a hint for the first that was not."""
    labels, right = _faulty()
    given = _named(function, labels, SMALLEST)
    # Whatever is named counts, also 0 and numbers that are none.
    numbers = sorted({*np.unique(labels[labels > 0]).tolist(), *given})
    score = float(np.mean([given.get(n) == right.get(n) for n in numbers]))
    hints = {
        0: "0 is background, no object.",
        7: "Object 7 lies in two pieces.",
        8: "Object 8 hangs together by a corner: label with connectivity=2.",
        11: "Object 11 is sound.",
        10: "Object 10 surrounds another object, and no background: that is no hole.",
        9: "Object 9 has three pixels only: a speck.",
        12: "Object 12 is a speck before all else: ask for its size first.",
        4: "Object 4 surrounds some background: a hole.",
        16: "What reaches the frame of the image is no hole.",
        20: f"Object 20 has {SMALLEST} pixels, and only fewer are a speck.",
        21: f"Object 21 has {SMALLEST - 1} pixels, one fewer than asked for: a speck.",
    }
    for number, hint in hints.items():
        if given.get(number) != right.get(number):
            return score, hint
    if sound := [n for n in numbers if given.get(n) != right.get(n)]:
        return score, f"There is nothing wrong with {sound[0]}, or no such object: leave it out."
    if "speck" in _named(function, np.where(labels == 21, 21, 0), 10).values():
        return 0.9, "What counts as a speck is the second argument: it need not always be 20."
    return score, ""


def _named(function: Function, labels: NDArray[np.int32], smallest: int) -> dict[int, str]:
    """Return what an answer names: number of the object → fault."""
    answer = function(labels.copy(), smallest)
    if not isinstance(answer, dict):
        raise Wrong('Return a dictionary: number of the object → "speck", "pieces" or "hole".')
    return {int(number): str(fault) for number, fault in answer.items()}


CHECKS = {
    "polygons": Check(
        metric="share of pixels with the right number",
        score=_polygons_score,
        solution="gpu_course.lessons.deep_learning.labelling.solutions:polygons_to_labels",
        goal=0.99,
        hint="Look at a single triangle first: which pixels does your function fill?",
    ),
    "faults": Check(
        metric="share of objects judged right",
        score=_faults_score,
        solution="gpu_course.lessons.deep_learning.labelling.solutions:find_faults",
        goal=1.0,
        hint="Take one object at a time, labels == number, and ask it three questions.",
    ),
}
