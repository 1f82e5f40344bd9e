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
    image: NDArray[Any], *, edges: bool = False, sizes: bool = True, corners: bool = True
) -> NDArray[np.int32]:
    """Return what the macro of the exercise returns, computed without clesperanto.

    Parameters
    ----------
    image : array, YX
    edges, sizes, corners : bool
        Whether objects at the edge stay, whether the range of sizes is applied, and whether pixels
        touch at their corners: to recognise an answer that differs in one of these.
    """
    grey = image.astype(np.float32)
    narrow, wide = (ndimage.gaussian_filter(grey, sigma, mode="nearest") for sigma in (2, 12))
    touching = np.ones((3, 3)) if corners else None
    labels, count = ndimage.label(narrow - wide > 10, structure=touching)
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


def _discs() -> NDArray[np.float64]:
    """Draw discs that the macro just keeps or just drops, and two that touch at a corner alone."""
    rows, columns = np.mgrid[:270, :360]
    radii = (6.6, 7.0, 7.4, 12.6, 13.0, 13.4, 13.8, 9.0)
    discs = [(45.0 + 90 * (i // 4), 45.0 + 90 * (i % 4), r, 120) for i, r in enumerate(radii)]
    discs += [(225.0, 45.0, 8.63, 197), (236.04, 62.25, 8.75, 197)]
    discs += [(225.0, 268.0, 9.0, 150), (225.0, 358.0, 9.0, 150)]
    image = np.full(rows.shape, 20.0)
    for row, column, radius, grey in discs:
        image[np.hypot(rows - row, columns - column) < radius] = grey
    return image


def _labels(answer: Any, image: NDArray[Any], watched: _Watched) -> NDArray[np.int32]:
    """Return the student's answer as labels, or say why it is none."""
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
    return found.astype(np.int32)


def _score(function: Function) -> tuple[float, str]:
    """Return the average precision at IoU 0.9 against the macro's result, and a hint."""
    from gpu_course import cle, devices

    devices.use_opencl()

    scenes = images.load("nuclei").image, _discs()
    watched, found = _Watched(cle), []
    for scene in scenes:
        try:
            answer = function(scene, watched)
        except Exception as error:
            if watched.nameless:
                raise Wrong(f"{watched.trap()} ({type(error).__name__}: {error})") from error
            raise
        found.append(_labels(answer, scene, watched))

    def agreement(**other: bool) -> float:
        """Return the lower one of both scenes."""
        return min(
            float(metrics.average_precision(_macro_in_scipy(scene, **other), labels, [0.9])[0])
            for scene, labels in zip(scenes, found, strict=True)
        )

    hint = watched.trap()
    if agreement(edges=True) > 0.98:
        hint = "Objects that touch the edge of the image are still there."
    elif agreement(sizes=False) > 0.98:
        hint = "The range of sizes was not applied. Its defaults are 0 and 100 pixels."
    elif agreement(edges=True, sizes=False) > 0.98:
        hint = "The objects are there. The macro has two more lines, which drop some of them."
    elif agreement(corners=False) > 0.98:
        hint = (
            "Two objects that touch at a corner alone are one in the macro: a box of neighbours "
            "holds the corners, a diamond does not."
        )
    return agreement(), hint


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
