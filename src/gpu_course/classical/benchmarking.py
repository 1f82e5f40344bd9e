"""Fair timing: a device of known speed to test timers on, and where two lines cross."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat

import numpy as np


class PretendDevice:
    """A device that takes work at once and finishes it later, with every duration known.

    Its time is its own: it passes only when work is handed over, or when somebody waits. So a
    timer can be tested on it exactly, and within no time.

    Parameters
    ----------
    durations : sequence of float
        Seconds that the first, second, … piece of work takes; the last holds from then on.
    handing_over : float
        Seconds until a call returns.
    queue : float
        Seconds of work that somebody else has left on the device.
    """

    def __init__(
        self, durations: Sequence[float] = (2.0,), handing_over: float = 0.001, queue: float = 0.0
    ) -> None:
        self._now = 0.0
        self._idle_at = queue
        self._handing_over = handing_over
        self._durations: Iterator[float] = chain(durations, repeat(durations[-1]))

    def work(self) -> None:
        """Hand over one piece of work; returns long before it is done."""
        self._now += self._handing_over
        self._idle_at = max(self._now, self._idle_at) + next(self._durations)

    def wait(self) -> None:
        """Return when the device has nothing left to do."""
        self._now = max(self._now, self._idle_at)

    def clock(self) -> float:
        """Return the time in seconds."""
        return self._now


def hasty_time(
    work: Callable[[], object],
    wait: Callable[[], object],
    clock: Callable[[], float],
    repeats: int,
) -> float:
    """Time some work wrongly, in three ways at once: the timer to be mended in the exercise."""
    times = []
    for _ in range(repeats):
        started = clock()
        work()
        times.append(clock() - started)
    wait()
    return sum(times) / repeats


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
