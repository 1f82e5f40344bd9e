"""Folders of pictures: what a person put into one, and what its pictures are called."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

LEFT_BY_SYSTEMS = {"thumbs.db", "desktop.ini"}
"""What systems leave in a folder without being asked."""


def visible(folder: Path) -> list[Path]:
    """Return what a person put into a folder, and no system, by name.

    Files and folders whose name begins with a dot are hidden.
    """
    return [
        file
        for file in sorted(folder.iterdir())
        if not file.name.startswith(".") and file.name.lower() not in LEFT_BY_SYSTEMS
    ]


def title(file: Path | str) -> str:
    """Return the name of a picture without its ending, by which its labels are found.

    Parameters
    ----------
    file : Path or str

    Returns
    -------
    str
        Without ``.ome``, too. A letter with its accent is one character, as Windows and Linux write
        it, and not two, as macOS does: they look alike and would not be equal.

    Examples
    --------
    >>> from gpu_course.picture_folders import title
    >>> title("images/cell 3.ome.TIF"), len("Mu" + chr(0x308)), len(title("Mu" + chr(0x308)))
    ('cell 3', 3, 2)
    """
    plain = re.sub(r"\.ome$", "", Path(file).stem, flags=re.IGNORECASE)
    return unicodedata.normalize("NFC", plain)


def names(files: Sequence[Path]) -> dict[str, Path]:
    """Return a name for the results of each picture → its file, and no name twice.

    Parameters
    ----------
    files : sequence of Path
        Of one folder.

    Returns
    -------
    dict
        Names have no ending, but where two would be called alike, in capitals or not, or one as
        another's whole name.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gpu_course.picture_folders import names
    >>> list(names([Path("a.tif"), Path("a.png"), Path("a.tif.png"), Path("b.tif")]))
    ['a.tif', 'a.png', 'a.tif.png', 'b']
    """
    stems = Counter(file.stem.lower() for file in files)
    whole = {file.name.lower() for file in files}
    found = {}
    for file in files:
        stem = file.stem.lower()
        alone = stems[stem] == 1 and stem not in whole - {file.name.lower()}
        found[file.stem if alone else file.name] = file
    return found
