"""What a chapter shows only where it is at hand: nothing of it may be left out without a word.

A chapter goes on without a photograph or a library that a reader lacks, and says so. A stored
output that does so would publish a page with figures missing. So a chapter names in its front
matter the image sets it shows (``images``) and the libraries it uses (``needs``), both are asked
for before it runs, and afterwards each set must have been read.
"""

import importlib.util
from collections.abc import Iterable

from gpu_course.book import records
from gpu_course.book.chapters import Chapter
from gpu_course.errors import CourseError

MODULES = {
    "opencl": ("pyclesperanto", "pyopencl"),
    "torch": ("torch",),
    "tensorflow": ("tensorflow", "stardist"),
    "display": ("napari",),
}
"""What ``needs`` asks to be installed; not CuPy, whose work NumPy does where there is no GPU."""


def images_of(chapter: Chapter) -> list[str]:
    """Return the image sets (or single files) that a chapter says it shows."""
    return list(chapter.course.get("images", []))


def missing_modules(chapter: Chapter) -> list[str]:
    """Return the modules that `chapter` needs and that are not installed."""
    needed = [m for need in chapter.course.get("needs", []) for m in MODULES.get(need, ())]
    return [module for module in needed if importlib.util.find_spec(module) is None]


def before(chapter: Chapter) -> list[str]:
    """Return what `chapter` needs and this machine lacks, a sentence each; fetch what it can."""
    modules = missing_modules(chapter)
    lacks = [f"The package {name} is not installed. Run `make install`." for name in modules]
    named = images_of(chapter)
    if named:
        from gpu_course.images import inventory

        for name in named:
            lacks += inventory.fetch(inventory.files_of([name]))
    return lacks


def unread(chapter: Chapter, inputs: Iterable[str]) -> list[str]:
    """Return the image sets that `chapter` names and of which it has read no file."""
    from gpu_course.images import inventory

    read = {key.partition("::")[2] for key in inputs if key.startswith(f"{records.REGISTRY}::")}
    return [name for name in images_of(chapter) if not read & set(inventory.files_of([name]))]


def names(chapter: Chapter, unread: Iterable[str]) -> list[str]:
    """Return what the record of a run with gaps says was absent."""
    return [*missing_modules(chapter), *(f"the images {name}" for name in unread)]


def refuse(chapter: Chapter, lacks: list[str]) -> None:
    """Raise if `chapter` would be stored with something left out.

    Raises
    ------
    CourseError
        If anything is lacking, with the first reason.
    """
    if lacks:
        raise CourseError(
            f"{chapter.name} would be stored with figures left out. {lacks[0]} "
            f"Or add --allow-gaps for outputs not to be kept."
        )
