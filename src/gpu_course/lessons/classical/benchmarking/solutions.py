"""The exercises' solutions: a timer that is fair, and the size where two lines cross."""

from collections.abc import Callable, Sequence

import numpy as np


def fair_time(
    work: Callable[[], object],
    wait: Callable[[], object],
    clock: Callable[[], float],
    repeats: int,
) -> float:
    """Return the median time of some work on a device that works behind our back.

    Parameters
    ----------
    work : callable
        Hands over the work, and may return before it is done.
    wait : callable
        Returns when the device is idle.
    clock : callable
        Returns the time in seconds.
    repeats : int
        How often to time, besides one untimed call.

    Returns
    -------
    float
        Seconds.
    """
    work()  # the first call compiles
    times = []
    for _ in range(repeats):
        wait()  # for what is still in the queue
        started = clock()
        work()
        wait()  # the work is done only now
        times.append(clock() - started)
    return float(np.median(times))


def crossing(sizes: Sequence[float], first: Sequence[float], second: Sequence[float]) -> float:
    """Return the size from which on the second way is the faster one.

    Between two measured sizes both lines are taken as straight on logarithmic axes, where a time
    that grows as a power of the size is a straight line.

    Parameters
    ----------
    sizes : sequence of float
        Rising.
    first, second : sequence of float
        Times of both ways at each size, in seconds.

    Returns
    -------
    float
        The smallest size given, if the second way is faster everywhere; infinity, if it is slower
        at the largest size.
    """
    advantage = np.log(np.asarray(first, float)) - np.log(np.asarray(second, float))
    if advantage[-1] <= 0:
        return float("inf")
    slower = np.flatnonzero(advantage <= 0)
    if slower.size == 0:
        return float(sizes[0])
    left = int(slower[-1])  # the last size at which the second way loses
    share = -advantage[left] / (advantage[left + 1] - advantage[left])
    logs = np.log(np.asarray(sizes, float))
    return float(np.exp(logs[left] + share * (logs[left + 1] - logs[left])))
