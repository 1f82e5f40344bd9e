"""Numbers that a caller chooses, checked where they come in.

A sigma of NaN or a threshold of “0.5” in quotation marks would else fail far inside of a library,
or, worse, nowhere: a comparison with NaN is false for every pixel.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gpu_course.errors import CourseError


def number(given: Any, name: str, least: float = -math.inf, most: float = math.inf) -> float:
    """Return a number that was given, or say what it has to be.

    Parameters
    ----------
    given : number
        Real and finite: an int, a float, or a NumPy number; no bool and no text.
    name : str
        Of the parameter, for the error.
    least, most : float
        Between which it has to lie, both included.

    Returns
    -------
    float

    Raises
    ------
    CourseError
        If it is no such number.

    Examples
    --------
    >>> from gpu_course.parameters import number
    >>> number(2, "sigma", 0)
    2.0
    >>> number(float("nan"), "sigma", 0)
    Traceback (most recent call last):
    gpu_course.errors.CourseError: sigma is nan. Give a number of at least 0.
    """
    numbers = (int, float, np.integer, np.floating)
    real = isinstance(given, numbers) and not isinstance(given, bool)
    if not real or not math.isfinite(given) or not least <= given <= most:
        raise CourseError(f"{name} is {_shown(given)}. Give a number{_range(least, most)}.")
    return float(given)


def whole(given: Any, name: str, least: float = -math.inf, most: float = math.inf) -> int:
    """Return a whole number that was given, or say what it has to be; 2.0 is whole, too.

    Parameters
    ----------
    given, name, least, most
        As of `number`.

    Raises
    ------
    CourseError
        If it is no such number.

    Examples
    --------
    >>> from gpu_course.parameters import whole
    >>> whole(2.0, "epochs", 1)
    2
    """
    try:
        value = number(given, name, least, most)
    except CourseError:
        value = math.nan
    if not value.is_integer():
        raise CourseError(f"{name} is {_shown(given)}. Give a whole number{_range(least, most)}.")
    return int(given)


def _shown(given: Any) -> str:
    if isinstance(given, str):
        return f"the text “{given:.40}”"
    if isinstance(given, int | float | complex | np.generic) or given is None:
        return str(given)[:40]
    return f"of type {type(given).__name__}"


def _range(least: float, most: float) -> str:
    if math.isinf(most):
        return "" if math.isinf(least) else f" of at least {least:g}"
    return f" from {least:g} to {most:g}"
