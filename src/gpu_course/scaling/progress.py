"""What the command line needs beside a run: bars that show its progress, and a PSF from a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
        If it is no TIFF file with three axes.
    """
    import tifffile

    try:
        psf = tifffile.imread(path)
    except (OSError, ValueError, tifffile.TiffFileError) as error:
        raise CourseError(
            f"{path} is no TIFF file that can be read. Save the PSF as TIFF, with the axes z, y, x."
        ) from error
    if psf.ndim != 3:
        raise CourseError(
            f"{path} has shape {psf.shape}. Give a PSF with the three axes (z, y, x)."
        )
    return psf
