"""Run a program of the course so that whatever a person can mend ends in one sentence."""

import errno
import io
import os
import sys
from collections.abc import Callable

from gpu_course.errors import CourseError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (errno.EPIPE, errno.EINVAL)  # Windows says EINVAL of a pipe that nobody reads

_HOMELESS = (
    "No home folder is known: HOME is not set, or GPU_COURSE_CACHE or GPU_COURSE_MIRROR begins "
    "with the ~ of a user whom this machine does not know. Correct that variable."
)


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
        What `main` returned; 1 after a :class:`CourseError`, a full disk or a file that may not
        be written, each told in one sentence on the error stream, and after a reader of the
        output who has gone (``| head -1``), which needs no word; 130 after Ctrl-C.
    """
    _print_anywhere()
    said = f"{name}: " if name else ""
    try:
        try:
            status = main()
        except SystemExit:  # which is how Typer ends a command, right or wrong
            sys.stdout.flush()
            raise
        sys.stdout.flush()
    except CourseError as error:
        print(f"{said}{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{said}Stopped. What was finished before is kept.", file=sys.stderr)
        return 130
    except RuntimeError as error:
        if "home directory" not in str(error):  # what pathlib says, without a class of its own
            raise
        print(f"{said}{_HOMELESS}", file=sys.stderr)
        return 1
    except OSError as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        # What is still in the buffer cannot be written either, and Python would say so at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if sentence:
            print(f"{said}{sentence}", file=sys.stderr)
        return 1
    return status if isinstance(status, int) else 0


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
    if error.errno in _FULL:
        return f"Cannot write {where}: the disk is full. Free some space and try again."
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return (
            f"Cannot use {where}: {error.strerror}. Work in a folder that you may write to, or "
            f"correct its permissions, and try again."
        )
    return None
