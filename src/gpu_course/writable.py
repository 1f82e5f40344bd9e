"""Say before the work begins that its result cannot be written, and why."""

import errno
import os
import shutil
import tempfile
from pathlib import Path

from gpu_course.errors import CourseError

FULL = (errno.ENOSPC, errno.EDQUOT)
"""What a full disk answers, and a quota that is used up."""


def reason(error: OSError) -> str:
    """Return why a file was not written, as a part of a sentence.

    Parameters
    ----------
    error : OSError
        Also that of a folder that was copied, which holds one reason for each of its files.

    Returns
    -------
    str
        ``"the disk is full"``, or the system's own words.

    Examples
    --------
    >>> import errno
    >>> from gpu_course.writable import reason
    >>> reason(OSError(errno.ENOSPC, "No space left on device", "a.txt"))
    'the disk is full'
    """
    if isinstance(error, shutil.Error):
        said = str(error.args[0][0][-1]) if isinstance(error.args[0], list) else str(error)
        full = any(os.strerror(code) in said for code in FULL)
        return "the disk is full" if full else said
    return "the disk is full" if error.errno in FULL else error.strerror or str(error)


def refused(folder: Path) -> OSError | None:
    """Return what the system says to a file in `folder`, or None if it can be written.

    Parameters
    ----------
    folder : Path
        If it is not there yet, the nearest folder above it that is there is tried.
    """
    try:
        with tempfile.TemporaryFile(dir=nearest(folder)) as file:
            file.write(b"0")
    except OSError as error:
        return error
    return None


def nearest(folder: Path) -> Path:
    """Return the folder itself if it is there, else the nearest above it that is."""
    try:
        os.lstat(folder)
    except (FileNotFoundError, NotADirectoryError):
        # Above a drive that is absent there is nothing.
        return folder if folder == folder.parent else nearest(folder.parent)
    return folder


def refuse(file: Path) -> None:
    """Raise now what would be raised after all the work, when its result is written.

    Parameters
    ----------
    file : Path
        The file or folder that will be written.

    Raises
    ------
    CourseError
        If nothing can be written where it is to be.
    """
    error = refused(file.parent)
    if error is not None:
        full = error.errno in FULL
        cure = "Free some space" if full else "Name another place, or correct its permissions"
        raise CourseError(f"Cannot write {file}: {reason(error)}. {cure}; nothing was begun.")
