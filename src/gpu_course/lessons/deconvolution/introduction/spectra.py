"""Waves: what a lens leaves of each, and how strong they are in an image."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device
from numpy.typing import NDArray

from gpu_course.devices import to_numpy

Array = Any  # of NumPy, CuPy or torch


def otf(psf: Array, shape: Sequence[int]) -> Array:
    """Return the optical transfer function: what a PSF leaves of every wave.

    Parameters
    ----------
    psf : float array
        Centre at ``n // 2`` of each axis of n.
    shape : sequence of int
        Of the image that it shall be used with, at least as large as the PSF.

    Returns
    -------
    complex array
        As `rfftn` of an image of that shape lays it out: zero frequency first, half a last axis.
    """
    xp = array_namespace(psf)
    axes = tuple(range(psf.ndim))
    field = xp.zeros(tuple(shape), dtype=psf.dtype, device=device(psf))
    field[tuple(slice(0, n) for n in psf.shape)] = psf
    # For an FFT the origin is index 0: roll the centre there.
    return xp.fft.rfftn(xp.roll(field, [-(n // 2) for n in psf.shape], axis=axes), axes=axes)


def by_frequency(
    spectrum: Array, shape: Sequence[int], voxel_size: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average the strength of waves over all directions of a plane.

    Parameters
    ----------
    spectrum : complex array
        `rfftn` of an image.
    shape : (y, x)
        Of that image.
    voxel_size : float
        Edge of a pixel in µm.

    Returns
    -------
    frequencies, strengths : ndarrays
        Waves per µm, up to the finest that the pixels can show; mean absolute value, as a share
        of what the same number of pixels of value 1 would have at frequency 0.
    """
    rows, columns = np.fft.fftfreq(shape[0], voxel_size), np.fft.rfftfreq(shape[1], voxel_size)
    frequency = np.hypot(rows[:, None], columns)
    step = 1 / (max(shape) * voxel_size)
    ring = np.round(frequency / step).astype(int)
    last = int(0.5 / voxel_size / step)
    values = np.abs(to_numpy(spectrum)) / prod(shape)
    total = np.bincount(ring.ravel(), values.ravel())[: last + 1]
    frequencies = np.arange(last + 1, dtype=np.float64) * step
    return frequencies, total / np.bincount(ring.ravel())[: last + 1]
