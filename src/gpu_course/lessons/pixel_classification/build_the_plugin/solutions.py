"""Which request is worked on next: the rule of the chapter, and a queue beside it."""

from collections.abc import Sequence


def schedule(asked: Sequence[float], pause: float, work: float) -> list[tuple[int, float]]:
    """Return which requests are worked on, and when.

    A request waits until no other has come for `pause` seconds, and until the job before it is
    done. If a newer request comes while it waits, the newer one takes its place.

    Parameters
    ----------
    asked : sequence of float
        When each request comes, ascending, in seconds.
    pause : float
        Calm that is waited for, in seconds.
    work : float
        How long each job takes, in seconds.

    Returns
    -------
    list of (int, float)
        Number of the request, from 0, and the time at which its job begins.
    """
    begun = []
    free = 0.0
    for number, time in enumerate(asked):
        begins = max(time + pause, free)
        replaced = any(newer < begins for newer in asked[number + 1 :])
        if not replaced:
            begun.append((number, begins))
            free = begins + work
    return begun


def every_one(asked: Sequence[float], work: float) -> list[tuple[int, float]]:
    """Return the same for a queue, in which every request is worked on, one after the other."""
    begun: list[tuple[int, float]] = []
    free = 0.0
    for number, time in enumerate(asked):
        begins = max(time, free)
        begun.append((number, begins))
        free = begins + work
    return begun
