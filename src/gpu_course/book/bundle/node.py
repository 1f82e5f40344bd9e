"""Make the bundle that executes the book on a GPU node without a network."""

import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gpu_course import paths
from gpu_course.book import chapters, set_up
from gpu_course.book.bundle import packing, plan, wheels
from gpu_course.book.bundle.targets import Target
from gpu_course.errors import CourseError

SERVES_TENSORFLOW = {"stardist", "csbdeep"}
"""Packed only where the node has TensorFlow: with what they need they take 80 MB."""

SERVES_TORCH = {"monai", "safetensors"}


def make(
    out: Path,
    target: Target,
    have: dict[str, str],
    *,
    names: Sequence[str],
    extras: Sequence[str],
    also: Sequence[str],
    size: str,
    most: int,
) -> dict[str, Any]:
    """Write the bundle into the folder `out`, which must be new, and return its plan.

    `have` is what the node has, normalised name → version. Chapters are those of `names`, or all
    that have code; `also` are requirements besides the course's `extras`, such as
    ``"pyclesperanto-cuda"``; `most` are the bytes that one part may take.

    Raises
    ------
    CourseError
        If this is no clean checkout, a chapter is unknown, packages cannot be had, or the disk is
        full; then nothing is left.
    """
    commit = packing.current_commit()
    chosen = [chapters.read(name) for name in names or chapters.names()]
    chosen = [chapter for chapter in chosen if chapter.code_cells]
    opens = plan.photographs(chosen)
    with packing.new_folder(out) as folder, tempfile.TemporaryDirectory(dir=folder) as temporary:
        tree = Path(temporary, "tree")
        wheel = packing.course_wheel(tree / "wheels")
        packing.supports(wheel, target)
        wanted = _requirements(wheel, target, have, extras)
        wanted += map(Requirement, also)
        pins = wheels.missing([*map(str, wanted), "pip"], have, target)
        wheels.fetch(pins, target, tree / "wheels")
        wheels.fetch_bare(set_up.PROTOTYPE, target, tree / "wheels")
        executed = [c.name for c in chosen if plan.entry(c, have, (), {})["run"]]
        opened = (path for name in executed for path in opens[name])
        images, lacking = plan.pack_images(opened, tree / "images")
        (tree / "images").mkdir(exist_ok=True)
        (tree / "images" / "README").write_text("The images of the course.\n", encoding="utf-8")
        left_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(paths.root() / "benchmarks", tree / "benchmarks", ignore=left_out)
        entries = [plan.entry(c, have, opens[c.name], lacking) for c in chosen]
        found: dict[str, Any] = {
            "kind": "node",
            "commit": commit,
            "date": datetime.now(UTC).date().isoformat(),
            "pythons": [target.python],
            "platforms": [target.platform],
            "size": size,
            "have": have,
            "relies_on": _relies_on(wanted, have),
            "room": packing.room(tree),
            "wheels": len(list((tree / "wheels").glob("*.whl"))),
            "images": images,
            "benchmarks": sorted(_benchmarks()),
            # Weights are data that other chapters read, so those that train them come first.
            "chapters": sorted(entries, key=lambda entry: not entry["trains"]),
            "parts": packing.split(tree, folder, most),
        }
        shutil.rmtree(tree)
        packing.finish(folder, found)
    return found


def _requirements(
    wheel: Path, target: Target, have: dict[str, str], extras: Sequence[str]
) -> list[Requirement]:
    """Return what the course needs on the node, without what that must bring itself."""
    chosen = {*extras} | ({"deep-learning"} if plan.OWN & set(have) else set())
    absent = set()
    if "tensorflow" not in have:
        absent |= SERVES_TENSORFLOW | {"tensorflow"}
    if "torch" not in have:
        absent |= SERVES_TORCH | {"torch"}
    found = packing.requirements(wheel, target, tuple(sorted(chosen)))
    # PoCL of the wheel is of 2022 and cannot compile for newer processors.
    return [
        one
        for one in found
        if "pocl" not in one.extras and canonicalize_name(one.name) not in absent
    ]


def _relies_on(wanted: list[Requirement], have: dict[str, str]) -> dict[str, str]:
    """Return what the course takes from the node, by name and version."""
    names = {canonicalize_name(one.name) for one in wanted}
    return {name: version for name, version in have.items() if name in names}


def _benchmarks() -> list[str]:
    """Return the names of the project's benchmarks."""
    helpers = {"__init__", "__main__", "floors", "timing"}
    found = [file.stem for file in (paths.root() / "benchmarks").glob("*.py")]
    if not found:
        raise CourseError("The folder benchmarks is missing from this checkout. Restore it.")
    return [name for name in found if name not in helpers]
