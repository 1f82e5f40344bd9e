"""One run at a time: two that write the same folder would each take half of the other's files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpu_course.book.bundle import start
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
        What is being done, for the sentence, such as ``"execution of this course"``.

    Raises
    ------
    CourseError
        If another process holds it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as stream:
        if not start.locked(stream.fileno()):
            raise CourseError(
                f"Another {what} is running. Wait until it has ended, then try again."
            )
        yield
