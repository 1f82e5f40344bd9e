"""The solutions of the exercises: a raw picture becomes a PSF, and a PSF tells its depth."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def match_depth(measured: NDArray[Any], make: Callable[[float], NDArray[Any]]) -> float:
    """Find the depth at which the theoretical PSF looks most like a measured one.

    Parameters
    ----------
    measured : ndarray, (z, y, x)
        Sum 1, centre at ``n // 2``, with noise.
    make : callable
        ``make(depth)`` returns the theoretical PSF of the same shape for a depth in µm.

    Returns
    -------
    float
        Depth in µm, from 0 to 20: the best of every second µm, then the best of every half around
        it.
    """

    def misfit(depth: float) -> float:
        return float(np.sum((make(depth) - measured) ** 2))

    coarse = min(np.arange(0.0, 20.1, 2.0), key=misfit)
    fine = np.arange(max(coarse - 1.5, 0.0), coarse + 1.6, 0.5)
    return float(min(fine, key=misfit))


def mend(volume: NDArray[Any], background: float) -> NDArray[np.float32]:
    """Make a PSF out of a raw picture of a point.

    Parameters
    ----------
    volume : ndarray, (z, y, x)
        In grey values; the brightest voxel may be anywhere.
    background : float
        Grey value where there is no light.

    Returns
    -------
    ndarray of float32
        Not negative, sum 1: the largest box of odd size whose centre is the brightest voxel.
    """
    light = np.maximum(np.asarray(volume, np.float32) - background, 0)
    brightest = np.unravel_index(light.argmax(), light.shape)
    reach = [min(b, n - 1 - b) for b, n in zip(brightest, light.shape, strict=True)]
    box = light[tuple(slice(b - r, b + r + 1) for b, r in zip(brightest, reach, strict=True))]
    return box / box.sum()
