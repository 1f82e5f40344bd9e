"""Room for the next site, and its taking the place of the last one."""

import shutil
from pathlib import Path

from gpu_course.errors import CourseError

ROOM = 200 << 20
"""Bytes that must be free for a build: stage, wheel and site take 115 MB, and the book grows."""


def need_room(folder: Path) -> None:
    """Raise a CourseError if fewer than `ROOM` bytes are free on the disk of `folder`."""
    free = shutil.disk_usage(folder if folder.is_dir() else folder.parent).free
    if free < ROOM:
        raise CourseError(
            f"The disk of {folder} is full: {free >> 20} MiB are free, and a build takes "
            f"{ROOM >> 20} MiB. Free some space and build again; the last site is kept."
        )


def take_the_place_of(new: Path, old: Path) -> None:
    """Give the folder `new` the name `old`; nothing is left of a folder that had it."""
    before = old.with_name(f"{old.name}.before")
    shutil.rmtree(before, ignore_errors=True)
    if old.exists():
        old.rename(before)
    try:
        new.rename(old)
    except OSError:
        if before.exists():
            before.rename(old)
        raise
    shutil.rmtree(before, ignore_errors=True)
