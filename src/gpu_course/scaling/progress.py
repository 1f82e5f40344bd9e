"""What the command line needs beside a run: bars that show its progress, and a PSF from a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from gpu_course.errors import CourseError


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


def read_psf(path: Path) -> Any:
    """Return a PSF from a TIFF file, (z, y, x).

    Raises
    ------
    CourseError
        If it cannot be read whole, or has not three axes.
    """
    from gpu_course import picture_files

    psf, axes = picture_files.read(path, stack=True, name=str(path))
    if axes == "YXC" and psf.shape[-1] > 4:  # planes that a program called channels
        psf, axes = np.moveaxis(psf, -1, 0), "ZYX"
    if psf.ndim != 3 or axes.endswith("C"):
        raise CourseError(
            f"{path} has shape {psf.shape}. Give a PSF with the three axes (z, y, x)."
        )
    return psf
