"""Build the one file that a reader installs: the course's wheel, reproducibly."""

import errno
import os
import shutil
import subprocess
import sys
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

from gpu_course.errors import CourseError


def build(tree: Path, folder: Path) -> Path:
    """Return the wheel of the course in `tree`, built into `folder` without a network.

    Hatchling stamps every file inside with ``SOURCE_DATE_EPOCH``, or else with a date of its own,
    so that a rebuild does not differ.

    Raises
    ------
    CourseError
        If the build fails, with the last line of what it said.
    """
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        if said and os.strerror(errno.ENOSPC) in said[-1]:
            raise CourseError(
                f"The wheel of the course cannot be written to {folder}: the disk is full. Free "
                f"some space and build again."
            )
        if (date := os.environ.get("SOURCE_DATE_EPOCH", "")) and not date.isdecimal():
            raise CourseError(
                f"SOURCE_DATE_EPOCH is {date!r}, which is no number of seconds since 1970. Set it "
                f"to one, or unset it."
            )
        raise CourseError(
            f"The wheel of the course cannot be built: {said[-1] if said else 'no reason given'}. "
            f"Run `make book`, which installs what the build needs, or mend pyproject.toml."
        )
    (wheel,) = folder.glob("*.whl")
    return wheel


def metadata(wheel: Path) -> Message:
    """Return what a wheel says of itself: its name, and what it requires."""
    with ZipFile(wheel) as archive:
        about = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(about).decode())
