"""Run Jupyter Book, and end it at once where the disk is full."""

import errno
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from gpu_course.errors import CourseError


def render(command: Sequence[str | Path], environment: Mapping[str, str]) -> int:
    """Run a program that renders the book, pass on what it complains of, return its status.

    On a full disk it would complain of each page, and then of itself in a hundred lines.

    Raises
    ------
    CourseError
        If the disk is full.
    """
    full = os.strerror(errno.ENOSPC)
    with subprocess.Popen(
        command,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stderr or ():
            if full in line:
                process.kill()
                raise CourseError(
                    "The site cannot be written: the disk is full. Free some space and build "
                    "again; the last site is kept."
                )
            print(line, end="", file=sys.stderr, flush=True)
    return process.returncode
