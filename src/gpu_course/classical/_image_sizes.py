"""Sizes of images and tiles, and numbers of arrays, checked where a user gives them."""

from typing import Any

import numpy as np

from gpu_course.errors import CourseError


def lengths(shape: Any) -> tuple[int, ...]:
    """Return the lengths of an image's axes as Python's numbers."""
    try:
        each_axis = None if isinstance(shape, str) else tuple(shape)
    except TypeError:
        each_axis = None
    if each_axis is None:
        raise CourseError(f"The shape {shape!r} is none. Give pixels for each axis: image.shape.")
    return tuple(whole(length, "A length of the shape", 0) for length in each_axis)


def whole(given: Any, what: str, least: int) -> int:
    """Return a whole number of at least `least`, of Python's type, which has no limit."""
    value = number(given, what)
    if value < least or value % 1:
        raise CourseError(f"{what} is {given!r}, but must be a whole number, {least} or more.")
    return int(given)


def number(given: Any, what: str) -> float:
    """Return a number that is finite and 0 or more; True and texts are none."""
    value = np.asarray(given, object if isinstance(given, list | tuple) else None)
    if value.ndim or value.dtype.kind not in "iuf" or not (value >= 0 and np.isfinite(value)):
        raise CourseError(f"{what} is {given!r}, but must be a number, 0 or more.")
    return float(value)


def itemsize(dtype: Any) -> int:
    """Return the bytes of one number of a dtype; the dtype may be its name."""
    try:
        kind = np.dtype(dtype)
    except TypeError:
        kind = np.dtype(object)
    if dtype is None or kind.kind not in "buifc":
        raise CourseError(f"The dtype {dtype!r} is none of numbers. Give float32, say.")
    return kind.itemsize


def each(given: Any, axes: int, what: str, least: int) -> tuple[int, ...]:
    """Return one whole number for each axis."""
    numbers = (given,) * axes if np.ndim(given) == 0 else tuple(given)
    if not axes or len(numbers) != axes:
        raise CourseError(f"The image has {axes} axes. Give tile and overlap one number each.")
    return tuple(whole(number, what, least) for number in numbers)
