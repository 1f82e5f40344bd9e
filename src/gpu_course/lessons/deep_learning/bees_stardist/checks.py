"""The checks of the exercises in ``deep-learning/bees-stardist``."""

from collections.abc import Iterator, Set

import numpy as np
from numpy.typing import NDArray

from gpu_course.exercise_answers import array
from gpu_course.exercises import Check, Function, Wrong

RAYS = 16


def _scene() -> tuple[NDArray[np.int32], list[tuple[int, int]]]:
    """Return objects and pixels that ask: two that touch, one with a bay, one at the frame."""
    rows, columns = np.indices((90, 120))
    labels = np.zeros(rows.shape, np.int32)

    def tilted(y: float, x: float) -> NDArray[np.bool_]:
        along, across = (rows - y) + (columns - x), (rows - y) - (columns - x)
        return np.asarray((along / 32) ** 2 + (across / 13) ** 2 < 1)

    labels[tilted(26, 30)] = 2
    labels[tilted(26, 46)] = 5  # numbers with gaps, and a neighbour without a gap
    labels[55:80, 20:60] = 3
    labels[55:72, 36:42] = 0  # a bay: a ray that crosses it has left the object
    labels[70:90, 100:120] = 7
    return labels, [(26, 30), (20, 40), (64, 26), (60, 50), (68, 30), (80, 112), (45, 100)]


def _star_score(function: Function) -> tuple[float, str]:
    """Return the share of rays that are right to less than a pixel, and a hint for the mistake."""
    from gpu_course.lessons.deep_learning.bees_stardist.solutions import star_distances

    labels, points = _scene()
    answers = []
    for row, column in points:
        given = labels.copy()
        answer = array(function(given, row, column, RAYS), "one number for each of the rays")
        if not np.array_equal(given, labels):
            raise Wrong("Your function changed the label image it was given. Work on a copy.")
        if answer.shape != (RAYS,) or answer.dtype.kind not in "iuf":
            raise Wrong(
                f"Your function returned the shape {answer.shape}. Return one number for each of "
                f"the rays, here {RAYS}."
            )
        answers.append(answer.astype(np.float64))
    said = np.array(answers)
    right = np.array([star_distances(labels, *point, RAYS) for point in points])
    # A pixel too little is the last one inside, and rays that are cut off come out so, too.
    score = float(np.mean(np.abs(said - right) < 1))
    return score, _what_differs(said, right, labels, points)


def _what_differs(
    said: NDArray[np.float64],
    right: NDArray[np.float64],
    labels: NDArray[np.int32],
    points: list[tuple[int, int]],
) -> str:
    from gpu_course.lessons.deep_learning.bees_stardist.solutions import star_distances

    def like(other: NDArray[np.float64], which: slice = slice(-1)) -> bool:
        return bool(np.mean(np.abs(said[which] - other[which]) <= 2) > 0.95)

    if np.abs(said[-1]).max() > 0:
        return "A pixel of the background has no object, so all of its distances are 0."
    mask = (labels > 0).astype(np.int32)
    if like(np.array([star_distances(mask, *point, RAYS) for point in points])):
        return "Your rays run on into the neighbour: stop where the label is another one."
    turned = -np.arange(RAYS)
    if like(right[:, turned]):
        return "Your rays turn the other way: rows grow downwards, so row + distance × sin(angle)."
    if like(right[:, (turned + RAYS // 4) % RAYS]):
        return "Rows and columns are swapped: ray 0 points to the right, along columns."
    if like(right, slice(0, 2)) and np.any(said[2] > right[2] + 3):
        return "A ray that has left the object must not come back: stop at the first exit."
    if np.mean(np.abs(said[:-1] + 1 - right[:-1]) < 0.5) > 0.95:
        return "All rays are one step short: the step that leaves the object counts, too."
    if like(right):
        return (
            "Nearly: some rays are off by a pixel. Look at the pixel nearest to where the ray is, "
            "with round(). int() only cuts off the decimals."
        )
    return ""


def _case(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return candidates on a line that overlap with those beside them."""
    rng = np.random.default_rng(seed)
    place = rng.uniform(0, 12, 20)
    overlap = np.clip(1 - np.abs(place[:, None] - place), 0, 1)
    return rng.permutation(20) / 20 + 0.01, overlap


def _choice_score(function: Function) -> tuple[float, str]:
    """Return the share of cases in which the right candidates stay, and a hint."""
    from gpu_course.lessons.deep_learning.bees_stardist.solutions import best_first

    chain = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, 0.6], [0.0, 0.6, 1.0]])
    cases = [
        (np.array([0.9, 0.8, 0.7]), chain, 0.5),  # the middle one must not put the last one out
        (np.array([0.2, 0.9]), np.array([[1.0, 0.8], [0.8, 1.0]]), 0.5),
        (np.array([0.9, 0.8]), np.array([[1.0, 0.3], [0.3, 1.0]]), 0.5),
        (np.array([0.9, 0.8]), np.array([[1.0, 0.5], [0.5, 1.0]]), 0.5),
        *((*_case(seed), limit) for seed in range(4) for limit in (0.2, 0.6)),
    ]
    right, answers = [], []
    for probability, overlap, limit in cases:
        given = function(probability.copy(), overlap.copy(), limit)
        answer = np.asarray(list(given) if isinstance(given, Set | Iterator) else given)
        if answer.ndim != 1 or answer.dtype.kind not in "iuf" or (answer % 1 != 0).any():
            raise Wrong("Return a list of whole numbers: the indices of the candidates that stay.")
        answers.append(sorted(answer.astype(int).tolist()))
        right.append(sorted(best_first(probability, overlap, limit)))
    score = float(np.mean([a == r for a, r in zip(answers, right, strict=True)]))
    if answers[2] != right[2]:
        return score, "Two that overlap by less than the limit both stay."
    if answers[3] != right[3]:
        return score, "Two that overlap by just the limit both stay: only more is too much."
    if answers[1] != right[1]:
        return score, "The more probable one stays: go through them from the most probable on."
    if answers[0] == [0]:
        return score, (
            "In a row of three, the first puts out the second, and the second can then put out "
            "nobody. Compare with those that stay, not with all that are more probable."
        )
    return score, ""


CHECKS: dict[str, Check] = {
    "star": Check(
        metric="share of rays right to less than a pixel",
        score=_star_score,
        solution="gpu_course.lessons.deep_learning.bees_stardist.solutions:star_distances",
        goal=0.95,
        hint="Try it on a disc first: from its middle, all distances are its radius.",
    ),
    "choice": Check(
        metric="share of cases with the right choice",
        score=_choice_score,
        solution="gpu_course.lessons.deep_learning.bees_stardist.solutions:best_first",
        goal=1.0,
        hint="Three candidates in a row, on paper: who stays, and who had a say?",
    ),
}
