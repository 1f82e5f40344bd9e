"""Shapes in voxels and lengths in µm, checked where a user gives them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from gpu_course.errors import CourseError


def whole_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """Return the shape as whole numbers, (z, y, x) or (y, x).

    Raises
    ------
    CourseError
        If it is neither.
    """
    size = tuple(int(n) for n in np.atleast_1d(shape))
    if len(size) not in (2, 3) or min(size) < 1:
        raise CourseError(f"The shape {size} is no (z, y, x) or (y, x) of at least one voxel.")
    return size


def lengths(given: Any, axes: int, name: str) -> tuple[float, ...]:
    """Return one length in µm per axis.

    Parameters
    ----------
    given : float or one float per axis
        What the user gave.
    axes : int
        How many axes there are.
    name : str
        What it is called in messages.

    Raises
    ------
    CourseError
        If a length is missing, not above 0, or a voxel so large that its size must be in nm.
    """
    if given is None:
        raise CourseError(
            f"{name} is None. A PSF has a size in µm, so give the edges of a voxel in µm, "
            "(z, y, x); they are in the microscope's metadata."
        )
    values = np.asarray(given, dtype=float)
    if values.ndim == 0:
        values = np.repeat(values, axes)
    if values.shape != (axes,):
        raise CourseError(f"{name} has {values.size} numbers for {axes} axes. Give one each.")
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise CourseError(f"{name} is {tuple(values)}, but must be lengths above 0, in µm.")
    if name == "voxel_size" and (values >= 20).any():
        raise CourseError(f"{name} is {tuple(values)} µm. That looks like nm: divide by 1000.")
    return tuple(values.tolist())
