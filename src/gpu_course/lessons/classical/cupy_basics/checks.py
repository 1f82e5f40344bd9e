"""The checks of the exercises in ``classical/cupy-basics``.

They run on NumPy, which every machine has. Two stand-ins for the libraries note what the student's
function asked of them, so that a function with NumPy written into it is told apart from one that
would run on the GPU too.
"""

import dis
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gpu_course import images
from gpu_course.exercise_answers import array
from gpu_course.exercises import Check, Function, Wrong

SIGMAS = (12.0, 5.0)
SIZES = (15, 7)


class _Watched:
    """A module that remembers which of its names were used."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self.used: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.used.add(name)
        return getattr(self._module, name)


def _of_numpy(function: Any) -> str:
    """Return a function of NumPy or SciPy that is written into the student's, or an empty string.

    A dtype such as ``np.float32`` is one and the same for both libraries, so it does no harm.
    """
    function = getattr(function, "function", function)  # the check's own wrapper
    code, scope = (getattr(function, name, None) for name in ("__code__", "__globals__"))
    if code is None or scope is None:
        return ""
    for first, then in pairwise(dis.get_instructions(code)):
        module = scope.get(first.argval) if first.opname == "LOAD_GLOBAL" else None
        if not isinstance(module, ModuleType):
            continue
        thing = getattr(module, str(then.argval), None)
        ours = module.__name__.split(".")[0] in ("numpy", "scipy")
        if ours and callable(thing) and not isinstance(thing, type):
            return f"{first.argval}.{then.argval}"
    return ""


def _answer(
    function: Function,
    image: NDArray[Any],
    parameter: float,
    not_finite: str = "Some pixels are not a number.",
) -> NDArray[Any]:
    """Run the student's function and return what it gave, after a look at its kind."""
    xp, ndi = _Watched(np), _Watched(ndimage)
    before = image.copy()
    # A division by zero is judged by its result; a warning would only stand beside the hint.
    with np.errstate(all="ignore"):
        answer = function(image, parameter, xp, ndi)
    found = array(answer, "one number for every pixel", image.shape)
    written = _of_numpy(function)
    if written:
        raise Wrong(f"{written} is of one library only: take all functions from `xp` or `ndi`.")
    if not ndi.used:
        raise Wrong("The filter did not come from `ndi`. Written so, it would not reach the GPU.")
    if not np.array_equal(before, image):
        raise Wrong("Your function changed the image it was given. Work on a copy.")
    if found.dtype != np.float32:
        raise Wrong(
            f"The result is {found.dtype}. Turn the image to float32 first: unsigned integers "
            "cannot go below zero, and float64 is slow on many GPUs."
        )
    if not np.isfinite(found).all():
        raise Wrong(not_finite)
    return found


def _agreement(found: NDArray[Any], expected: NDArray[Any]) -> float:
    """Return the part of the pixels that differ by no more than rounding in float32 can do."""
    return float(np.isclose(found, expected, rtol=1e-3, atol=2e-3).mean())


def _score_background(function: Function) -> tuple[float, str]:
    return _worst([_background_at(function, sigma) for sigma in SIGMAS], "sigma")


def _worst(results: list[tuple[float, str]], parameter: str) -> tuple[float, str]:
    """Return the worst of the results, and what to say if only the second parameter shows it."""
    (first, _), (second, _) = results
    if first > 0.99 > second:
        return second, (
            f"Right for one `{parameter}` and wrong for another: use the one that you are given."
        )
    return min(results)


def _background_at(function: Function, sigma: float) -> tuple[float, str]:
    image = images.load("nuclei").image
    found = _answer(function, image, sigma)
    exact = image.astype(np.float64)
    difference = exact - ndimage.gaussian_filter(exact, sigma)
    inside = (slice(int(4 * sigma), -int(4 * sigma)),) * 2  # no further does the blur look
    hint = ""
    if found.min() < 0:
        hint = "Some pixels are below zero: cut them off with xp.maximum."
    elif found.max() > exact.max():
        hint = (
            "Some values are larger than any of the image: unsigned integers go on at their top "
            "where they fall below zero. Turn the image to float32 before you subtract."
        )
    elif _agreement(found, np.abs(difference)) > 0.99:
        hint = "A pixel darker than its surroundings should become 0, not a positive number."
    elif _agreement(found, ndimage.gaussian_filter(exact, sigma)) > 0.9:
        hint = "That is the background itself. What is left of the image without it?"
    elif _agreement(found, np.maximum(exact - ndimage.gaussian_filter(image, sigma), 0)) > 0.99:
        hint = (
            "The blur of whole numbers is cut to whole numbers. Turn the image to float32 before "
            "you blur it."
        )
    elif _agreement(*(each[inside] for each in (found, np.maximum(difference, 0)))) > 0.99:
        hint = "Right, but at the border. Leave the mode of ndi.gaussian_filter as it comes."
    return _agreement(found, np.maximum(difference, 0)), hint


def _score_contrast(function: Function) -> tuple[float, str]:
    return _worst([_contrast_at(function, size) for size in SIZES], "size")


def _contrast_at(function: Function, size: int) -> tuple[float, str]:
    image = images.load("nuclei").image
    # Of zeros the variance is exactly 0, so that only a division by it can leave no number.
    _answer(
        function,
        np.zeros((40, 40), dtype=np.uint8),
        size,
        "Where all pixels are equal, the standard deviation is 0, and you divide by it. What does "
        "the formula add?",
    )
    rounding = (
        "Some pixels are not a number. Rounding can push a variance just below zero: cut it off at "
        "0 before you take the root."
    )
    flat = _answer(function, np.full((40, 40), 7, dtype=np.uint8), size, rounding)
    if np.abs(flat).max() > 1e-3:
        raise Wrong("An image of one grey value has no contrast: the result should be 0 there.")
    # A high offset with hardly any noise: float32 rounds the squares by more than their variance.
    high = (50_000 + np.random.default_rng(0).integers(0, 2, (40, 40))).astype(np.uint16)
    _answer(function, high, size, rounding)
    found = _answer(function, image, size, rounding)
    exact = image.astype(np.float64)
    mean = ndimage.uniform_filter(exact, size)
    variance = np.maximum(ndimage.uniform_filter(exact**2, size) - mean**2, 0)
    hint = ""
    if _agreement(found, (exact - mean) / (variance + 1)) > 0.9:
        hint = "You divided by the variance. The standard deviation is its square root."
    elif _agreement(found, exact - mean) > 0.9:
        hint = "The mean is subtracted. Now divide by the standard deviation + 1."
    return _agreement(found, (exact - mean) / (np.sqrt(variance) + 1)), hint


CHECKS = {
    "remove-background": Check(
        metric="part of the pixels that agree",
        score=_score_background,
        goal=0.999,
        hint=(
            "What does ndi.gaussian_filter(image, sigma) leave of the image? Subtract that, and "
            "cut off below 0."
        ),
    ),
    "local-contrast": Check(
        metric="part of the pixels that agree",
        score=_score_contrast,
        goal=0.999,
        hint=(
            "The mean is ndi.uniform_filter(image, size). The variance is that filter on the "
            "squared image, less the squared mean."
        ),
    ),
}
