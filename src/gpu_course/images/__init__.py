"""The images of the course: real, simulated and remote sets behind one function, `load`."""

from gpu_course.images.catalogue import files, load, names, scenes, splits
from gpu_course.images.sample import Sample

__all__ = ["Sample", "files", "load", "names", "scenes", "splits"]
