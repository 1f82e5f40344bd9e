"""What students' functions return, whatever its form, as numbers and arrays that a check can judge.

A check must not stop on an answer of another kind than it expects. So it reads each answer through
one of these functions, which understand every form that holds the right thing (a list, a tuple, a
generator, a NumPy scalar, an array on a device) and raise :class:`gpu_course.exercises.Wrong`, with
what was returned and what is wanted, for all others.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.exercise_result import told
from gpu_course.exercises import Wrong

MOST = 10_000
"""So many elements of a generator are read: one may never end."""


def items(answer: Any, wanted: str) -> list[Any]:
    """Return the elements of a list, a tuple, an array or a generator, a student's answer.

    `wanted` is what should have been returned: ``"a list of pairs"``.

    Raises
    ------
    Wrong
        If there is nothing to go through, or a text, a dictionary or a set, whose order says
        nothing.
    """
    if isinstance(answer, Iterable) and not isinstance(answer, str | bytes | dict | set):
        try:
            return list(islice(answer, MOST))
        except TypeError:
            pass  # an array without axes
        except Exception as error:
            # A generator runs only now. It is the student's code all the same.
            raise Wrong(f"Your function stopped with {type(error).__name__}: {error}") from error
    raise Wrong(f"Return {wanted}; yours is {told(answer)}.")


def array(answer: Any, wanted: str, shape: tuple[int, ...] | None = None) -> NDArray[Any]:
    """Return an answer as a NumPy array of bool, whole, real or complex numbers.

    Parameters
    ----------
    answer
        Returned by a student's function: an array of any library, or lists of numbers.
    wanted : str
        What should have been returned: ``"one number for every pixel"``.
    shape : tuple of int, optional
        The shape it must have.

    Raises
    ------
    Wrong
        If it holds anything but numbers, or its shape is another one.
    """
    values = _numbers(answer)
    if values is None:
        raise Wrong(f"Return {wanted}; yours is {told(answer)}, and not numbers only.")
    if shape is not None and values.shape != tuple(shape):
        raise Wrong(
            f"Your function returned shape {values.shape}, and not {tuple(shape)}. Return {wanted}."
        )
    return values


def number(answer: Any, wanted: str) -> float:
    """Return an answer as a float; infinity is one.

    Parameters
    ----------
    answer
        Returned by a student's function: a number, or an array without axes of any library.
    wanted : str
        What the number is: ``"the time in seconds"``.

    Raises
    ------
    Wrong
        If it is no single real number.
    """
    values = _numbers(answer)
    if values is None or values.ndim or values.dtype.kind not in "iuf":
        raise Wrong(f"Return one number: {wanted}. Yours is {told(answer)}.")
    if np.isnan(values):
        raise Wrong(f"Return {wanted}. Yours is nan, “not a number”: was 0 divided by 0?")
    return float(values)


def numbers(answer: Any, count: int, wanted: str) -> tuple[float, ...]:
    """Return an answer as `count` floats: from a list, a tuple, a generator or an array.

    `wanted` is what they are: ``"three numbers: mean, low, high"``.

    Raises
    ------
    Wrong
        If there are more or fewer, or if one is no real number.
    """
    values = _numbers(answer)
    if values is None or values.shape != (count,) or values.dtype.kind not in "iuf":
        raise Wrong(f"Return {wanted}; yours is {told(answer)}.")
    if np.isnan(values).any():
        raise Wrong(f"Return {wanted}; one of yours is nan, “not a number”.")
    return tuple(float(value) for value in values)


def is_whole(value: float) -> bool:
    """Return whether a number is finite and has no fraction."""
    return bool(np.isfinite(value)) and value == round(value)


def label_image(answer: Any, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Return an answer as labels, 0 for background and one number for each object.

    Whole numbers kept as floats are fine.

    Raises
    ------
    Wrong
        If it is no label image of this shape, is empty, or gives all objects one number.
    """
    labels = array(answer, "one label for every pixel", shape)
    if labels.dtype.kind not in "buif":
        raise Wrong("Labels are whole numbers: 0 for background, 1 and up for the objects.")
    if not labels.any():
        raise Wrong("There is no object in your answer: every pixel is 0.")
    if labels.dtype.kind == "b" or set(np.unique(labels)) <= {0, 1}:
        raise Wrong("Your function returned a mask. Give every object its own number.")
    if not np.isfinite(labels).all() or (labels != np.round(labels)).any() or labels.min() < 0:
        raise Wrong("Labels are whole numbers: 0 for background, 1 and up for the objects.")
    if np.unique(labels[labels > 0]).size == 1:
        raise Wrong("All your objects have the same number. Give every object its own number.")
    return labels.astype(np.int64)


def _numbers(answer: Any) -> NDArray[Any] | None:
    """Return an answer as an array of numbers, or None if it is anything else."""
    from gpu_course.devices import to_numpy

    if isinstance(answer, Iterator):
        answer = items(answer, "numbers")
    for read in (to_numpy, np.asarray):
        try:
            values = read(answer)
        # Lists of unequal length; a dictionary or a table, whose `get` wants a key.
        except (TypeError, ValueError):
            continue
        if values.dtype.kind in "biufc":
            return np.asarray(values)
    return None
