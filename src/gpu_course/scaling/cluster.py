"""Workers: processes of this machine, or those of a scheduler that runs elsewhere."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from gpu_course.errors import CourseError, MachineError
from gpu_course.scaling.reading import needed

if TYPE_CHECKING:
    from distributed import Client

RETRIES = 2
"""So often a task that failed is tried again: a file system of a cluster may stumble."""

PATIENCE = 10.0
"""Seconds to wait for a scheduler."""


@contextmanager
def workers(count: int = 1, *, scheduler: str | None = None) -> Iterator[Client | None]:
    """Give the workers of a run.

    Parameters
    ----------
    count : int
        Processes of this machine; 1 needs none beside the one that asks, and gives None.
    scheduler : str, optional
        Address of a Dask scheduler, such as ``"tcp://10.0.0.5:8786"``, whose workers are taken
        instead.

    Returns
    -------
    context manager
        Its client is for :func:`gpu_course.scaling.process`.

    Raises
    ------
    MachineError
        If the scheduler does not answer.

    Examples
    --------
    >>> from gpu_course.scaling import workers
    >>> with workers(1) as client:
    ...     print(client)
    None
    """
    if count < 1:
        raise CourseError(f"workers={count}, but there must be 1 at least.")
    if scheduler is None and count == 1:
        yield None
        return
    distributed = needed("distributed")
    # It tells of every worker that it restarts; what matters reaches the caller as an error.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    if scheduler is not None:
        try:
            client = distributed.Client(scheduler, timeout=PATIENCE)
        except (OSError, ValueError, TimeoutError) as error:
            raise MachineError(
                f"No Dask scheduler answers at {scheduler}. Start one with “dask scheduler”, or "
                "look at its address and at the firewall."
            ) from error
        with client:
            if not client.scheduler_info()["workers"]:
                raise MachineError(
                    f"The scheduler at {scheduler} has no workers. Start some with “dask worker "
                    f"{scheduler}”."
                )
            yield client
        return
    with (
        distributed.LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            silence_logs=logging.CRITICAL,  # in the workers, too
            dashboard_address="localhost:0",  # any free port: a second run is no fault
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def own_cores(client: Client) -> None:
    """Give each worker of this machine a core of its own, so that two have twice as much as one.

    Otherwise one worker spreads its FFTs over all cores, and a second one takes half of them away.
    Where the system cannot bind a process to a core, nothing changes; workers beyond the number of
    cores share them.

    Parameters
    ----------
    client : Client
        Of workers that all run on this machine.
    """
    for number, address in enumerate(client.scheduler_info(n_workers=-1)["workers"]):
        client.run(_take_core, number, workers=[address])


def _take_core(number: int) -> None:
    """Bind this process, with every thread it has, to one core of those it may use."""
    if not hasattr(os, "sched_setaffinity"):
        return
    cores = sorted(os.sched_getaffinity(os.getppid()))  # its own may be one already
    for thread in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # a thread that has ended meanwhile
            os.sched_setaffinity(int(thread.name), {cores[number % len(cores)]})


def _or_fault(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return a call's result, or the fault that a user must mend: no retry would mend it."""
    try:
        return function(*arguments)
    except CourseError as error:
        return error


def finished(
    client: Client | None,
    function: Callable[..., Any],
    items: Sequence[Iterable[Any]],
    names: Sequence[tuple[str, str]],
) -> Iterator[Any]:
    """Give the results of many calls, each as soon as it is there.

    Without a client the calls are made here, one after the other. The function returns the same for
    the same arguments; `items` are those of each call, and `names` its step and block, by which the
    scheduler's trace and its page call it.

    Raises
    ------
    CourseError
        What a call raised; or if a worker died again and again over one of them, or the scheduler
        has gone.
    """
    if client is None:
        for item in items:
            yield function(*item)
        return
    distributed = needed("distributed")
    token = uuid4().hex[:8]  # a key belongs to one call for ever
    futures = [
        client.submit(_or_fault, function, *item, key=(f"{step}-{token}", block), retries=RETRIES)
        for item, (step, block) in zip(items, names, strict=True)
    ]
    # In this client's own loop: in that of the latest client, results might never be heard of.
    done = distributed.as_completed(futures, loop=client.loop, with_results=True)
    try:
        for future, result in done:
            if future.cancelled():  # which ends a wait as a result does, and raises nothing
                raise MachineError(
                    "The scheduler has gone, or its tasks were taken back, before all blocks were "
                    "done. See to it that it runs and start again: what is done stays done."
                )
            if isinstance(result, CourseError):
                raise result
            yield result
    except distributed.KilledWorker as error:
        raise MachineError(
            "A worker died several times over the same block, most often for want of memory. Give "
            "blocks less memory, or take fewer workers; what is done stays done."
        ) from error
    finally:
        with contextlib.suppress(OSError, TimeoutError):  # of a scheduler that has gone
            client.cancel(futures, force=True)
