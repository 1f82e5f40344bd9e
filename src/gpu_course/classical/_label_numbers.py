"""Label images and numbers of labels, checked where a user gives them."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.devices.array_device import to_numpy
from gpu_course.errors import CourseError

HIGHEST = 2**53
"""Up to here every whole number is one of float64, too."""


def library(array: Any) -> Any:
    """Return CuPy for its own arrays, so that they stay on the GPU, and else NumPy."""
    if type(array).__module__.startswith("cupy"):
        import cupy

        return cupy
    return np


def whole_labels(labels: Any) -> Any:
    """Return labels as a NumPy or CuPy array of integers from 0 up; a mask counts as label 1.

    Parameters
    ----------
    labels : integer, bool or whole floating array, any shape but a single number
        Of NumPy, CuPy, clesperanto or any that NumPy can read.

    Raises
    ------
    CourseError
        If they are not whole numbers from 0 up, or masked.
    """
    numbers = plain(labels, "labels")
    if numbers.ndim == 0:
        raise CourseError(f"The labels are {numbers}, a single number. Give a label image.")
    if numbers.dtype == bool:
        return numbers.astype(np.uint8)
    if numbers.size and (numbers.min() < 0 or (numbers.dtype.kind == "f" and (numbers % 1).any())):
        raise CourseError(
            "The labels must be whole numbers from 0 (background) up. "
            "This looks like a grey image; segment it first."
        )
    if numbers.size and numbers.max() > _highest(numbers):
        raise CourseError(
            f"The labels go to {numbers.max()}, more than {numbers.dtype} or 64 bits keep apart. "
            "Number the objects anew."
        )
    # NumPy refuses to count by 64-bit numbers without a sign.
    whole = numbers.dtype.kind in "iu" and numbers.dtype != np.uint64
    return numbers if whole else numbers.astype(np.int64)


def plain(array: Any, what: str) -> Any:
    """Return real numbers as an array of NumPy or CuPy; messages call them `what`.

    Raises
    ------
    CourseError
        If it holds anything but numbers, or is masked.
    """
    if np.ma.is_masked(array):
        raise CourseError(
            f"The {what} are a masked array, and what is masked would be counted. Give plain "
            "arrays, the labels 0 where nothing shall be measured: np.where(mask, 0, labels)."
        )
    if getattr(getattr(array, "device", None), "type", "") == "cuda":
        array = to_numpy(array)  # of PyTorch, which shows NumPy nothing of a GPU
    if getattr(getattr(array, "device", None), "type", "") == "mps":
        array = to_numpy(array)
    try:
        values = library(array).asarray(array)
    except (TypeError, ValueError):
        values = np.asarray(None)
    if values.dtype.kind not in "biuf":
        raise CourseError(f"The {what} are {type(array).__name__} and no array of real numbers.")
    return values


def label_numbers(wanted: Any, what: str) -> NDArray[np.int64]:
    """Return numbers of objects, or one; messages call them `what`.

    Whole numbers kept as floats are fine.

    Raises
    ------
    CourseError
        If they are masked, True and False, or not whole.
    """
    if np.ma.is_masked(wanted):
        raise CourseError(
            f"{what} are a masked array, and masked numbers would count like any others. Give "
            "those that are not masked: numbers.compressed()."
        )
    if isinstance(wanted, Iterable) and not hasattr(wanted, "shape"):
        wanted = list(wanted)
    try:
        numbers = np.asarray(to_numpy(library(wanted).asarray(wanted)))
    except (TypeError, ValueError):
        numbers = np.asarray(None)
    if numbers.dtype == bool:
        raise CourseError(
            f"{what} are True and False, and no numbers of labels. Write "
            "table.label[table.area > 50]."
        )
    kept = numbers.dtype.kind in "iuf"
    if not kept or not np.isfinite(numbers).all() or (numbers % 1).any():
        raise CourseError(f"{what} are no whole numbers. Give numbers of labels, such as [1, 5].")
    # No label is as high as what is cut here, and so none is kept for it.
    return np.clip(numbers, -1, _highest(numbers)).astype(np.int64)


def _highest(numbers: Any) -> int:
    """Return the highest number that the array's type and 64 bits with a sign tell from others."""
    return HIGHEST if numbers.dtype.kind == "f" else min(np.iinfo(numbers.dtype).max, 2**63 - 1)


def places(labels: Any) -> tuple[Any, Any]:
    """Return the labels that exist, and for each object pixel the place of its label among them.

    Numbering the rows by place and not by label keeps the table short where numbers are missing.
    """
    xp = library(labels)
    inside = labels[labels > 0]
    if inside.size and int(inside.max()) <= 4 * labels.size:
        # Counting is faster than sorting, as long as the highest label is not absurdly high.
        present = xp.flatnonzero(xp.bincount(inside))
        place = xp.zeros(int(inside.max()) + 1, np.intp)
        place[present] = xp.arange(present.size)
        return present, place[inside]
    return xp.unique(inside, return_inverse=True)
