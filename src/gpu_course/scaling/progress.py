"""Bars that show the progress of a run on the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def bars() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for each step of a run, on the error stream.

    The bars appear as :func:`gpu_course.scaling.process` calls what is given.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (TextColumn("{task.description:>16}"), BarColumn(), MofNCompleteColumn(), Remaining())
    shown = Progress(*columns, console=Console(stderr=True))
    known: dict[str, Any] = {}

    def tell(step: str, done: int, total: int) -> None:
        if not known:  # not before there is something to show: an error is one line then
            shown.start()
        if step not in known:
            known[step] = shown.add_task(step, total=total)
        shown.update(known[step], completed=done)

    try:
        yield tell
    finally:
        if known:
            shown.stop()
