"""How wide a point spread function is, and how much wider a bead makes it look."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution.arrays import as_float32
from gpu_course.deconvolution.psf_faults import displacement
from gpu_course.deconvolution.units import MM, NM, lengths, number
from gpu_course.devices import to_numpy
from gpu_course.errors import CourseError


def widths(psf: Any, voxel_size: float | Sequence[float]) -> tuple[float, ...]:
    """Return the full width at half maximum of a PSF along each axis, in µm.

    Parameters
    ----------
    psf : array
        2D or 3D, of NumPy, CuPy or PyTorch. Centre at ``n // 2``.
    voxel_size : float or one float per axis
        Edge lengths of a voxel in µm.

    Returns
    -------
    tuple of float
        Along lines through the centre, between voxels by straight lines; infinite where the PSF
        does not fall to half its maximum.

    Raises
    ------
    CourseError
        If the PSF is none, is dark in its centre, or its light lies beside it; or if the voxel size
        is none.
    """
    psf = to_numpy(as_float32(psf, "PSF")).astype(np.float64)
    middle = tuple(n // 2 for n in psf.shape)
    if not psf[middle] > 0:
        raise CourseError(f"The PSF is dark in its centre {middle}. Cut or roll it, check() it.")
    beside = displacement(psf)
    if any(beside):
        raise CourseError(
            f"The PSF's light lies {beside} voxels beside its middle voxel, n // 2, and a line "
            "through that has another width. Roll or cut the PSF."
        )
    result = []
    for axis, step in enumerate(lengths(voxel_size, psf.ndim, "voxel_size")):
        place: list[Any] = [*middle]
        place[axis] = slice(None)
        line = psf[tuple(place)]
        arms = line[middle[axis] :: -1], line[middle[axis] :]
        result.append(step * sum(_fall(arm / line[middle[axis]]) for arm in arms))
    return tuple(result)


def _fall(arm: NDArray[np.float64]) -> float:
    """Return at which index a line that starts at 1 falls to a half."""
    below = np.flatnonzero(arm < 0.5)
    if not below.size:
        return float("inf")
    last = below[0] - 1
    return float(last + (arm[last] - 0.5) / (arm[last] - arm[last + 1]))


def broadening(psf: Any, voxel_size: float | Sequence[float], diameter: float) -> tuple[float, ...]:
    """Return how many times as wide as the PSF its picture of a bead is, along each axis.

    Parameters
    ----------
    psf, voxel_size
        As for :func:`widths`.
    diameter : float
        Of the bead, in µm.

    Returns
    -------
    tuple of float
        By the rule that variances add up under convolution; that of a ball is a fifth of its radius
        squared. The PSF's is taken from its width at half maximum, as that of a Gaussian, since its
        faint wings would dominate it otherwise.

    Raises
    ------
    CourseError
        If a length is none, or looks like nm, mm or m; or as of :func:`widths`.
    """
    diameter = number(diameter, "diameter", "in µm")
    if not (diameter == 0 or MM <= diameter < NM):
        raise CourseError(
            f"The diameter of a bead is {diameter:g} µm. That looks like another unit: beads have "
            "0.02 to 10 µm."
        )
    sigmas = np.array(widths(psf, voxel_size)) / 2.3548
    return tuple(np.sqrt(1 + (diameter / 2) ** 2 / 5 / sigmas**2).tolist())
