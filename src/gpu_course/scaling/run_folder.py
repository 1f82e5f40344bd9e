"""The folder of a run that is not finished: what is done, what it is about, and who writes.

It stands beside the output as ``OUT.zarr.partial`` and holds the store under another name, so that
there is nothing called ``OUT.zarr`` before all of it is there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any

from gpu_course.errors import CourseError
from gpu_course.files import write_atomic
from gpu_course.scaling.output import disk_full, refuse_existing, settle
from gpu_course.scaling.reading import needed

STATE = "state of the input"
"""The one setting that nobody gives: whether the input is still what it was."""

DESCRIPTIONS = {"zarr.json", ".zarray", ".zattrs", ".zgroup"}
"""What Zarr calls the small files that say what a folder holds."""


class RunFolder:
    """Hold the folder of a run, alone, as long as the ``with`` lasts.

    Parameters
    ----------
    target : Path
        The output store. It must not exist.
    settings : dict
        Whatever the result depends on. A run is only resumed with the same.

    Raises
    ------
    CourseError
        On entering: if the output exists, if another run holds the folder, or if the folder belongs
        to a run with other settings.

    Notes
    -----
    The lock belongs to the process: the system takes it back when the process ends, in whatever
    way.
    """

    def __init__(self, target: Path, settings: dict[str, Any]) -> None:
        if not target.name:
            raise CourseError(f"{target} is no name for an output. Give one, such as out.zarr.")
        self.target = target
        self.folder = target.with_name(f"{target.name}.partial")
        self.settings = json.loads(json.dumps(settings))
        said = json.dumps(self.settings, sort_keys=True).encode()
        self.digest = hashlib.sha256(said).hexdigest()[:12]
        self._lock: Any = None

    def __enter__(self) -> RunFolder:
        """Take the folder."""
        filelock = needed("filelock")
        refuse_existing(self.target)
        if os.path.lexists(self.folder) and not self.folder.is_dir():
            raise CourseError(
                f"{self.folder} is no folder, and the output grows in one of that name. Choose "
                "another output, or rename what is there."
            )
        with disk_full(self.target, last=True):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = filelock.FileLock(str(self.folder / "lock"), timeout=0)
            try:
                self._lock.acquire()
            except filelock.Timeout as error:
                raise CourseError(
                    f"Another run is writing {self.target}. Wait until it has finished, or choose "
                    "another output."
                ) from error
            try:
                refuse_existing(self.target)  # the other run may have finished in between
                self._know_settings()
                self.store.mkdir(exist_ok=True)
            except BaseException:
                self._lock.release()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the folder back; what is done in it stays."""
        self._lock.release()

    @property
    def store(self) -> Path:
        """Where the store grows. Tasks that a killed run left behind cannot meet another run's."""
        return self.folder / f"store-{self.digest}"

    def _know_settings(self) -> None:
        record = self.folder / "run.json"
        if not record.exists():
            # A run that was killed over its first file leaves the lock, and that file in part.
            others = [each for each in self.folder.iterdir() if "run.json" not in each.name]
            if [each for each in others if each.name != "lock"]:
                raise CourseError(
                    f"{self.folder} holds files that are of no unfinished run, and would be "
                    "removed with it. Choose another output, or move that folder."
                )
            write_atomic(record, json.dumps(self.settings, indent=1, sort_keys=True))
            return
        try:
            before = dict(json.loads(record.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise CourseError(
                f"{record} is damaged, so what is done is not known. Remove that folder to begin "
                "anew."
            ) from error
        for name in sorted({*before, *self.settings}):
            if before.get(name) != self.settings.get(name) and name == STATE:
                raise CourseError(
                    f"The input was written anew since the unfinished run in {self.folder} began. "
                    "Remove that folder to begin anew."
                )
            if before.get(name) != self.settings.get(name):
                raise CourseError(
                    f"{self.folder} holds an unfinished run with {name}={before.get(name)}, and "
                    f"now it is {self.settings.get(name)}. Give the settings of that run to go on, "
                    "or remove the folder to begin anew."
                )

    def place(self, step: str, block: str, ending: str = "done") -> Path:
        """Return the file that says that a block of a step is done, or holds its result."""
        return self.folder / "done" / step / f"{block}.{ending}"

    def finish(self) -> None:
        """Give the store its name, in one step, and remove the rest."""
        refuse_existing(self.target)
        with disk_full(self.target):
            for file in list(self.store.rglob("*")):
                if file.suffix == ".partial":  # Zarr's, of a writer that was killed
                    file.unlink()
                elif file.name in DESCRIPTIONS:
                    settle(file)
            os.replace(self.store, self.target)
        shutil.rmtree(self.folder, ignore_errors=True)
