"""The checks of the exercises in ``classical/benchmarking``: no clock of this machine is read."""

import numpy as np

from gpu_course.exercise_answers import number
from gpu_course.exercises import Check, Function

BUSY, REPEATS = 100.0, 7

TOO_EARLY = (
    "On a device that does nothing but this work you stop the clock before the work is done: wait "
    "for the device inside the timed part."
)
IN_QUEUE = (
    "Somebody else's work was still on the device when your clock started: wait before you start "
    "it."
)
COMPILES = "The first call compiles. Make one call that is not timed."
DISTURBED = (
    "A few calls were disturbed and took longer, and they moved your answer: take the median."
)


def _score_timer(function: Function) -> tuple[float, str]:
    from gpu_course.lessons.classical.benchmarking.timers import PretendDevice

    # Each device has one catch. One is slower than the others: no constant is right for all.
    catches = [
        (PretendDevice(), 2.0, REPEATS, ""),
        (PretendDevice([3.0], queue=BUSY), 3.0, 1, IN_QUEUE),
        (PretendDevice([12.0, 2.0]), 2.0, 1, COMPILES),
        (PretendDevice([2.0, 2.0, 9.0, 2.0, 2.0, 9.0, 2.0, 2.0]), 2.0, REPEATS, DISTURBED),
    ]
    right, hint = 0, ""
    for device, takes, repeats, advice in catches:
        answer = number(function(device.work, device.wait, device.clock, repeats), "the seconds")
        if abs(answer - takes) < 0.02:
            right += 1
            continue
        if not hint and answer < 0.5:
            hint = TOO_EARLY
        elif not hint and abs(answer - takes * repeats) < 0.1:
            hint = f"That is the time of all {repeats} pieces of work. Return that of one."
        elif not hint and (
            not advice or answer < takes or (advice == IN_QUEUE) != (answer > BUSY / 2)
        ):
            hint = (
                f"One piece of work takes {takes:g} s on this device, and you return "
                f"{answer:.3g} s."
            )
        hint = hint or advice
    return right / len(catches), hint


def _score_crossing(function: Function) -> tuple[float, str]:
    sizes = np.array([1e2, 1e3, 1e4, 1e5])
    middle = 10**4.5
    cases = [
        # Times that grow as a power of the size, so that the answer is known: (a/b)^(1/(q - p)).
        (1e-6 * sizes, 1e-4 * sizes**0.5, 1e4, "the lines cross at a size that was measured"),
        (1e-6 * sizes, 3e-5 * sizes**0.5, 900.0, "the lines cross between two measured sizes"),
        (1e-7 * sizes**1.2, 2e-5 * sizes**0.5, 200 ** (1 / 0.7), "the lines cross in between"),
        (1e-6 * sizes, 1e-7 * sizes, 1e2, "the second is faster everywhere"),
        (1e-6 * sizes, 1e-5 * sizes, np.inf, "the second is slower everywhere: infinity"),
        # Measured times wobble, and small sizes are a matter of luck.
        (sizes, sizes * [2, 0.5, 2, 0.5], middle, "the lines cross more than once"),
        (sizes, sizes * [0.5, 2, 2, 0.5], middle, "the second wins, loses, and wins again"),
        (sizes, sizes * [2, 0.5, 0.5, 2], np.inf, "the second wins, and loses at the largest"),
    ]
    right, hint = 0, ""
    for first, second, expected, case in cases:
        answer = number(
            function(sizes.copy(), first.copy(), second.copy()), "the size where the lines cross"
        )
        if answer == expected or abs(answer - expected) < 0.01 * min(expected, 1e9):
            right += 1
        elif not hint:
            hint = f"Where {case}, expected {expected:.4g}, and you return {answer:.4g}."
            if right >= 5:
                hint += " What counts is the last crossing: from there on the second is faster."
            elif np.isfinite(expected) and answer in sizes:
                hint += " Interpolate between the sizes."
            elif np.isfinite(answer) and 0.5 < answer / expected < 2:
                hint += " Interpolate on logarithms of size and time."
    return right / len(cases), hint


CHECKS = {
    "unsynchronised-timing": Check(
        metric="share of devices timed rightly",
        score=_score_timer,
        solution="gpu_course.lessons.classical.benchmarking.solutions:fair_time",
        goal=1.0,
        hint="Warm up, wait before and after, take the median.",
    ),
    "where-the-lines-cross": Check(
        metric="share of cases right",
        score=_score_crossing,
        solution="gpu_course.lessons.classical.benchmarking.solutions:crossing",
        goal=1.0,
        hint="Find the last size at which the second is slower; the lines cross right of it.",
    ),
}
