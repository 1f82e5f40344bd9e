"""The exercises' solutions: how many devices a deadline needs, and how many retries a long run."""

from collections.abc import Sequence

from gpu_course.scaling import makespan


def devices_needed(hours: Sequence[float], deadline: float) -> int:
    """Return the fewest devices that finish independent tasks before a deadline.

    Parameters
    ----------
    hours : sequence of float
        Of each task, in the order in which tasks are handed out.
    deadline : float
        In hours; no task alone takes longer.

    Returns
    -------
    int
        As many devices as tasks are always enough.
    """
    devices = 1
    while makespan(hours, devices) > deadline:
        devices += 1
    return devices


def retries_needed(chance: float, tasks: int, wanted: float) -> int:
    """Return the fewest retries with which all tasks of a run succeed, as likely as wanted.

    Parameters
    ----------
    chance : float
        That one attempt at a task fails, whatever happened before; from 0 up, below 1.
    tasks : int
        How many there are. One that fails each time ends the run.
    wanted : float
        Chance that the run comes to its end, below 1.

    Returns
    -------
    int
        Attempts of a task after the first.
    """
    retries = 0
    while (1 - chance ** (retries + 1)) ** tasks < wanted:
        retries += 1
    return retries
