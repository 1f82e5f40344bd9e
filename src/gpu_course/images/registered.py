"""What a registered file is, and the tables that list them."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
from collections.abc import Iterable
from pathlib import Path

MASKS = "nuclei-dsb/masks.csv"
"""Where the table is, below ``data/``."""

_SHORT = 8  # digits of a picture's name that stand for it in the table


@dataclasses.dataclass(frozen=True)
class Entry:
    """One registered file."""

    path: str  # its name in the registry, with forward slashes: ``"nuclei/img2d.tif"``
    url: str  # where it is published, pinned to a commit; empty if only a package has it
    bytes: int | None  # its size, or None if unknown
    sha256: str  # its fingerprint
    licence: str  # under which terms it may be used
    citation: str  # whom to thank
    # Where a package ships it, ``"stardist:data/images/img2d.tif"``: import name, then the path
    # inside the package. Empty otherwise.
    package: str = ""


def read_entries(table: Path) -> tuple[Entry, ...]:
    """Read a registry file: CSV with the columns of `Entry`."""
    with table.open(encoding="utf-8", newline="") as stream:
        return tuple(
            Entry(
                path=row["path"],
                url=row["url"],
                bytes=int(row["bytes"]) if row["bytes"] else None,
                sha256=row["sha256"],
                licence=row["licence"],
                citation=row["citation"],
                package=row["package"],
            )
            for row in csv.DictReader(stream)
        )


def read_masks(table: Path, pictures: Iterable[Entry]) -> tuple[Entry, ...]:
    """Read a table of masks: thousands of small files.

    Listed in full, they would fill the registry with two megabytes of repetition: a mask shares its
    folder, its repository and its licence with its picture. The table, a CSV, has the columns
    ``frame`` (first eight digits of the picture's name), ``name`` (of the mask, without ``.png``),
    ``bytes`` and ``sha256``. For pictures ``FOLDER/images/NAME.png``, entries are
    ``FOLDER/masks/NAME.png``, in the order of the table.
    """
    known = {Path(each.path).stem[:_SHORT]: each for each in pictures if "/images/" in each.path}
    with table.open(encoding="utf-8", newline="") as stream:
        return tuple(
            dataclasses.replace(
                picture := known[row["frame"]],
                path=f"{masks_folder(picture.path)}{row['name']}.png",
                url=f"{masks_folder(picture.url)}{row['name']}.png",
                bytes=int(row["bytes"]),
                sha256=row["sha256"],
            )
            for row in csv.DictReader(stream)
        )


def masks_folder(picture: str) -> str:
    """Return the folder of the masks of a picture, with a slash at its end.

    Examples
    --------
    >>> from gpu_course.images.registered import masks_folder
    >>> masks_folder("set/a/images/a.png")
    'set/a/masks/'
    """
    return f"{picture.rpartition('/images/')[0]}/masks/"


def sha256(file: Path) -> str:
    """Return the sha256 of a file's bytes as 64 hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
