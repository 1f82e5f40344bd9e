"""One run at a time: two that write the same folder would each take half of the other's files."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpu_course.errors import CourseError


@contextmanager
def alone(file: Path, what: str) -> Iterator[None]:
    """Hold a lock for the length of a ``with`` block.

    The system gives the lock back when the process ends, killed or not, so the file that stays
    behind never has to be removed by hand.

    Parameters
    ----------
    file : Path
        The file to lock; made if need be.
    what : str
        What is being done, for the sentence, such as ``"execution"``.

    Raises
    ------
    CourseError
        If another process holds it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as stream:
        try:
            _lock(stream.fileno())
        except (BlockingIOError, PermissionError) as error:  # POSIX says the one, Windows the other
            raise CourseError(
                f"Another {what} of this course is running. Wait until it has ended, then try "
                f"again."
            ) from error
        yield


def _lock(descriptor: int) -> None:
    """Lock an open file, or raise OSError at once."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
