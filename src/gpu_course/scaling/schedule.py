"""How long a run will take: a simulation of its schedule."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING

from gpu_course.deconvolution.units import number
from gpu_course.errors import CourseError
from gpu_course.scaling.cutting import overlap_work

if TYPE_CHECKING:
    from gpu_course.scaling.summary import Summary
    from gpu_course.scaling.tasks import Record


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
    times = [number(duration, "a duration") for duration in durations]
    count = number(workers, "workers")
    if count < 1 or count % 1 or any(d < 0 for d in times):
        raise CourseError(
            f"workers={workers}: give a whole number, 1 at least, and durations of 0 or more."
        )
    # More workers than tasks have nothing to do.
    free = [0.0] * int(min(count, len(times) or 1))
    for duration in times:
        heapq.heapreplace(free, free[0] + duration)
    return max(free)


def foretell(summary: Summary, workers: int, *, blocks: Summary | None = None) -> float:
    """Return how long a run would have taken with so many workers, if nothing else changed.

    Each step begins when the one before has ended, as in :func:`gpu_course.scaling.process`. The
    turn of a block lasts from when its worker was free until the block is done: handing it over,
    reading, computing and writing. Turns of several workers run side by side. What lies between
    the steps (making the stores, joining the tables) is done by one process, and stays as long as
    it was.

    Parameters
    ----------
    summary : Summary
        Of a run by one worker.
    workers : int
    blocks : Summary, optional
        Of another run over the same volume, whose blocks tell how long a turn lasts. What is then
        left between this and the clock is the schedule's, and not that of slower blocks.

    Returns
    -------
    float
        In seconds.

    Notes
    -----
    Workers that share a disk, a memory bus or a core slow each other down, which a run with one
    cannot know: then the truth is longer.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gpu_course.scaling import Record, Summary, foretell
    >>> records = tuple(Record("segment", f"0-0-{n}", 1, n, n + 1) for n in range(4))
    >>> run = Summary(Path("out.zarr"), (1, 4, 8), (1, 4, 2), 5.0, 0, None, records)
    >>> foretell(run, 1), foretell(run, 2)
    (5.0, 3.0)
    """
    between = summary.seconds - sum(_span(step) for step in _steps(summary))
    steps = _steps(blocks or summary)
    return between + sum(makespan(_turns(step), workers) for step in steps)


def _steps(summary: Summary) -> list[list[Record]]:
    """Return the records of each step, in the order in which their blocks were begun."""
    steps: dict[str, list[Record]] = {}
    for record in sorted(summary.records, key=lambda r: r.start):
        steps.setdefault(record.step, []).append(record)
    return list(steps.values())


def _span(step: Sequence[Record]) -> float:
    """Return the seconds from the first begin to the last end of a step."""
    return max(r.stop for r in step) - step[0].start


def _turns(step: Sequence[Record]) -> list[float]:
    """Return how long each block of a step kept its worker, handing over included."""
    free: dict[int, float] = {}
    turns = []
    for record in step:
        turns.append(record.stop - free.get(record.worker, step[0].start))
        free[record.worker] = record.stop
    return turns


def step_costs(
    summary: Summary, reaches: Mapping[str, Sequence[int]] | None = None
) -> dict[str, float]:
    """Return what each step costs for every voxel that its blocks saw.

    Multiplied with the voxels that the blocks of another volume would see, it foretells their cost.

    Parameters
    ----------
    summary : Summary
        Of a whole run by one worker.
    reaches : mapping, optional
        Step → voxels that it sees beyond a block, along each axis; 0 for one that is not there.
        The steps that make coarser resolutions are one, ``"coarser"``.

    Returns
    -------
    dict
        Step → seconds for each voxel seen.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gpu_course.scaling import Record, Summary, step_costs
    >>> records = tuple(Record("segment", f"0-0-{n}", 1, n, n + 1) for n in range(4))
    >>> run = Summary(Path("out.zarr"), (1, 4, 8), (1, 4, 2), 5.0, 0, None, records)
    >>> step_costs(run), step_costs(run, {"segment": (0, 0, 1)})
    ({'segment': 0.125}, {'segment': 0.07142857142857142})
    """
    if summary.resumed:
        raise CourseError(
            f"{summary.resumed} blocks of this run were found done, and their times are not known. "
            "Measure a run from its beginning."
        )
    spent: dict[str, float] = {}
    for record in summary.records:
        step = "coarser" if "level " in record.step else record.step
        spent[step] = spent.get(step, 0.0) + record.stop - record.start
    known = reaches or {}
    none = (0,) * len(summary.shape)
    return {
        step: seconds
        / (prod(summary.shape) * overlap_work(summary.shape, summary.block, known.get(step, none)))
        for step, seconds in spent.items()
    }
