"""Make the archive that teaches the course in a room without a network."""

import shutil
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gpu_course import paths
from gpu_course.book import set_up
from gpu_course.book.bundle import packing, plan, wheels
from gpu_course.book.bundle.targets import Target
from gpu_course.errors import CourseError
from gpu_course.images import registry

LAB = "jupyterlab"
"""In which students open their notebooks."""


def make(
    out: Path,
    pythons: Sequence[str],
    platforms: Sequence[str],
    *,
    extras: Sequence[str] = (),
) -> dict[str, Any]:
    """Write the archive into the folder `out`, which must be new, and return its plan.

    Wheels for each Python of the class on each platform are packed, for the course with `extras`.

    Raises
    ------
    CourseError
        If this is no clean checkout, its site is absent or of another state, packages cannot be
        had, or the disk is full; then nothing is left.
    """
    commit = packing.current_commit()
    targets = [Target(python, platform) for platform in platforms for python in pythons]
    site = paths.root() / "_build" / "html"
    with packing.new_folder(out) as folder:
        wheel = packing.course_wheel(folder / "wheels")
        of_site = site / "downloads" / wheel.name
        if not of_site.is_file() or _contents(of_site) != _contents(wheel):
            raise CourseError(
                "The site in _build/html is absent or was built from another state of the course. "
                "Run `make book`, then this again."
            )
        # The notebooks for Colab know the site's wheel by its sum.
        shutil.copy(of_site, wheel)
        shutil.copytree(site, folder / "site")
        shutil.copytree(site / "notebooks" / "student", folder / "notebooks")
        tested = (paths.root() / "requirements.txt").read_text(encoding="utf-8").splitlines()
        room = {}
        for target in targets:
            packing.supports(wheel, target)
            wanted = packing.requirements(wheel, target, tuple(extras))
            pins = wheels.missing([*map(str, wanted), LAB, "pip"], {}, target, tested)
            wheels.fetch(pins, target, folder / "wheels")
            room[str(target)] = wheels.unpacked(pins, target, folder / "wheels")
        wheels.fetch_bare(set_up.PROTOTYPE, targets[0], folder / "wheels")
        every = (entry.path for entry in registry.entries())
        images, lacking = plan.pack_images(every, folder / "images")
        found: dict[str, Any] = {
            "kind": "classroom",
            "commit": commit,
            "date": datetime.now(UTC).date().isoformat(),
            "pythons": list(pythons),
            "platforms": list(platforms),
            "install": [f"gpu-course[{','.join(extras)}]" if extras else "gpu-course", LAB],
            "install_bare": [set_up.PROTOTYPE],
            "room": room,
            "wheels": len(list((folder / "wheels").glob("*.whl"))),
            "images": images,
            "lacking": lacking,
        }
        packing.finish(folder, found)
    return found


def _contents(wheel: Path) -> dict[str, int]:
    """Return name → checksum of what a wheel installs, whatever built it."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            about.filename: about.CRC
            for about in archive.infolist()
            if not about.filename.endswith((".dist-info/WHEEL", ".dist-info/RECORD"))
        }
