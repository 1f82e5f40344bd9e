"""The checks of the exercises in ``deconvolution/point-spread-functions``."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.exercise_answers import array, number
from gpu_course.exercises import Check, Function

SHAPE = (21, 25, 25)
VOXEL = (0.3, 0.12, 0.12)
#: An oil objective that looks into water. The depths lie between those a search would try.
OIL: dict[str, Any] = {
    "wavelength": 0.52, "numerical_aperture": 1.3, "refractive_index": 1.515, "sample_index": 1.33
}  # fmt: skip
DEPTHS = (3.7, 8.3, 13.2)
NEAR = 1.0  # µm


@cache
def _at(hundredths: int) -> NDArray[np.float32]:
    from gpu_course.deconvolution import psf

    return psf.theoretical(SHAPE, VOXEL, depth=hundredths / 100, **OIL)


def make(depth: float) -> NDArray[np.float32]:
    """Return the theoretical PSF for a depth in µm, as the student's function gets it."""
    return _at(round(float(depth) * 100)).copy()


def _measured(depth: float) -> NDArray[np.float32]:
    """Return what the average of some beads at that depth would be."""
    counts = np.random.default_rng(int(depth * 10)).poisson(make(depth) * 3e5 + 2) - 2
    positive = np.maximum(counts, 0)
    return (positive / positive.sum()).astype(np.float32)


def _score_depth(function: Function) -> tuple[float, str]:
    """Return the part of the depths that were found within a µm, and what to think about."""
    found = []
    for depth in DEPTHS:
        found.append(number(function(_measured(depth), make), "the depth in µm"))
    near = sum(abs(f - d) <= NEAR for f, d in zip(found, DEPTHS, strict=True)) / len(DEPTHS)
    if all(f in (0, 20) or f < 0 or f > 20 for f in found):
        return (
            near,
            "You answer the ends of the range: look for the smallest misfit, not the largest.",
        )
    if len(set(found)) == 1:
        return near, "You answer the same depth whatever was measured. Compare with `measured`."
    ratios = np.array(found) / np.array(DEPTHS)
    # An index is some times too large or too small. Near 1 a depth was meant, and just missed.
    if near < 1 and np.ptp(ratios) < 0.15 * ratios.mean() and abs(ratios.mean() - 1) > 0.25:
        return near, (
            f"Your answers are {ratios.mean():.2g} times the depths. Is it the index of a "
            "depth, and not the depth?"
        )
    if near < 1 and max(found) < 0.1:
        return near, "Your answers are nearly 0: is it the misfit that you return?"
    return near, ""


#: Shapes and places of the brightest voxel: odd and even, in the middle and beside it.
RAW = [((16, 24, 24), (7, 12, 11)), ((15, 25, 25), (7, 12, 12)), ((14, 20, 23), (9, 8, 12))]
LEVEL = 100.0


def _raw(shape: tuple[int, ...], place: tuple[int, ...]) -> NDArray[np.uint16]:
    grid = np.indices(shape) - np.array(place).reshape(3, 1, 1, 1)
    light = np.exp(-0.5 * (grid[0] / 2.5) ** 2 - 0.5 * (grid[1] ** 2 + grid[2] ** 2) / 1.8**2)
    counts = np.random.default_rng(sum(place)).poisson(3000 * light + LEVEL)
    return counts.astype(np.uint16)


def _complaint(found: NDArray[Any], raw: NDArray[Any]) -> str:
    from gpu_course.deconvolution import psf
    from gpu_course.lessons.deconvolution.point_spread_functions.solutions import mend

    if found.ndim != 3:
        return f"The result has shape {found.shape}, not (z, y, x)."
    if found.dtype.kind != "f":
        return f"The result is {found.dtype}: a share of the light needs a float."
    if np.nanmin(found) > 10 * LEVEL or np.nanmax(found) > 1.5:
        return "The result still holds grey values: divide by the sum, last of all."
    slip = _slip(found, raw)
    if slip:
        return slip
    faults = psf.check(found)
    if faults:
        return f"check() says: {faults[0]}"
    right = mend(raw, LEVEL)
    if found.shape != right.shape:
        return (
            f"From {raw.shape} you made {found.shape}. The largest box of odd size around the "
            f"brightest voxel is {right.shape}."
        )
    if not np.allclose(found, right, atol=0.01 * right.max()):
        return (
            "The values are not those of the light. Subtract the background, clip at 0, cut the "
            "box, and divide by the sum, in this order."
        )
    return ""


def _slip(found: NDArray[Any], raw: NDArray[Any]) -> str:
    """Return how the background was mistreated in an answer that is right otherwise, or nothing."""
    from gpu_course.lessons.deconvolution.point_spread_functions.solutions import mend

    def like(other: NDArray[Any]) -> bool:
        return found.shape == other.shape and bool(
            np.allclose(found, other, atol=0.01 * other.max())
        )

    if like(mend(raw, LEVEL)):
        return ""
    if like(mend(raw, 0)):
        return "The background is still in: what is left of it far from the light?"
    whole = raw - np.uint16(LEVEL)
    if like(mend(whole, 0)):
        return "Whole numbers of a camera have none below 0: what is 3 - 5 in uint16?"
    lifted = raw.astype(float) - raw.min()
    if like(mend(lifted, 0)):
        return "You subtract the smallest value. What is given as `background` is another."
    return ""


def _score_mend(function: Function) -> tuple[float, str]:
    """Return the part of the raw pictures that became PSFs, and the first complaint."""
    complaints = []
    for shape, place in RAW:
        raw = _raw(shape, place)
        found = array(function(raw.copy(), LEVEL), "the PSF, an array (z, y, x)")
        complaints.append(_complaint(found, raw))
    return complaints.count("") / len(RAW), next(filter(None, complaints), "")


CHECKS = {
    "match-the-depth": Check(
        metric="part of three depths found within 1 µm",
        score=_score_depth,
        solution="gpu_course.lessons.deconvolution.point_spread_functions.solutions:match_depth",
        goal=1.0,
        hint="Compare voxel by voxel: the sum of squared differences is smallest at the depth.",
    ),
    "mend-a-psf": Check(
        metric="part of the raw pictures that became proper PSFs",
        score=_score_mend,
        solution="gpu_course.lessons.deconvolution.point_spread_functions.solutions:mend",
        goal=1.0,
        hint="Float first, then background, clip at 0, an odd box around the brightest, the sum.",
    ),
}
