"""Write files so that a full disk or a crash never leaves half of one behind."""

import errno
import os
import tempfile
from pathlib import Path

from gpu_course.errors import CourseError


def write_atomic(path: Path | str, content: str | bytes) -> Path:
    """Write a temporary file beside `path`, then rename it into place.

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
    payload = content.encode("utf-8") if isinstance(content, str) else content
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; published ones must be readable by a web server.
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
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
