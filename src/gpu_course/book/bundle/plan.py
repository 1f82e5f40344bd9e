"""What a GPU node will do with each chapter, and why: decided where the bundle is made."""

import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from gpu_course.book import notebooks, records
from gpu_course.book.chapters import Chapter
from gpu_course.errors import CourseError
from gpu_course.images import registry
from gpu_course.images.nuclei_dsb import masks

OWN = {"torch", "tensorflow"}
"""Needs, by the name of their package, that a node must meet itself: too large to be carried."""

_OUTCOME = {
    "display": "needs a window of napari, and a node has no screen",
    "torch": "needs PyTorch, which the node lacks and which is too large to carry",
    "tensorflow": "needs TensorFlow, which the node lacks and which is too large to carry",
}


def photographs(chapters: Iterable[Chapter]) -> dict[str, list[str]]:
    """Return chapter's name → registry paths of the images that its stored run opened.

    A record names a picture and not its masks, which are needed all the same.
    """
    mark = f"{records.REGISTRY}::"
    found = {}
    for chapter in chapters:
        inputs = records.read(notebooks.read_executed(chapter)).get("inputs", {})
        pictures = [key.removeprefix(mark) for key in inputs if key.startswith(mark)]
        found[chapter.name] = [file for each in pictures for file in (each, *masks(each))]
    return found


def pack_images(paths: Iterable[str], folder: Path) -> tuple[list[str], dict[str, str]]:
    """Copy images into a folder; return the paths of those there are, and why not the others."""
    packed, lacking = [], {}
    for path, got in registry.fetch_many(sorted(set(paths))):
        if isinstance(got, CourseError):
            lacking[path] = str(got)
        else:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(got, folder / path)
            packed.append(path)
    return packed, lacking


def entry(
    chapter: Chapter, have: Mapping[str, str], opens: Collection[str], lacking: Mapping[str, str]
) -> dict[str, Any]:
    """Return the plan of one chapter.

    It has ``name``, ``needs``, ``trains``, ``seconds`` (of the stored run, or None), ``run``
    (whether the node executes it) and ``why``. `have` is what the node has, normalised name →
    version; `opens` the registry paths of the images that the chapter opens; `lacking` those that
    cannot be packed, and why.
    """
    needs = list(chapter.course.get("needs", []))
    record = records.read(notebooks.read_executed(chapter))
    keeps = [_OUTCOME[n] for n in needs if n in _OUTCOME and not (n in OWN and n in have)]
    keeps += [f"opens {path}, which cannot be packed" for path in opens if path in lacking]
    notes = []
    if "opencl" in needs:
        notes.append("OpenCL, if a driver answers there")
    if "cupy" in needs:
        cuda = any(name == "cupy" or name.startswith("cupy-cuda") for name in have)
        notes.append("CuPy" if cuda else "NumPy in the place of CuPy")
    notes += [f"the node's own {need}" for need in needs if need in OWN]
    return {
        "name": chapter.name,
        "needs": needs,
        "trains": chapter.trains,
        "seconds": record.get("seconds"),
        "run": not keeps,
        "why": "; ".join(keeps or notes) or "has no special needs",
    }
