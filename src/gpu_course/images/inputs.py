"""Which data files a run has read: what an executed chapter's stored outputs depend on."""

from __future__ import annotations

import hashlib
from pathlib import Path

#: Filled by the image layer only. A process-wide record is the point of it: a chapter cannot
#: forget to mention a file.
_OPENED: dict[str, str] = {}


def sha256(path: Path) -> str:
    """Return the sha256 of a file's bytes as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def note(key: str, digest: str) -> None:
    """Remember that a file with these contents was read."""
    _OPENED[key] = digest


def opened() -> dict[str, str]:
    """Return what the image layer has read in this process so far.

    Returns
    -------
    dict
        ``"data/cards/nuclei.toml"`` (a file of the course) or ``"registry/nuclei/img2d.tif"``
        (a registered file, by its registry path) → sha256 of its contents.
    """
    return dict(sorted(_OPENED.items()))
