"""A device of known speed, to test timers on."""

from collections.abc import Iterator, Sequence
from itertools import chain, repeat


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
