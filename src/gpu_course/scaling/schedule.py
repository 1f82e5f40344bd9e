"""How long a run will take: a simulation of its schedule."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from gpu_course.errors import CourseError


def makespan(durations: Sequence[float], workers: int) -> float:
    """Return how long workers need for independent tasks that are handed out as they get free.

    Parameters
    ----------
    durations : sequence of float
        Of the tasks, in the order in which they are handed out, in any unit of time.
    workers : int

    Returns
    -------
    float
        From the first begin to the last end.

    Notes
    -----
    Such a list schedule is at most (2 - 1 / workers) times as long as the best one [1]_.

    References
    ----------
    .. [1] R. L. Graham, "Bounds for certain multiprocessing anomalies", Bell System Technical
       Journal 45 (1966), 1563–1581.

    Examples
    --------
    >>> from gpu_course.scaling import makespan
    >>> makespan([3, 1, 1, 1], workers=2), makespan([1, 1, 1, 3], workers=2)
    (3.0, 4.0)
    """
    if workers < 1 or any(d < 0 for d in durations):
        raise CourseError(f"workers={workers}: give 1 at least, and durations of 0 or more.")
    free = [0.0] * workers
    for duration in durations:
        heapq.heapreplace(free, free[0] + duration)
    return max(free)
