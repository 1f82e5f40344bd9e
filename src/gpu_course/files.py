"""Write files so that a full disk or a crash never leaves half of one behind."""

import errno
import os
import re
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from gpu_course.errors import CourseError

_ABANDONED = 3600.0  # seconds; no write takes as long, so a file that old is of a killed one


def write_atomic(path: Path | str, content: str | bytes) -> Path:
    """Write a temporary file beside `path`, then rename it into place.

    A link is written through: the file it leads to changes, and the link stays one. What an
    earlier write of the same file left behind when it was killed is removed after an hour.

    Parameters
    ----------
    path : Path or str
        The file to write; missing parent folders are made.
    content : str or bytes
        Text is written as UTF-8 with Unix line ends.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    CourseError
        If the disk is full or the folder cannot be written. An earlier file at `path` is kept.

    Examples
    --------
    >>> import tempfile
    >>> from gpu_course.files import write_atomic
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomic(f"{folder}/notes/first.txt", "two words").read_text()
    'two words'
    """
    path = Path(path)
    place = Path(os.path.realpath(path)) if path.is_symlink() else path
    payload = content.encode("utf-8") if isinstance(content, str) else content
    temporary = ""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(place)
        handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; published ones must be readable by a web server.
        os.chmod(temporary, 0o644)
        os.replace(temporary, place)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            reason, cure = "the disk is full", "Free some space"
        else:
            reason, cure = error.strerror or str(error), "Check the folder and its permissions"
        raise CourseError(
            f"Cannot write {path}: {reason}. {cure} and try again; an earlier file is kept."
        ) from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
    return path


def _remove_abandoned(place: Path) -> None:
    """Remove the temporary files that killed writes of `place` left beside it."""
    ours = re.compile(rf"\.{re.escape(place.name)}\.[a-z0-9_]{{8}}")
    for file in place.parent.iterdir():
        if ours.fullmatch(file.name):
            # Another writer may take it away, or be at work in it.
            with suppress(OSError):
                if time.time() - file.stat().st_mtime > _ABANDONED:
                    file.unlink()
