"""What the command line shows of the image sets and their files."""

import os
from collections.abc import Sequence
from pathlib import Path

from rich.progress import track
from rich.table import Table

from gpu_course.did_you_mean import closest
from gpu_course.errors import CourseError
from gpu_course.images import cards, catalogue, registry


def files_of(names: Sequence[str]) -> list[str]:
    """Return the registry paths of image sets and single files; those of all sets if none is named.

    Raises
    ------
    CourseError
        A name is neither a set nor a registered file.
    """
    known = [entry.path for entry in registry.entries()]
    chosen: list[str] = []
    for name in names or catalogue.names():
        if name in catalogue.names():
            chosen += catalogue.files(name)
        elif name in known:
            chosen.append(name)
        else:
            raise CourseError(
                f"There is no image set or file “{name}”."
                f"{closest(name, [*catalogue.names(), *known])} "
                f"The sets are: {', '.join(catalogue.names())}."
            )
    return list(dict.fromkeys(chosen))


def fetch(paths: Sequence[str]) -> list[str]:
    """Fetch files, going on after a failure; return one sentence for each reason to fail."""
    each = track(paths, description="Fetching", transient=True)
    failed = [str(got) for _, got in registry.fetch_many(each) if isinstance(got, CourseError)]
    # A missing mirror is one fault, however many files were wanted from it.
    return list(dict.fromkeys(failed))


def faults(paths: Sequence[str]) -> list[str]:
    """Return one sentence for each file that is there but damaged, and for a mirror that is not."""
    found = registry.status(paths)
    damaged = [
        f"{status.entry.path} is damaged. Run `gpu-course images fetch {status.entry.path}`."
        for status in found
        if status.state == "damaged"
    ]
    absent = any(status.state == "absent" for status in found)
    return [*(_lost_mirror() if absent else []), *damaged]


def _lost_mirror() -> list[str]:
    """Return why files are absent though a mirror is set: it is no folder."""
    mirror = os.environ.get("GPU_COURSE_MIRROR", "").strip()
    if not mirror or "://" in mirror or Path(mirror).expanduser().is_dir():
        return []
    return [
        f"GPU_COURSE_MIRROR is {mirror!r}, and no such folder is there. Correct it, or unset it to "
        "download from the internet."
    ]


def table_of_sets(names: Sequence[str]) -> Table:
    """Return a table of image sets: what each is, its licence, and what is still to fetch.

    Raises
    ------
    CourseError
        There is no set of such a name.
    """
    table = Table("set", "what it is", "licence", "state", box=None, header_style="bold")
    for name in names or catalogue.names():
        paths = catalogue.files(name)
        card = cards.read(name)
        table.add_row(name, card.title, card.licence, _state(paths) if paths else "simulated")
    return table


def table_of_files(paths: Sequence[str]) -> Table:
    """Return a table of registered files: where each is on this machine and whether it is whole.

    Masks of one picture in one state share a row: there may be hundreds.
    """
    rows: dict[tuple[str, str, str], list[int]] = {}
    for status in registry.status(paths):
        folder, _, _ = status.entry.path.rpartition("/")
        name = folder if folder.endswith("/masks") else status.entry.path
        rows.setdefault((name, status.state, status.where), []).append(status.entry.bytes or 0)
    table = Table("file", "KB", "state", "where", box=None, header_style="bold")
    for (name, state, where), sizes in rows.items():
        shown = f"{name} ({len(sizes)} files)" if len(sizes) > 1 else name
        size = f"{sum(sizes) / 1000:.0f}" if sum(sizes) else ""
        table.add_row(shown, size, state, where)
    return table


def _state(paths: Sequence[str]) -> str:
    absent = [status.entry for status in registry.status(paths) if status.state != "ready"]
    if not absent:
        return "ready"
    megabytes = sum(entry.bytes or 0 for entry in absent) / 1e6
    return f"{len(absent)} of {len(paths)} files to fetch, {megabytes:.1f} MB"
