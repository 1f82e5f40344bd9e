"""Workers: processes of this machine, or those of a scheduler that runs elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gpu_course.errors import CourseError, MachineError
from gpu_course.scaling.reading import needed

if TYPE_CHECKING:
    from distributed import Client

RETRIES = 2
"""So often a task that failed is tried again: a file system of a cluster may stumble."""

PATIENCE = 10.0
"""Seconds to wait for a scheduler."""


@contextmanager
def workers(
    count: int = 1, *, scheduler: str | None = None, memory: float | None = None
) -> Iterator[Client | None]:
    """Give the workers of a run.

    Parameters
    ----------
    count : int
        Processes of this machine; 1 needs none beside the one that asks, and gives None.
    scheduler : str, optional
        Address of a Dask scheduler, such as ``"tcp://10.0.0.5:8786"``, whose workers are taken
        instead.
    memory : float, optional
        Bytes that each process may have; Dask restarts one that takes more.

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
    logging.getLogger("distributed").setLevel(logging.ERROR)
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
            memory_limit=int(memory) if memory else "auto",
            dashboard_address=None,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def finished(
    client: Client | None, function: Callable[..., Any], items: Sequence[Iterable[Any]]
) -> Iterator[Any]:
    """Give the results of many calls, each as soon as it is there.

    Parameters
    ----------
    client : Client, optional
        Unless given, the calls are made here, one after the other.
    function : callable
        Returns the same for the same arguments.
    items : sequence of tuple
        The arguments of each call.

    Raises
    ------
    CourseError
        What a call raised; or if a worker died again and again over one of them.
    """
    if client is None:
        for item in items:
            yield function(*item)
        return
    distributed = needed("distributed")
    futures = [client.submit(function, *item, pure=False, retries=RETRIES) for item in items]
    try:
        for _, result in distributed.as_completed(futures, with_results=True):
            yield result
    except distributed.KilledWorker as error:
        raise MachineError(
            "A worker died several times over the same block, most often for want of memory. Give "
            "blocks less memory, or take fewer workers; what is done stays done."
        ) from error
    finally:
        client.cancel(futures, force=True)
