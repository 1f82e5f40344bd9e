"""Where trained weights lie: the course's own, and those that you train."""

from __future__ import annotations

from pathlib import Path

from gpu_course import paths
from gpu_course.errors import CourseError

FOLDER = Path("weights")
"""In the working folder, beside your notebook: what you train is kept there."""

SUFFIX = ".safetensors"


def shipped() -> list[str]:
    """Return the names of the networks whose weights come with the course."""
    return sorted(file.stem for file in _shipped().glob(f"*{SUFFIX}"))


def own(name: str) -> Path:
    """Return the file in which weights trained by you belong, such as ``weights/roots-unet…``.

    Parameters
    ----------
    name : str
        Such as ``"roots-unet"``.
    """
    return FOLDER / f"{name}{SUFFIX}"


def find(name: str) -> Path:
    """Return the file of a network's weights: those trained by you, or else the course's.

    `shipped` lists the names, such as ``"roots-unet"``. `storage.load` reads the file; that of
    StarDist, `stardist.storage.load`.

    Raises
    ------
    CourseError
        If there is no such file.
    """
    for file in (own(name), _shipped() / f"{name}{SUFFIX}"):
        if file.is_file():
            return file
    raise CourseError(
        f"There are no weights “{name}”, neither in the folder {FOLDER}/ nor with the course, "
        f"which has {', '.join(shipped()) or 'none'}. Train the network first, or check the name."
    )


def _shipped() -> Path:
    return paths.data() / "weights"
