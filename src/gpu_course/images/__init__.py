"""The images of the course: real, simulated and remote sets behind one function, `load`."""

from typing import TYPE_CHECKING

from gpu_course import lazy_names

if TYPE_CHECKING:
    from gpu_course.images.catalogue import files, load, names, scenes, splits
    from gpu_course.images.sample import Sample

__all__ = ["Sample", "files", "load", "names", "scenes", "splits"]

__getattr__, __dir__ = lazy_names.attach(
    __name__,
    {
        "catalogue": ("files", "load", "names", "scenes", "splits"),
        "sample": ("Sample",),
    },
)
