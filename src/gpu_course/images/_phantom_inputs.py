"""What phantoms are made of, checked where a user says it: shapes, lengths in µm, light, seeds."""

from typing import Any

import numpy as np

from gpu_course.errors import CourseError

NM, MM = 20.0, 1e-3
"""µm: voxels so large, or so small, were given in another unit."""
MOST = 1e12
"""Photons in a voxel: no camera counts so many, and no dice throw much larger numbers."""


def amount(given: Any, name: str, low: float = 0.0, high: float = MOST) -> float:
    """Return one number from `low` to below `high`.

    Raises
    ------
    CourseError
        If it is anything else, such as a text, NaN or True.
    """
    value = _real(given)
    if value is None or value.ndim or not low <= value < high:
        raise CourseError(f"{name} is {given!r}, but must be a number from {low:g} to {high:g}.")
    return float(value)


def shape_of(given: Any) -> tuple[int, int, int]:
    """Return (z, y, x) in voxels as Python's numbers.

    Raises
    ------
    CourseError
        If they are not three whole numbers from 1 up.
    """
    value = _real(given)
    if value is None or value.shape != (3,) or not (value >= 1).all() or (value % 1).any():
        raise CourseError(f"shape={given!r}: give (z, y, x) in voxels, three whole numbers.")
    z, y, x = (int(n) for n in value)
    return z, y, x


def edges_of(given: Any) -> tuple[float, float, float]:
    """Return the edges of a voxel (z, y, x) in µm.

    Raises
    ------
    CourseError
        If they are not three lengths, or must be in nm, mm or m.
    """
    value = _real(given)
    if value is None or value.shape != (3,) or not ((value >= MM) & (value < NM)).all():
        raise CourseError(
            f"voxel_size={given!r}: give three edges in µm, (z, y, x), such as (0.5, 0.25, 0.25). "
            "What is longer than 20 or shorter than 0.001 is in another unit."
        )
    z, y, x = value.tolist()
    return z, y, x


def widths_of(given: Any) -> tuple[float, float, float]:
    """Return standard deviations (z, y, x) in µm, 0 or more; one number is for all three.

    Raises
    ------
    CourseError
        If they are anything else.
    """
    value = _real(given)
    if value is None or value.shape not in ((), (3,)) or not ((value >= 0) & (value < 1000)).all():
        raise CourseError(f"blur={given!r}: give widths in µm, (z, y, x), such as (0.9, 0.2, 0.2).")
    z, y, x = np.broadcast_to(value, 3).tolist()
    return z, y, x


def seed_of(given: Any) -> int:
    """Return a seed, a whole number from 0 up.

    Raises
    ------
    CourseError
        If it is anything else.
    """
    value = _real(given)
    if value is None or value.ndim or value.dtype.kind == "f" or value < 0:
        raise CourseError(f"seed={given!r}, but a seed is a whole number, 0 or more.")
    return int(value)


def _real(given: Any) -> Any:
    """Return real numbers as an array, or None for anything else."""
    try:
        value = np.asarray(given)
    except (TypeError, ValueError):  # lists of unequal length
        return None
    return value if value.dtype.kind in "iuf" else None
