"""Numbers, shapes in voxels and lengths in µm, checked where a user gives them."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.devices import to_numpy
from gpu_course.errors import CourseError

NM, MM = 20.0, 1e-3
"""µm: a voxel of light microscopy so large, or so small, was given in another unit."""


def number(given: Any, name: str, unit: str = "") -> float:
    """Return one number as a float, be it Python's, NumPy's, or an array without axes.

    Parameters
    ----------
    given
        What the user gave.
    name : str
        What it is called in messages.
    unit : str
        In which it is wanted, such as ``"in µm"``.

    Raises
    ------
    CourseError
        If it is a text, nothing, not real, NaN, or several numbers.

    Examples
    --------
    >>> from gpu_course.deconvolution.units import number
    >>> number(np.float32(0.5), "noise")
    0.5
    >>> number("0,1", "wavelength", "in µm")
    Traceback (most recent call last):
        ...
    gpu_course.errors.CourseError: wavelength is '0,1', but must be one number, in µm: 0.1...
    """
    values = _real(given)
    if values is None or values.ndim or np.isnan(values):
        wanted = f"one number, {unit}" if unit else "one number"
        raise CourseError(f"{name} is {_told(given)}, but must be {wanted}: 0.1, without quotes.")
    return float(values)


def whole(given: Any, name: str, least: int = 1) -> int:
    """Return one whole number of at least `least`.

    Raises
    ------
    CourseError
        If it is anything else; 5.0 is whole, too.
    """
    values = _real(given)
    if values is None or values.ndim or not np.isfinite(values) or values % 1 or values < least:
        raise CourseError(f"{name} is {_told(given)}, but must be a whole number, {least} or more.")
    return int(values)


def wholes(given: Any, axes: int, name: str, least: int = 1) -> tuple[int, ...]:
    """Return one whole number of at least `least` for each axis.

    Raises
    ------
    CourseError
        If there are more or fewer, or one is not whole.
    """
    values = _real(given)
    if (
        values is None
        or values.shape != (axes,)
        or not (np.isfinite(values) & (values >= least)).all()
        or (values % 1).any()
    ):
        raise CourseError(
            f"{name}={_told(given)} does not fit an image of {axes} axes. Give voxels for each "
            f"axis, whole numbers of at least {least}."
        )
    return tuple(int(value) for value in values)


def whole_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """Return the shape as whole numbers, (z, y, x) or (y, x).

    Raises
    ------
    CourseError
        If it is neither.
    """
    values = _real(shape)
    if (
        values is None
        or values.shape not in ((2,), (3,))
        or not (np.isfinite(values) & (values >= 1)).all()
        or (values % 1).any()
    ):
        raise CourseError(
            f"The shape {_told(shape)} is no (z, y, x) or (y, x) in whole numbers, of at least one "
            "voxel."
        )
    return tuple(int(n) for n in values)


def _real(given: Any) -> NDArray[Any] | None:
    """Return real numbers as an array, or None if they are anything else; bool is no number."""
    for read in (to_numpy, np.asarray):
        try:
            values = read(given)
        except (
            TypeError,
            ValueError,
        ):  # uneven lists; a column of a table, whose `get` wants a key
            continue
        return values if values.dtype.kind in "iuf" else None
    return None


def _told(given: Any) -> str:
    """Return what was given, in so few letters that it fits into a sentence."""
    shape = getattr(given, "shape", None)
    if shape:
        return f"an array of shape {tuple(shape)}"
    text = repr(given.item() if hasattr(given, "item") else given)
    return text if len(text) <= 60 else text[:57] + "…"


def lengths(given: Any, axes: int, name: str) -> tuple[float, ...]:
    """Return one length in µm per axis, of one or of as many; messages call them `name`.

    Raises
    ------
    CourseError
        If a length is missing, not a number above 0, or a voxel's so large or so small that it must
        be in nm, mm or m.
    """
    if given is None:
        raise CourseError(
            f"{name} is None. A PSF has a size in µm, so give the edges of a voxel in µm, "
            "(z, y, x); they are in the microscope's metadata."
        )
    values = _real(given)
    if values is None:
        raise CourseError(
            f"{name} is {_told(given)}, but must be lengths in µm: (0.3, 0.1, 0.1), numbers "
            "without quotes."
        )
    if values.ndim == 0:
        values = np.repeat(values, axes)
    if values.shape != (axes,):
        raise CourseError(f"{name} has {values.size} numbers for {axes} axes. Give one each.")
    told = tuple(values.tolist())
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise CourseError(f"{name} is {told}, but must be lengths above 0, in µm.")
    if name == "voxel_size" and (values >= NM).any():
        raise CourseError(f"{name} is {told} µm. That looks like nm: divide by 1000.")
    if name == "voxel_size" and (values < MM).any():
        raise CourseError(
            f"{name} is {told} µm. That looks like mm or m: multiply by 1000, or by a million."
        )
    return tuple(map(float, told))


def in_voxels(
    width: float, voxel_size: Sequence[float], what: str, *, level: int = 3
) -> NDArray[np.float64]:
    """Return a Gaussian's width in voxels along each axis, and warn where it is none.

    Parameters
    ----------
    width : float
        Standard deviation in µm.
    voxel_size : one float per axis
        In µm.
    what : str
        What blurs, and by how much: begins the warning.
    level : int
        How many calls away the user's own line is.

    Warns
    -----
    UserWarning
        If it is under half a voxel along an axis: there, a sampled Gaussian leaves its
        middle voxel more than three quarters of the weight, so noise stays.

    Examples
    --------
    >>> from gpu_course.deconvolution.units import in_voxels
    >>> in_voxels(0.5, (1.0, 0.25, 0.25), "The smoothing of 0.5 µm").tolist()
    [0.5, 2.0, 2.0]
    """
    sigma = np.divide(width, voxel_size)
    thin = [
        f"{axis} ({edge:g} µm)"
        for axis, edge, s in zip("zyx"[-len(sigma) :], voxel_size, sigma, strict=True)
        if s < 0.5
    ]
    if thin:
        warnings.warn(
            f"{what} is under half a voxel along {' and '.join(thin)}, so it hardly blurs there "
            "and noise stays. Is the size of the voxels in µm, and right? If so, choose a wider "
            "blur.",
            stacklevel=level,
        )
    return sigma
