"""Run a program of the course so that whatever a person can mend ends in one sentence."""

import errno
import io
import os
import shutil
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gpu_course import environment
from gpu_course.errors import CourseError
from gpu_course.writable import FULL, reason

STOPPED = 130
"""The status of a program that Ctrl-C ended, by the convention of shells: 128 + SIGINT."""

_KEPT = "Stopped. What was finished before is kept."

_CLOSED = (errno.EPIPE, errno.EINVAL)  # Windows says EINVAL of a pipe that nobody reads
_FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)
_NO_PLACE = (errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP)

_HOMELESS = (
    "No home folder is known: HOME is not set, or GPU_COURSE_CACHE or GPU_COURSE_MIRROR begins "
    "with the ~ of a user whom this machine does not know. Correct that variable."
)


class StoppedError(CourseError):
    """Ctrl-C ended a command that has something to say of what it keeps."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put Ctrl-C off until the ``with`` block is over; processes started in it never hear of it.

    Helpers that are interrupted would each print a traceback of their own; the program that
    started them hears Ctrl-C too, and ends them.
    """
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # as it starts, it lets signals through again
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextmanager
def busy(doing: str) -> Iterator[Callable[[], object]]:
    """Show on a terminal that a command is at work, as long as it has nothing else to say.

    Libraries take seconds to load and folders to read, and a command that is silent so long looks
    dead. Nothing is left of it afterwards, and nothing is written into a file or a pipe.

    `doing` is such as ``"Reading cells"``. What is yielded ends the show before the end of the
    ``with`` block.
    """
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status(f"{escape(doing)} …") as shown:
        yield shown.stop


def ends_well(main: Callable[[], object], name: str = "") -> int:
    """Run `main` and return the status that its process should end with.

    Parameters
    ----------
    main : callable
        What to do; a whole number that it returns is the exit status, anything else is 0.
    name : str
        The program, to begin a sentence with.

    Returns
    -------
    int
        What `main` returned, or asked for by SystemExit; 1 after a :class:`CourseError`, a full
        disk or a file that may not be written, each told in one sentence on the error stream, and
        after a reader of the output who has gone (``| head -1``), which needs no word; 130 after
        Ctrl-C, with a sentence. Where the output is closed from the start (``>&-``), it goes
        nowhere and is no fault.
    """
    _open_streams()
    _print_anywhere()
    with _plain_warnings(name):
        status, sentence = _run(main)
    try:
        sys.stdout.flush()
    except OSError as error:
        # What is still in the buffer cannot be written either, and Python would say so at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status, sentence = status or 1, sentence or _sentence(error) or ""
    if sentence:
        with suppress(OSError):  # who has closed the error stream too wants to hear nothing
            print(f"{name}: {sentence}" if name else sentence, file=sys.stderr)
    return status


def _run(main: Callable[[], object]) -> tuple[int, str]:
    """Run `main` in a settled environment; return its status, and a sentence or ``""``."""
    try:
        environment.settle()
        status = main()
    except StoppedError as error:
        return STOPPED, str(error)
    except CourseError as error:
        return 1, str(error)
    except KeyboardInterrupt:
        return STOPPED, _KEPT
    except SystemExit as end:  # which is how Typer and argparse end a command, right or wrong
        if end.code == STOPPED:
            return STOPPED, _KEPT
        if isinstance(end.code, str):
            return 1, end.code
        return end.code or 0, ""
    except RuntimeError as error:
        if "home directory" not in str(error):  # what pathlib says, without a class of its own
            raise
        return 1, _HOMELESS
    except OSError as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        return 1, sentence
    return (status if isinstance(status, int) else 0), ""


@contextmanager
def _plain_warnings(name: str) -> Iterator[None]:
    """Show the doubts of this package as sentences, without the line of code that had them."""
    before = warnings.showwarning
    own = Path(__file__).parent

    def show(message, category, filename, *more, **others):  # type: ignore[no-untyped-def]
        if category is UserWarning and own in Path(filename).parents:
            print(f"{name}: {message}" if name else message, file=sys.stderr)
        else:
            before(message, category, filename, *more, **others)

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = before


def _open_streams() -> None:
    """Give a program that was started without an output (``>&-``) one that goes nowhere.

    Without it, Python has no stream to flush, and the next file that is opened takes the place
    that libraries print to.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is this one: those below it are open by now.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nowhere = open(os.devnull, "w" if number else "r", encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, nowhere)


def _print_anywhere() -> None:
    """Let a terminal that lacks a character show another instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.encoding.lower() in ("ascii", "ansi_x3.4-1968", "us-ascii"):
                # The locale C promises nothing of the terminal; UTF-8 is what Python itself takes.
                stream.reconfigure(encoding="utf-8", errors="surrogateescape")
            else:
                stream.reconfigure(errors="replace")


def _sentence(error: OSError) -> str | None:
    """Return what to say of a failed write: "" for nothing, None if it is no such failure."""
    where = f"{error.filename2 or error.filename}" if error.filename else "the output"
    if isinstance(error, BrokenPipeError) or (error.errno in _CLOSED and not error.filename):
        return ""
    if error.errno == errno.ENOENT and "temporary directory" in str(error):  # tempfile's words
        return (
            "No folder for temporary files can be written to. Free some space in /tmp, or name "
            "another folder in the environment variable TMPDIR."
        )
    if error.errno in FULL:
        return f"Cannot write {where}: the disk is full. Free some space and try again."
    if error.errno in _FORBIDDEN:
        return (
            f"Cannot use {where}: {error.strerror}. Work in a folder that you may write to, or "
            f"correct its permissions, and try again."
        )
    if error.errno in _NO_PLACE and error.filename:
        return (
            f"Cannot use {where}: {error.strerror}. Correct the path, or the environment variable "
            f"that names it, and try again."
        )
    if isinstance(error, shutil.Error):  # a folder that was copied; it lists what went wrong
        return f"A folder cannot be copied: {reason(error)}. Mend that and try again."
    return None
