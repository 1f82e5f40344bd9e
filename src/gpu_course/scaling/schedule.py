"""How long a run will take: a simulated schedule, and a plan on paper from measured rates."""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Sequence
from math import ceil, prod

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


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a large volume will cost.

    Attributes
    ----------
    blocks : int
    hours : float
        From begin to end, with `workers` of them.
    limited_by : str
        ``"workers"``, or ``"storage"`` where they wait for it.
    worker_hours : float
        Paid for, waiting included.
    lost : float
        Blocks that are expected to be computed twice, since a worker stops in the middle.
    """

    blocks: int
    hours: float
    limited_by: str
    worker_hours: float
    lost: float


def capacity_plan(
    shape: Sequence[int],
    block: Sequence[int],
    reach: Sequence[int],
    *,
    rate: float,
    workers: int,
    bytes_per_voxel: float,
    bandwidth: float,
    hours_between_failures: float = float("inf"),
) -> Plan:
    """Plan a run on paper, from rates that were measured on one device.

    Parameters
    ----------
    shape, block, reach : (z, y, x)
        Of the volume, of what one task computes, and of what it sees beyond it, in voxels.
    rate : float
        Voxels of a window, reach included, that one worker computes per second.
    workers : int
    bytes_per_voxel : float
        Read and written, for each voxel of the windows.
    bandwidth : float
        Bytes per second that the storage gives to all workers together.
    hours_between_failures : float
        Of one worker: how long one runs until it stops, is taken away, or loses its node.

    Returns
    -------
    Plan

    Examples
    --------
    >>> from gpu_course.scaling import capacity_plan
    >>> plan = capacity_plan((1000, 1000, 1000), (250, 250, 250), (0, 0, 0), rate=1e6, workers=8,
    ...                      bytes_per_voxel=6, bandwidth=1e9)
    >>> plan.blocks, round(plan.hours * 3600), plan.limited_by
    (64, 125, 'workers')
    """
    from gpu_course.scaling.cutting import overlap_work

    count = prod(ceil(n / b) for n, b in zip(shape, block, strict=True))
    seen = prod(shape) * overlap_work(tuple(shape), block, reach)
    task = seen / count / rate
    # The workers go through the blocks in rounds, of which the last may be half empty.
    computing = ceil(count / workers) * task
    storage = seen * bytes_per_voxel / bandwidth
    hours = max(computing, storage) / 3600
    lost = hours * min(workers, count) / hours_between_failures
    hours += lost * task / min(workers, count) / 3600
    return Plan(
        count,
        hours,
        "workers" if computing >= storage else "storage",
        hours * workers,
        lost,
    )
