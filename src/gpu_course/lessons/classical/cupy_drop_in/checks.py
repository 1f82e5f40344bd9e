"""The check of the exercise in ``classical/cupy-drop-in``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import images
from gpu_course.exercises import Check, Function


def _reference(image: NDArray[Any]) -> NDArray[Any]:
    """Return what the NumPy function of the chapter returns, computed in float64."""
    flat = image.astype(np.float64)
    flat = flat - flat.mean(axis=1, keepdims=True)
    flat[flat < 0] = 0
    return flat / flat.max()


def _complaint(function: Function, image: NDArray[Any], put: Any, name: str) -> str:
    """Return what is wrong with the function in one library, or an empty string."""
    from gpu_course.devices.array_libraries import back

    given = put(image)
    try:
        found = function(given)
    except Exception as error:
        return f"With {name} it stopped: {type(error).__name__}: {error}"
    if type(found) is not type(given):
        return (
            f"With {name} it returned {type(found).__name__}, not an array of that library: "
            "some function in it is NumPy's own. Take all of them from xp."
        )
    if str(getattr(found, "device", "")) != str(getattr(given, "device", "")):
        return f"With {name} the result is on another device than the image."
    if not np.array_equal(back(given), image):
        return f"With {name} it changed the image it was given. Make a new array instead."
    values = back(found)
    if values.shape != image.shape:
        return f"With {name} the result has shape {values.shape}, the image {image.shape}."
    if values.dtype != np.float32:
        return f"With {name} the result is {values.dtype}. Ask for xp.float32."
    if not np.allclose(values, _reference(image), atol=1e-4):
        return f"With {name} the values are not those of the NumPy function. {_slip(values)}"
    return ""


def _slip(values: NDArray[Any]) -> str:
    """Return what shows that a step was left out; an empty string if nothing does."""
    if not np.isfinite(values).all():
        return "Some of them are no numbers."
    if values.min() < 0:
        return "Some lie below 0."
    if abs(float(values.max()) - 1) > 1e-3:
        return "The largest is not 1."
    return "Is the mean taken over each row, axis 1, and subtracted from it?"


def _score(function: Function) -> tuple[float, str]:
    """Return the part of the libraries on which the function is right, and the first complaint.

    A small picture of whole numbers, and one of float32: only the latter shows a function that
    works in place, since a change of type makes a copy.
    """
    from gpu_course.devices.array_libraries import libraries

    picture = images.load("roots").image[:96, :128]
    shelf = libraries()
    complaints = [
        next(
            filter(
                None,
                (
                    _complaint(function, one, put, name)
                    for one in (picture, picture.astype(np.float32))
                ),
            ),
            "",
        )
        for name, put in shelf.items()
    ]
    first = next(filter(None, complaints), "")
    return complaints.count("") / len(complaints), first


CHECKS = {
    "any-library": Check(
        metric="part of the array libraries on which it is right",
        score=_score,
        solution="gpu_course.lessons.classical.cupy_drop_in.solutions:flatten",
        goal=1.0,
        hint="Begin with xp = array_namespace(image) and take every function from xp.",
    ),
}
