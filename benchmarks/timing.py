"""Time several ways of doing the same thing fairly, and report ratios of medians."""

import time
from collections.abc import Callable, Mapping
from statistics import median

from rich.console import Console
from rich.table import Table


def medians(
    ways: Mapping[str, Callable[[], object]], *, repeats: int = 7, warm_up: int = 2
) -> dict[str, float]:
    """Return the median time of each way, in seconds.

    The ways take turns, so that a machine that slows down slows all of them. Each must wait for
    its device before it returns: pull the result, or synchronise.

    Parameters
    ----------
    ways : mapping
        Name → function without arguments.
    repeats, warm_up : int
        Timed and untimed turns; compilation and first-use allocation belong to the untimed.
    """
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(warm_up + repeats):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            if turn >= warm_up:
                times[name].append(time.perf_counter() - started)
    return {name: median(values) for name, values in times.items()}


def table(title: str, rows: list[tuple[str, dict[str, float]]], *, reference: str) -> Table:
    """Return a table of milliseconds, and of each way's time as a ratio to `reference`'s.

    Parameters
    ----------
    title : str
    rows : list of (str, dict)
        What was done, and the medians from :func:`medians`.
    reference : str
        The way whose ratio is 1; below 1 is faster.
    """
    names = list(dict.fromkeys(name for _, row in rows for name in row))
    shown = Table("operation", *(f"{n}\nms (ratio)" for n in names), title=title, box=None)
    for operation, row in rows:
        cells = [
            f"{1000 * row[n]:.1f} ({row[n] / row[reference]:.2f})" if n in row else "–"
            for n in names
        ]
        shown.add_row(operation, *cells)
    return shown


def show(shown: Table) -> None:
    """Print a table."""
    Console(width=140).print(shown)
