"""A screen for windows on a machine without one: Xvfb, which draws into memory."""

from __future__ import annotations

import os
import subprocess

from gpu_course.errors import CourseError


def start(*options: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start a virtual screen, wait until it is ready, and return it with its name for ``DISPLAY``.

    Left to itself, Xvfb takes the lowest free number. Then a screen that ends at this moment may
    remove the socket of the one that has just got its number, and no window finds it. So each
    process asks for a number of its own. `options` are for Xvfb, beside those that are always
    given.

    Raises
    ------
    CourseError
        If Xvfb starts on none of several numbers.
    """
    own = 1000 + os.getpid() % 50_000
    for number in range(own, own + 5):
        # It writes its number into the pipe when windows may come, and closes it where it ends.
        read, write = os.pipe()
        screen = subprocess.Popen(
            ["Xvfb", f":{number}", "-displayfd", str(write), "-nolisten", "tcp", *options],
            pass_fds=[write],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # The interrupt key of a notebook reaches its whole group; the screen must survive it.
            start_new_session=True,
        )
        os.close(write)
        with os.fdopen(read) as pipe:
            if pipe.readline().strip():
                return screen, f":{number}"
        screen.wait()
    raise CourseError(
        "A virtual screen (Xvfb) does not start here. See what `Xvfb :99` says, or set DISPLAY to "
        "a screen."
    )
