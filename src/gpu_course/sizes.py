"""The size of every problem of the course, in one place.

A chapter takes its shapes, steps and batches from here and finishes at each size: ``small`` on an
old laptop and in the tests, ``laptop`` on a GPU with 4 GB, ``large`` on a card with 12 GB or more.
"""

import os
from functools import cache
from typing import TypeVar

from gpu_course.devices.hardware import GIB, gpus, ram
from gpu_course.errors import CourseError

SIZES = ("small", "laptop", "large")

T = TypeVar("T")


def from_memory(*, gpu: int = 0, shared: bool = False, ram: int = 0) -> str:
    """Choose a size for the memory there is.

    Parameters
    ----------
    gpu : int
        Memory of the GPU in bytes; 0 where there is none.
    shared : bool
        Whether the GPU borrows the computer's memory. Such a GPU may report much memory and is
        still a small one, so it never gets the size ``large``.
    ram : int
        Main memory in bytes, which decides where there is no GPU.

    Returns
    -------
    str
        One of ``SIZES``. Drivers keep a part of a card's memory for themselves, so the limits lie
        below the round numbers on the box: 3.5 GiB for a card of 4 GB, 11 GiB for one of 12 GB.

    Examples
    --------
    >>> from gpu_course.sizes import from_memory
    >>> from_memory(gpu=12 * 2**30), from_memory(ram=4 * 2**30)
    ('large', 'small')
    """
    if gpu >= 11 * GIB and not shared:
        return "large"
    if gpu:
        return "laptop" if gpu >= 3.5 * GIB else "small"
    return "laptop" if ram >= 7.5 * GIB else "small"


@cache
def _found() -> str:
    """Choose from this machine's memory, asked once a process because hardware does not change."""
    # A card of its own wins over the processor's built-in graphics, whatever memory that borrows.
    best = min(gpus(), key=lambda gpu: (gpu.shared, -gpu.memory), default=None)
    if best is None:
        return from_memory(ram=ram())
    return from_memory(gpu=best.memory, shared=best.shared)


def current() -> str:
    """Return the size in force: ``GPU_COURSE_SIZE``, or else the one the memory found allows.

    Raises
    ------
    gpu_course.errors.CourseError
        If ``GPU_COURSE_SIZE`` names no size.

    Examples
    --------
    >>> from gpu_course.sizes import SIZES, current
    >>> current() in SIZES
    True
    """
    asked = os.environ.get("GPU_COURSE_SIZE", "").strip().lower()
    if not asked:
        return _found()
    if asked not in SIZES:
        raise CourseError(
            f"GPU_COURSE_SIZE is {asked!r}, which is no size of the course. "
            f"Set it to one of {', '.join(SIZES)}, or unset it."
        )
    return asked


def pick(*, small: T, laptop: T, large: T) -> T:
    """Return the value for the size in force.

    Examples
    --------
    >>> from gpu_course.sizes import pick
    >>> edge = pick(small=256, laptop=1024, large=4096)
    >>> edge in {256, 1024, 4096}  # as this machine's memory allows
    True
    """
    return {"small": small, "laptop": laptop, "large": large}[current()]
