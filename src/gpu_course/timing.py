"""Time several ways of doing the same thing fairly: warmed up, waited for, in turns, the median.

A GPU works behind the program's back. A call hands over the work and returns at once, so a clock
stopped right after the call has measured the handing over. The three other traps are as common: the
first call compiles, one measurement alone is chance, and a machine that slows down while it is warm
punishes whoever comes last. :func:`medians` avoids all four, and is the only timer of the course.
"""

import sys
import time
from collections.abc import Callable, Mapping
from statistics import median

from gpu_course.devices import clesperanto


def wait() -> None:
    """Wait until every device that this program has given work to is done with it.

    Libraries that are not imported have no work to wait for and are not imported here.
    """
    clesperanto.wait()
    cupy = sys.modules.get("cupy")
    if cupy is not None and hasattr(cupy, "cuda") and cupy.cuda.is_available():
        cupy.cuda.Device().synchronize()
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "cuda") and torch.cuda.is_initialized():
        torch.cuda.synchronize()
    if torch is not None and hasattr(torch, "mps") and torch.backends.mps.is_available():
        torch.mps.synchronize()


def medians(
    ways: Mapping[str, Callable[[], object]],
    *,
    repeats: int = 7,
    warm_up: int = 2,
    wait: Callable[[], object] = wait,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Return the median time of each way, in seconds.

    The ways take turns, so that a machine that slows down slows all of them.

    Parameters
    ----------
    ways : mapping
        Name → function without arguments. It need not wait for its device, nor fetch the result:
        it is waited for.
    repeats, warm_up : int
        Timed and untimed turns; compilation and first-use allocation belong to the untimed.
    wait : callable
        Returns when the devices are idle: before the clock starts, and before it stops.
    clock : callable
        Returns the time in seconds.

    Returns
    -------
    dict
        Name → median of the timed turns, in the order of `ways`.

    Examples
    --------
    >>> from gpu_course.timing import medians
    >>> times = medians({"sum": lambda: sum(range(99)), "list": lambda: list(range(99))})
    >>> list(times), min(times.values()) >= 0
    (['sum', 'list'], True)
    """
    if repeats < 1 or warm_up < 0:
        raise ValueError("medians() needs at least one repeat, and warm_up cannot be negative")
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(warm_up + repeats):
        for name, way in ways.items():
            wait()  # for what others left in the queue
            started = clock()
            way()
            wait()
            if turn >= warm_up:
                times[name].append(clock() - started)
    return {name: median(values) for name, values in times.items()}
