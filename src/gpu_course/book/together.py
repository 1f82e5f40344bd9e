"""Write several files that belong together, all of them or none."""

import os
from collections.abc import Mapping
from pathlib import Path

from gpu_course import writable
from gpu_course.errors import CourseError


def write_all(wanted: Mapping[Path, bytes | None]) -> None:
    """Write every file beside its place first, and move all of them when all are written.

    Parameters
    ----------
    wanted : mapping
        File → what it is to hold, None where it is to go; missing folders are made.

    Raises
    ------
    CourseError
        If the disk is full or a folder cannot be written; then every file is as it was.
    """
    contents = {path: content for path, content in wanted.items() if content is not None}
    beside = {path: path.with_name(f".{path.name}.accepted") for path in contents}
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside[path].open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path, written in beside.items():
            os.replace(written, path)
        for path in wanted.keys() - contents.keys():
            path.unlink(missing_ok=True)
    except OSError as error:
        full = error.errno in writable.FULL
        cure = "Free some space" if full else "Correct the permissions of that folder"
        where = Path(error.filename or next(iter(wanted))).parent
        raise CourseError(
            f"The results cannot be stored in {where}: {writable.reason(error)}. {cure} and try "
            f"again; what was stored before is kept."
        ) from error
    finally:
        for written in beside.values():
            written.unlink(missing_ok=True)
