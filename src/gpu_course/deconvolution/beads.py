"""A point spread function measured: find beads in a stack, leave out the bad, average the rest.

A fluorescent bead much smaller than the resolution looks like a point, so its picture *is* the PSF,
with noise. Many beads averaged have less of it. But no bead lies in the middle of a voxel, so each
must be moved by a part of a voxel first, and a bead with a neighbour, or one that the camera could
not count, would spoil the average.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution.arrays import as_float32
from gpu_course.deconvolution.psf_faults import is_flat
from gpu_course.deconvolution.units import lengths, number, whole_shape
from gpu_course.devices import to_numpy
from gpu_course.errors import CourseError

USED = "used"
BORDER = "at the border"
NEIGHBOUR = "with a neighbour"
CLIPPED = "clipped"
DIM = "too dim"
ODD = "unlike the others"


@dataclass(frozen=True)
class Bead:
    """A bright spot of a stack, and whether it is fit to measure with.

    Attributes
    ----------
    position : tuple of float
        (z, y, x) in voxels; whole numbers until it was located by a fit.
    height : float
        Of the smoothed spot above the background, in grey values.
    verdict : str
        ``"used"``, or why it is not.
    """

    position: tuple[float, ...]
    height: float
    verdict: str = USED


def from_beads(
    stack: Any,
    voxel_size: float | Sequence[float],
    shape: Sequence[int],
    *,
    background: float | None = None,
) -> NDArray[np.float32]:
    """Measure a PSF from a stack of beads.

    Parameters
    ----------
    stack : array, (z, y, x)
        Beads in grey values that are proportional to light, as the camera gave them.
    voxel_size : float or one float per axis
        Edge lengths of a voxel in µm.
    shape : (z, y, x)
        Of the PSF, in voxels. Beads need that much room around them.
    background : float, optional
        Grey value where there is no light. The median of the stack unless given: right where beads
        are sparse, too high where the haze of many reaches everywhere.

    Returns
    -------
    ndarray of float32
        Sum 1, not negative, the bead's centre at ``n // 2``; smoothed where it is fainter than the
        noise. In widefield, the haze of beads far away is still in it: use sparse beads.

    Raises
    ------
    CourseError
        If no bead is fit for use; it says what was wrong with how many.
    """
    beads = find(stack, voxel_size, shape)
    return average(stack, beads, shape, background=background)


def find(stack: Any, voxel_size: float | Sequence[float], shape: Sequence[int]) -> list[Bead]:
    """Find the beads of a stack, judge them, and locate the good ones to a part of a voxel.

    Parameters
    ----------
    stack, voxel_size, shape
        As for :func:`from_beads`.

    Returns
    -------
    list of Bead
        The brightest first. Spots less than a tenth as high as one within one and a half boxes
        are taken for its rings and not listed. Not used are those

        * at the border: the box of `shape` around them does not fit into the stack;
        * with a neighbour: a spot of at least a tenth of their height is nearer than three quarters
          of the box;
        * clipped: three or more voxels share the highest grey value of the stack;
        * too dim: less than a fifth as high as the median bead;
        * unlike the others: not of the shape of the median bead (correlation below 0.95), for
          example two beads in one.
    """
    from scipy import ndimage

    size = whole_shape(shape)
    image = _stack(stack, size)
    steps = np.array(lengths(voxel_size, image.ndim, "voxel_size"))
    # Smooth by the smallest edge of a voxel, alike in µm along all axes: noise has maxima, too.
    smooth = ndimage.gaussian_filter(image, steps.min() / steps)
    level, noise = _background(smooth)
    core = tuple(2 * max(1, n // 8) + 1 for n in size)
    is_peak = (smooth == ndimage.maximum_filter(smooth, core)) & (smooth > level + 10 * noise)
    peaks = np.argwhere(is_peak)
    heights = smooth[is_peak] - level
    order = np.argsort(-heights)
    own = _no_rings(peaks[order], heights[order], size)
    peaks, heights = peaks[order][own], heights[order][own]

    highest = image.max()
    beads = []
    for peak, height in zip(peaks, heights, strict=True):
        apart = np.abs(peaks - peak)
        near = (apart < 0.75 * np.array(size)).all(axis=1) & apart.any(axis=1)
        room = np.minimum(peak, np.array(image.shape) - 1 - peak)
        verdict = USED
        if (room < np.array(size) // 2 + 1).any():
            verdict = BORDER
        elif np.count_nonzero(_box(image, peak, size) == highest) >= 3:
            verdict = CLIPPED
        elif height < 0.2 * np.median(heights):
            verdict = DIM
        elif (heights[near] > 0.1 * height).any():
            verdict = NEIGHBOUR
        beads.append(Bead(tuple(map(float, peak)), float(height), verdict))
    return _alike([_located(image, bead, core) for bead in beads], image, size)


def average(
    stack: Any, beads: Sequence[Bead], shape: Sequence[int], *, background: float | None = None
) -> NDArray[np.float32]:
    """Average the beads that are used, each moved into the middle of a voxel.

    Parameters
    ----------
    stack, shape, background
        As for :func:`from_beads`.
    beads : sequence of Bead
        From :func:`find`.

    Returns
    -------
    ndarray of float32
        As of :func:`from_beads`. Bright beads weigh more, since they are added as they are.
    """
    size = whole_shape(shape)
    image = _stack(stack, size)
    used = [bead for bead in beads if bead.verdict == USED]
    if not used:
        why = ", ".join(
            f"{n} {verdict}" for verdict, n in Counter(b.verdict for b in beads).items()
        )
        raise CourseError(
            f"No bead of the stack can be used: {why or 'none was found'}. "
            "Take a smaller shape, or a stack with fewer, brighter beads."
        )
    if background is not None:
        background = number(background, "background")
        if not np.isfinite(background):
            raise CourseError(f"background is {background}. Give the grey value without light.")
    level, noise = _background(image)
    total = np.mean([_moved(image, bead, size) for bead in used], axis=0)
    total = _without_haze(
        total - (level if background is None else background), noise / len(used) ** 0.5
    )
    if not total.sum() > 0:
        raise CourseError(
            f"Nothing of the beads is above the background of {background}. "
            "Give the grey value where there is no light, or leave it out."
        )
    if is_flat(total):
        raise CourseError(
            f"Above a background of {background} the beads are the same in every voxel. Give the "
            "grey value where there is no light, or leave it out."
        )
    return (total / total.sum()).astype(np.float32)


def _stack(stack: Any, size: tuple[int, ...]) -> NDArray[np.float32]:
    image: NDArray[np.float32] = to_numpy(as_float32(stack, "stack"))
    if image.ndim != len(size):
        raise CourseError(f"The stack has {image.ndim} axes and the shape {len(size)} numbers.")
    return image


def _background(image: NDArray[Any]) -> tuple[float, float]:
    """Return level and spread of the background; beads are too few to move a median."""
    level = float(np.median(image))
    below = image[image <= level]  # nothing but background lies there
    return level, float(np.sqrt(np.mean((below - level) ** 2)))


def _no_rings(peaks: NDArray[Any], heights: NDArray[Any], size: Sequence[int]) -> list[bool]:
    """Say of each maximum whether it stands alone or in the picture of a much brighter bead."""
    wide = 1.5 * np.array(size)
    return [
        not ((np.abs(peaks - peak) < wide).all(axis=1) & (heights > 10 * height)).any()
        for peak, height in zip(peaks, heights, strict=True)
    ]


def _box(image: NDArray[Any], position: Any, size: Sequence[int]) -> NDArray[Any]:
    """Return the voxels around a position, its own at ``n // 2``; fewer at the border."""
    middle = np.round(position).astype(int)
    return image[
        tuple(slice(max(m - n // 2, 0), m - n // 2 + n) for m, n in zip(middle, size, strict=True))
    ]


def _located(image: NDArray[Any], bead: Bead, core: Sequence[int]) -> Bead:
    """Fit a Gaussian to the core of a bead and take its centre."""
    from scipy.optimize import least_squares

    if bead.verdict != USED:
        return bead
    values = _box(image, bead.position, core)
    grid = np.indices(values.shape) - np.array(core).reshape(-1, *[1] * values.ndim) // 2
    axes = values.ndim

    def misfit(p: NDArray[np.float64]) -> NDArray[np.float64]:
        centre, width = p[:axes], p[axes : 2 * axes]
        shape = (-1, *[1] * axes)
        squared = ((grid - centre.reshape(shape)) / width.reshape(shape)) ** 2
        return (p[-2] * np.exp(-squared.sum(axis=0) / 2) + p[-1] - values).ravel()

    low = float(values.min())
    start = [*[0.0] * axes, *[n / 4 for n in core], float(values.max()) - low, low]
    centre = least_squares(misfit, start, x_scale=np.maximum(np.abs(start), 0.1)).x[:axes]
    if (np.abs(centre) > 1).any():  # the fit ran away: this is no single spot
        return replace(bead, verdict=ODD)
    return replace(bead, position=tuple(np.add(bead.position, centre).tolist()))


def _moved(image: NDArray[Any], bead: Bead, size: Sequence[int]) -> NDArray[np.float64]:
    """Return the box around a bead, moved by splines so that its centre is voxel ``n // 2``."""
    from scipy import ndimage

    wide = [n + 2 for n in size]  # the neighbours of the outermost voxels take part
    box = _box(image, bead.position, wide).astype(np.float64)
    part = np.round(bead.position) - bead.position
    moved = ndimage.shift(box, part, order=5, mode="nearest")
    return moved[tuple(slice(1, 1 + n) for n in size)]


def _without_haze(volume: NDArray[np.float64], noise: float) -> NDArray[np.float64]:
    """Clip at 0 without turning the noise around 0 into light.

    Where a voxel and its neighbours together do not stand out of the noise, their mean is taken:
    in it, what is too low makes up for what is too high, before anything is clipped.
    """
    from scipy import ndimage

    mean = ndimage.uniform_filter(volume, 5, mode="nearest")
    return np.maximum(np.where(mean < 3 * noise, mean, volume), 0)


def _alike(beads: list[Bead], image: NDArray[Any], size: Sequence[int]) -> list[Bead]:
    """Leave out those whose shape is not that of the median bead."""
    used = [bead for bead in beads if bead.verdict == USED]
    if len(used) < 3:  # nobody to ask
        return beads
    inner = [n // 4 * 2 + 1 for n in size]  # further out is mostly noise
    boxes = {id(bead): _moved(image, bead, inner).ravel() for bead in used}
    typical = np.median([box / box.sum() for box in boxes.values()], axis=0)
    return [
        replace(bead, verdict=ODD)
        if bead.verdict == USED and np.corrcoef(boxes[id(bead)], typical)[0, 1] < 0.95
        else bead
        for bead in beads
    ]
