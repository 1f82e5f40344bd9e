"""The check of the exercise in ``deep-learning/how-many-labels``."""

import math

import numpy as np

from gpu_course.exercises import Check, Function, Wrong

_RISING = ([1.0, 10.0, 100.0], [0.2, 0.6, 0.8])
_DIPS = ([2.0, 8.0, 32.0, 128.0], [0.3, 0.7, 0.6, 0.9])
_PEAK = (
    [2.0**n for n in range(12)],
    [0.1, 0.15, 0.2, 0.25, 0.8, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.9],
)
"""np.interp takes scores for ascending, and finds the second of two places here."""

_QUESTIONS = (
    (_RISING, 0.4, 10**0.5, "Interpolate over the logarithm of the effort."),
    (_RISING, 0.7, 10**1.5, "Interpolate over the logarithm of the effort."),
    (_RISING, 0.6, 10.0, "A point that has just the wanted score reaches it."),
    (_RISING, 0.8, 100.0, "The last point, too, reaches the score that it just has."),
    (_DIPS, 0.1, 2.0, "Where the first point is good enough, return its effort."),
    (_RISING, 0.81, math.inf, "Where no point reaches the score, return infinity."),
    (_DIPS, 0.65, 2 * 4**0.875, "The curve may fall again: take the first time it gets there."),
    (
        _PEAK,
        0.525,
        2**3.5,
        "The curve may fall again: take the first time it gets there. np.interp over the scores "
        "needs scores that only rise.",
    ),
    (_DIPS, 0.75, 32 * 4**0.5, "Start from the point just before the score is reached."),
    (_DIPS, 0.7, 8.0, "A point that has just the wanted score reaches it, also before a fall."),
)


def _effort_score(function: Function) -> tuple[float, str]:
    """Ask curves that rise, that fall in between, and that never get there."""
    for (efforts, scores), wanted, right, hint in _QUESTIONS:
        answer = function(np.array(efforts), np.array(scores), wanted)
        try:
            value = float(answer)
        except (TypeError, ValueError) as error:
            raise Wrong("Return one number, the effort.") from error
        where = f"Scores {scores} at efforts {efforts}, wanted {wanted}: {value:.4g} is wrong."
        if not math.isclose(value, right, rel_tol=1e-3):
            straight = _straight(efforts, scores, wanted)
            if math.isfinite(right) and math.isclose(value, straight, rel_tol=1e-3):
                hint = "That is a straight line over the effort itself. Take its logarithm first."
            elif math.isfinite(right) and math.isclose(value, math.log(right), rel_tol=1e-3):
                hint = "That is still a logarithm. Take np.exp of it."
            elif right not in (*efforts, math.inf) and any(
                math.isclose(value, effort) for effort in efforts
            ):
                hint = "That is the effort of a point. Interpolate between two of them."
            raise Wrong(f"{where} {hint}")
    return 1.0, ""


def _straight(efforts: list[float], scores: list[float], wanted: float) -> float:
    """Return the answer of a line over the effort itself."""
    for i in range(1, len(scores)):
        if scores[i - 1] < wanted <= scores[i]:
            share = (wanted - scores[i - 1]) / (scores[i] - scores[i - 1])
            return efforts[i - 1] + share * (efforts[i] - efforts[i - 1])
    return math.inf


CHECKS = {
    "effort-for": Check(
        metric="share of right efforts",
        score=_effort_score,
        goal=1.0,
        hint="Find the first point that is good enough, and interpolate from the one before.",
    ),
}
