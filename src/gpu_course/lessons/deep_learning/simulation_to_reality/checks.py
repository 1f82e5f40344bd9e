"""The check of the exercise in ``deep-learning/simulation-to-reality``."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gpu_course.exercise_answers import array
from gpu_course.exercises import Check, Function, Wrong


def _band(width: float, angle: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the mask of one straight root of a width, turned by an angle, and its middle line."""
    y, x = np.mgrid[:121, :121] - 60
    across, along = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    middle = np.zeros(y.shape, bool)
    steps = np.arange(-40, 40.5, 0.5)
    rows = np.round(60 + steps * np.cos(angle)).astype(int)
    middle[rows, np.round(60 + steps * np.sin(angle)).astype(int)] = True
    return (np.abs(across) <= width / 2) & (np.abs(along) <= 58), middle


CASES = ((3.0, 0.0), (9.0, 0.0), (15.0, 0.6), (7.0, np.pi / 2), (1.0, 0.0))
"""Widths in pixels, and angles from upright in radians."""


def _growing() -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64]]:
    """Return a mask that grows from 3 to 21 pixels in steps, its line, and the width of each row.

    Each step is 40 rows long. The distance near a step leans to the narrower side, so the line
    keeps away from there.
    """
    mask, line = np.zeros((2, 120, 61), bool)
    width = np.repeat([3.0, 11.0, 21.0], 40)
    mask[:] = np.abs(np.arange(61) - 30) <= width[:, None] / 2
    line[[*range(4, 28), *range(56, 68), *range(96, 108)], 30] = True
    return mask, line, width[line[:, 30]]


def _widths_score(function: Function) -> tuple[float, str]:
    """Judge on bands of several widths and directions, and on a line that leaves its mask."""
    right, first = 0, ""
    for width, angle in CASES:
        mask, line = _band(width, angle)
        found = _numbers(function, mask, line)
        hint = _hint(found, width, angle, mask, line)
        right += not hint
        first = first or hint
    mask, line, widths = _growing()
    found = _numbers(function, mask, line)
    # In any order: no two ways to go along a line need agree.
    local = len(found) == len(widths) and np.abs(np.sort(found) - np.sort(widths)).max() <= 0.4
    right += bool(local)
    if not (local or first):
        first = (
            "A root that gets wider has another width at every pixel of its line: return what is "
            "there, and not one number for all of them."
        )
    mask, line = _band(9.0, 0.0)
    mask[:60] = False  # nobody drew the upper half
    found = _numbers(function, mask, line)
    half = len(found) == int((mask & line).sum())
    right += half
    if not (half or first):
        first = (
            "Where the line runs outside the mask there is no width: take the pixels of the line "
            "that lie in the mask alone."
        )
    return right / (len(CASES) + 2), first


def _numbers(function: Function, mask: Any, line: Any) -> NDArray[np.float64]:
    wanted = "an array of numbers, a width for each pixel of the line"
    found = array(function(mask.copy(), line.copy()), wanted)
    if found.dtype.kind not in "iuf":
        raise Wrong(f"Return {wanted}; yours is of type {found.dtype}.")
    if found.ndim != 1 or not found.size:
        raise Wrong(
            f"Return one width for each pixel of the line, so an array (n,), not one of shape "
            f"{found.shape}. distance[line & mask] picks them."
        )
    if not np.isfinite(found).all():
        raise Wrong("Some of your widths are no finite numbers.")
    return found.astype(np.float64)


def _hint(found: Any, width: float, angle: float, mask: Any, line: Any) -> str:
    """Return what is wrong with the widths found along a band, or ''."""
    middle = float(np.median(found))
    # Upright bands are as wide as their rows are long; of a slanting one the pixels make steps.
    off = np.abs(found - width).max() if angle % (np.pi / 2) == 0 else abs(middle - width)
    allowed = 0.4 if angle % (np.pi / 2) == 0 else 0.9
    if len(found) == int((mask & line).sum()) and off <= allowed:
        return ""
    if len(found) == int(mask.sum()) != int((mask & line).sum()):
        return "You give a width for each pixel of the mask. Take those of the middle line alone."
    slips: list[tuple[Callable[[float], float], str]] = [
        (lambda w: (w + 1) / 2, "That is the distance to the outside, about the radius. A width "
                                "is twice as much, less the half pixels at both edges."),
        (lambda w: w + 1, "A pixel too much: the outside begins half a pixel before the middle of "
                          "the first pixel that is outside, on both sides."),
    ]  # fmt: skip
    # The radius of a thin band is near its width, so the nearest slip is named.
    near = [hint for wrong, hint in slips if abs(middle - wrong(width)) < 0.6]
    if near:
        return near[0]
    outside = ndimage.distance_transform_edt(~mask)[line].max()
    if middle <= outside:
        return "distance_transform_edt measures inside what is True: give it the mask, not ~mask."
    return f"A root of {width:g} pixels came out {middle:.1f} wide."


CHECKS = {
    "widths-along": Check(
        metric="roots measured right",
        score=_widths_score,
        goal=1.0,
        hint="scipy.ndimage.distance_transform_edt(mask), at the pixels of the line.",
    ),
}
