"""Checks of the exercises in scaling/cluster."""

from math import ceil

import numpy as np

from gpu_course.exercise_answers import is_whole, number
from gpu_course.exercises import Check, Function, Wrong

#: Hours of the tasks, in the order in which they are handed out, and the deadline.
RUNS = (
    ([1.0] * 12, 4.0),
    ([1.0] * 600, 7.5),
    ([1.0, 1.0, 1.0, 3.0], 3.0),
    ([3.0, 1.0, 1.0, 1.0], 3.0),
    ([5.0, 1.0, 1.0, 1.0, 5.0], 7.0),
    ([2.0, 2.0, 2.0], 100.0),
)

#: Chance that an attempt fails, tasks, and the wanted chance of the run.
CHANCES = (
    (0.01, 100, 0.99),
    (0.001, 100_000, 0.99),
    (0.3, 1000, 0.9),
    (0.0, 10_000, 0.999),
    (0.2, 1, 0.75),
    (0.5, 1, 0.75),  # just as likely as wanted, and exact in binary
)


def _score_devices(function: Function) -> tuple[float, str]:
    """Return the share of the runs for which the number is right."""
    from gpu_course.lessons.scaling.cluster.solutions import devices_needed
    from gpu_course.scaling import makespan

    right, hint = [], ""
    for hours, deadline in RUNS:
        wanted = devices_needed(hours, deadline)
        found = number(function(list(hours), deadline), "how many devices are needed")
        if not (is_whole(found) and found >= 1):
            raise Wrong(f"Return a whole number of devices from 1 up: {found:g} is not.")
        right.append(found == wanted)
        if right[-1] or hint:
            continue
        takes = makespan(hours, int(found))
        hint = (
            f"{len(hours)} tasks of {min(hours):g} to {max(hours):g} h within {deadline:g} h: "
            f"{int(found)} devices need {takes:g} h. "
        )
        if found == ceil(sum(hours) / deadline):
            hint += "The sum of the hours, divided, knows nothing of tasks that cannot be cut."
        elif takes > deadline:
            hint += "Take one more, and look again."
        else:
            hint += f"{wanted} would do."
    return float(np.mean(right)), hint


def _score_retries(function: Function) -> tuple[float, str]:
    """Return the share of the runs for which the number is right."""
    from gpu_course.lessons.scaling.cluster.solutions import retries_needed

    right, hint = [], ""
    for chance, tasks, wanted in CHANCES:
        found = number(function(chance, tasks, wanted), "how many retries are needed")
        if not (is_whole(found) and 0 <= found < 1000):
            raise Wrong(f"Return a whole number of retries, 0 or more: {found} is not.")
        best = retries_needed(chance, tasks, wanted)
        right.append(found == best)
        if right[-1] or hint:
            continue
        succeeds = (1 - chance ** (found + 1)) ** tasks
        hint = (
            f"{tasks} tasks, each attempt fails with {chance:g}: with {found:g} retries the run "
            f"ends well with {succeeds:.4f}, and {wanted:g} was wanted. "
        )
        if (1 - chance**found) ** tasks == wanted:
            hint += f"One fewer gives just {wanted:g}, and that was wanted at least."
        elif found == best + 1:
            hint += "One fewer would do. With r retries a task has r + 1 attempts."
        elif found < best:
            hint += "All tasks must succeed, so their chances multiply."
        else:
            hint += "Fewer would do."
    return float(np.mean(right)), hint


CHECKS = {
    "devices-needed": Check(
        metric="share of the runs with the right number",
        score=_score_devices,
        goal=1.0,
        hint="Simulate: begin with one device, and take one more until the last task ends in time.",
    ),
    "retries-needed": Check(
        metric="share of the runs with the right number",
        score=_score_retries,
        goal=1.0,
        hint="A task fails for good when all its attempts fail; a run when one of its tasks does.",
    ),
}
