"""Results of trainings in a small file, so that an interruption costs one training and no more."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from gpu_course import paths
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic

KIND = "gpu-course kept results 1"

Result = dict[str, Any]


class Kept:
    """Results under the settings that led to them.

    A result is found again only if *every* setting is equal to the last digit: what decides a
    result belongs into the settings, the pixels and the code as well (see `code_digest`).

    Parameters
    ----------
    path : Path or str, optional
        Written anew after every result, and read at the beginning. None: results are kept in
        memory alone.

    Raises
    ------
    CourseError
        If the file is damaged, or is none of this class.

    Examples
    --------
    >>> from gpu_course.lessons.deep_learning.how_many_labels.kept import Kept
    >>> kept = Kept()
    >>> kept({"steps": 3}, lambda: {"score": 0.5}), kept({"steps": 3}, lambda: {"score": 0.9})
    ({'score': 0.5}, {'score': 0.5})
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self.path = None if path is None else Path(path)
        self._results: dict[str, Result] = {}
        if self.path is not None and self.path.exists():
            self._results = _read(self.path)

    def __len__(self) -> int:
        return len(self._results)

    def __call__(self, settings: Mapping[str, Any], compute: Callable[[], Result]) -> Result:
        """Return the result of these settings; only the first time is it computed.

        Parameters
        ----------
        settings : mapping
            Of plain values, as JSON knows them, nested as you like.
        compute : function
            Returns the result: a dictionary of plain values.
        """
        key = _key(settings)
        if key not in self._results:
            # As the file will give it back, so that a second run sees the same types.
            self._results[key] = json.loads(json.dumps(compute()))
            self._write()
        return self._results[key]

    def _write(self) -> None:
        if self.path is not None:
            content = {"kind": KIND, "results": self._results}
            write_atomic(self.path, json.dumps(content, indent=1) + "\n")


def code_digest(names: Iterable[str]) -> str:
    """Return 16 hexadecimal digits that differ when the code of the course has changed.

    `names` are modules and packages of the course with all that is in them, relative to it, such as
    ``"deep_learning"`` or ``"labels"``. A changed comment changes the digits, too: that costs a
    training, while an old result under new code would be wrong.

    Raises
    ------
    CourseError
        If there is no such module.
    """
    digest = hashlib.sha256()
    for name in names:
        place = paths.package() / name
        files = sorted(place.rglob("*")) if place.is_dir() else [place.with_suffix(".py")]
        files = [file for file in files if file.suffix in {".py", ".cl"}]
        if not files or not files[0].is_file():
            raise CourseError(f"The course has no module {name!r}.")
        for file in files:
            digest.update(file.relative_to(paths.package()).as_posix().encode() + b"\0")
            digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _key(settings: Mapping[str, Any]) -> str:
    text = json.dumps(settings, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> dict[str, Result]:
    cure = "Delete it, and the trainings are done again."
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CourseError(f"The kept results {path} cannot be read: {error}. {cure}") from error
    right = isinstance(content, dict) and content.get("kind") == KIND
    results = content.get("results") if right else None
    if not isinstance(results, dict) or not all(isinstance(r, dict) for r in results.values()):
        raise CourseError(f"{path} holds no kept results of this chapter. {cure}")
    return results
