"""The check of the exercise in ``classical/clij-and-pyclesperanto``."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gpu_course import images, metrics
from gpu_course.exercise_answers import array
from gpu_course.exercises import Check, Function, Wrong


def _macro_in_scipy(
    image: NDArray[Any], *, edges: bool = False, sizes: bool = True
) -> NDArray[np.int32]:
    """Return what the macro of the exercise returns, computed without clesperanto.

    Parameters
    ----------
    image : array, YX
    edges, sizes : bool
        Whether objects at the edge stay, and whether the range of sizes is applied: to recognise
        an answer that left one of the steps out.
    """
    grey = image.astype(np.float32)
    narrow, wide = (ndimage.gaussian_filter(grey, sigma, mode="nearest") for sigma in (2, 12))
    labels, count = ndimage.label(narrow - wide > 10, structure=np.ones((3, 3)))
    drop = np.zeros(count + 1, dtype=bool)
    if not edges:
        for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
            drop[side] = True
    if sizes:
        area = np.bincount(labels.ravel())
        drop |= (area < 200) | (area > 600)
    return np.where(drop[labels], 0, labels).astype(np.int32)


class _Watched:
    """The library, which remembers the operation that was given a number without its name."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self.nameless = ""

    def __getattr__(self, name: str) -> Any:
        thing = getattr(self._library, name)
        if not callable(thing) or isinstance(thing, type):
            return thing

        def operation(*arguments: Any, **named: Any) -> Any:
            if any(isinstance(one, Real) for one in arguments[1:]):
                self.nameless = self.nameless or name
            return thing(*arguments, **named)

        return operation

    def trap(self) -> str:
        """Return what to say about that operation; empty if there was none."""
        if not self.nameless:
            return ""
        return (
            f"You give {self.nameless} a number without its name, and the second place belongs to "
            "the output image. What is the number called? Write name=number."
        )


def _score(function: Function) -> tuple[float, str]:
    """Return the average precision at IoU 0.9 against the macro's result, and a hint."""
    from gpu_course import cle, devices

    devices.use_opencl()

    image = images.load("nuclei").image
    watched = _Watched(cle)
    try:
        answer = function(image, watched)
    except Exception as error:
        if watched.nameless:
            raise Wrong(f"{watched.trap()} ({type(error).__name__}: {error})") from error
        raise
    found = array(answer, "the label image", image.shape)
    if not found.any():
        raise Wrong(
            watched.trap()
            or "The result is empty. Parameters that you leave out keep their defaults, and those "
            "of the two Gaussians are equal: name all four sigmas."
        )
    if set(np.unique(found)) <= {0, 1}:
        raise Wrong("That is a mask. The macro gives every object a number of its own.")
    if not np.isfinite(found).all() or (found != np.round(found)).any():
        raise Wrong("The result holds fractions. The macro ends with a label image.")
    if found.min() < 0:
        raise Wrong("The result holds negative numbers. Labels are 0 for background, 1 and up.")
    labels = found.astype(np.int32)

    def agreement(expected: NDArray[np.int32]) -> float:
        return float(metrics.average_precision(expected, labels, [0.9])[0])

    hint = watched.trap()
    if agreement(_macro_in_scipy(image, edges=True)) > 0.98:
        hint = "Objects that touch the edge of the image are still there."
    elif agreement(_macro_in_scipy(image, sizes=False)) > 0.98:
        hint = "The range of sizes was not applied. Its defaults are 0 and 100 pixels."
    elif agreement(_macro_in_scipy(image, edges=True, sizes=False)) > 0.98:
        hint = "The objects are there. The macro has two more lines, which drop some of them."
    return agreement(_macro_in_scipy(image)), hint


CHECKS = {
    "translate": Check(
        metric="average precision at IoU 0.9 against the macro's objects",
        score=_score,
        solution="gpu_course.lessons.classical.clij_and_pyclesperanto.solutions:spots",
        goal=0.98,
        hint=(
            "Translate line by line: the name in small letters with underscores, each number under "
            "its own name, and the result of one line as the input of the next."
        ),
    ),
}
