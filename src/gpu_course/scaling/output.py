"""Outputs that appear when they are whole, and faults of the disk in a sentence."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from gpu_course.errors import CourseError, MachineError


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """Give a folder to write in, which gets its name when all went well, and else is removed.

    Raises
    ------
    CourseError
        If there is something by that name.
    """
    refuse_existing(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    except OSError as error:
        raise MachineError(f"Cannot write to {path.parent}: {error.strerror}.") from error
    try:
        yield folder
        folder.chmod(0o755)
        os.replace(folder, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def refuse_existing(path: Path) -> None:
    """Make sure that nothing is overwritten."""
    if os.path.lexists(path):  # a link that leads nowhere, too
        raise CourseError(
            f"{path} exists already and is left as it is. Choose another name, or remove it first."
        )


@contextmanager
def disk_full(path: Path, *, last: bool = False) -> Iterator[None]:
    """Say in a sentence that the disk is full, or that a folder cannot be written.

    Parameters
    ----------
    path : Path
        Of the output.
    last : bool
        Nobody will try again: then whatever else a file system says is a sentence, too.
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise MachineError(
                f"{path} could not be finished: a file would be larger than may be written here. "
                "Raise that limit (ulimit -f), or take smaller blocks."
            ) from error
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise MachineError(
                f"The disk is full: {path} could not be finished. Free some space and start again."
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise MachineError(
                f"{path} cannot be written: {error.strerror}. Choose a folder that you may write."
            ) from error
        if last and error.errno != errno.EPIPE:  # a reader of the bars who has gone is no fault
            where = f" ({error.filename})" if error.filename else ""
            raise MachineError(
                f"{path} could not be finished: {error.strerror or error}{where}. What is done "
                "is kept: mend that and start again."
            ) from error
        raise


def put(array: Any, box: tuple[slice, ...], values: NDArray[Any]) -> None:
    """Write a box of an array in a folder anew, and wait until the disk has it.

    The mark that a block is done must not outlive the block: without this, a power cut could leave
    the mark and an empty file, which Zarr reads as zeros. And what an earlier writer left in part
    must go first, since Zarr would read it to keep the rest of it.

    The box is made of whole chunks or shards, unless it ends where the array ends.
    """
    folder = Path(array.store.root) / array.path
    lines = (
        range(along.start // n, -(-along.stop // n))
        for along, n in zip(box, array.shards or array.chunks, strict=True)
    )
    files = [folder / array.metadata.encode_chunk_key(index) for index in product(*lines)]
    for file in files:
        file.unlink(missing_ok=True)
    array[box] = values
    for file in files:
        if file.exists():  # a chunk of nothing but zeros has none
            settle(file)


def settle(file: Path) -> None:
    """Wait until the disk has what was written to a file."""
    with file.open("r+b") as written:  # Windows asks for one that may be written
        os.fsync(written.fileno())
