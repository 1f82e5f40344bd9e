"""The registered masks: thousands of small files, listed in a table of their own.

Listed in full, they would fill the registry with two megabytes of repetition: a mask shares its
folder, its repository and its licence with its picture.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpu_course.images.registry import Entry

MASKS = "nuclei-dsb/masks.csv"
"""Where the table is, below ``data/``."""

_SHORT = 8  # digits of a picture's name that stand for it in the table


def read(table: Path, pictures: Iterable[Entry]) -> tuple[Entry, ...]:
    """Read a table of masks.

    Parameters
    ----------
    table
        CSV: ``frame`` (first eight digits of the picture's name), ``name`` (of the mask, without
        ``.png``), ``bytes`` and ``sha256``.
    pictures
        The registered pictures, ``FOLDER/images/NAME.png``.

    Returns
    -------
    tuple of Entry
        ``FOLDER/masks/NAME.png``, in the order of the table.
    """
    known = {Path(each.path).stem[:_SHORT]: each for each in pictures if "/images/" in each.path}
    with table.open(encoding="utf-8", newline="") as stream:
        return tuple(
            dataclasses.replace(
                picture := known[row["frame"]],
                path=f"{folder(picture.path)}{row['name']}.png",
                url=f"{folder(picture.url)}{row['name']}.png",
                bytes=int(row["bytes"]),
                sha256=row["sha256"],
            )
            for row in csv.DictReader(stream)
        )


def folder(picture: str) -> str:
    """Return the folder of the masks of a picture, with a slash at its end.

    Examples
    --------
    >>> folder("set/a/images/a.png")
    'set/a/masks/'
    """
    return f"{picture.rpartition('/images/')[0]}/masks/"
