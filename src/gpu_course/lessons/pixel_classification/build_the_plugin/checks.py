"""The check of the exercise in ``pixel-classification/build-the-plugin``."""

from itertools import pairwise
from typing import Any

import numpy as np

from gpu_course.exercise_answers import is_whole, items, numbers
from gpu_course.exercises import Check, Function, Wrong

SIDE_BY_SIDE = "Two jobs run at once. The next one begins when the job before it has ended."
TOO_MANY = "A request is worked on although a newer one came while it waited."
TOO_FEW = "A request is forgotten: each one that no newer one replaced must be worked on."
NO_CALM = "A job begins too early: wait for the pause after its request first."


def _score(function: Function) -> tuple[float, str]:
    """Return the share of the cases that are right, and a hint for the first that is not."""
    from gpu_course.lessons.pixel_classification.build_the_plugin.solutions import schedule

    rng = np.random.default_rng(0)
    cases: list[tuple[list[float], float, float]] = [
        ([1.0], 0.25, 1.0),
        ([0.0, 10.0], 0.25, 1.0),
        ([0.0, 0.125, 0.25, 0.375], 0.25, 1.0),
        ([0.0, 0.5, 0.75], 0.25, 4.0),
        ([], 0.25, 1.0),
    ]
    # Eighths of a second are exact in binary, so that no case hangs on rounding.
    cases += [
        ((np.sort(rng.integers(0, 80, 12)) / 8).tolist(), 0.1875, work) for work in (0.5, 2.0)
    ]
    hints = []
    for asked, pause, work in cases:
        answer = _jobs(function(list(asked), pause, work), len(asked))
        hints.append(_hint(answer, schedule(asked, pause, work), asked, pause, work))
    wrong = [hint for hint in hints if hint]
    return 1 - len(wrong) / len(cases), wrong[0] if wrong else ""


def _jobs(answer: Any, count: int) -> list[tuple[int, float]]:
    """Return an answer's pairs in the order in which the jobs begin."""
    wanted = "a list of pairs: (number of the request, time of beginning)"
    pairs = [numbers(pair, 2, wanted) for pair in items(answer, wanted)]
    for number, begins in pairs:
        if not (is_whole(number) and 0 <= number < count):
            raise Wrong(
                f"({number:g}, {begins:g}) is no pair: of {count} requests, counted from 0, none "
                f"has the number {number:g}. The number comes first, then the time."
            )
    given = [number for number, _ in pairs]
    if len(set(given)) < len(given):
        raise Wrong("A request is worked on twice.")
    return sorted(((int(number), begins) for number, begins in pairs), key=lambda job: job[::-1])


def _hint(
    answer: list[tuple[int, float]],
    expected: list[tuple[int, float]],
    asked: list[float],
    pause: float,
    work: float,
) -> str:
    """Return what is wrong with an answer, or an empty string."""
    starts = [begins for _, begins in answer]
    if any(later - start < work - 1e-9 for start, later in pairwise(starts)):
        return SIDE_BY_SIDE
    if any(begins < asked[number] + pause - 1e-9 for number, begins in answer):
        return NO_CALM
    numbers, wanted = [n for n, _ in answer], [n for n, _ in expected]
    if set(numbers) - set(wanted):
        return TOO_MANY
    if numbers != wanted:
        return TOO_FEW
    if not np.allclose(starts, [begins for _, begins in expected]):
        return "The right requests are worked on, but not as early as they could be."
    return ""


CHECKS = {
    "newest-wins": Check(
        metric="part of the cases that are right",
        score=_score,
        solution="gpu_course.lessons.pixel_classification.build_the_plugin.solutions:schedule",
        goal=1.0,
        hint="Ask of each request when it could begin, and whether a newer one comes before.",
    ),
}
