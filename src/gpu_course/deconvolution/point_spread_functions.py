"""What the chapter on point spread functions needs beside the package: beads, and two solutions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution.convolution import convolve


def bead_image(
    shape: Sequence[int],
    positions: NDArray[np.float64],
    light: NDArray[np.float64] | Sequence[float],
    psf: NDArray[Any],
    *,
    background: float = 10.0,
    seed: int = 0,
) -> NDArray[np.float32]:
    """Take a picture of beads that lie anywhere between the voxels.

    Parameters
    ----------
    shape : (z, y, x)
        In voxels.
    positions : ndarray, shape (n, 3)
        (z, y, x) of the beads in voxels, with fractions.
    light : sequence of n floats
        Expected photons of each bead.
    psf : ndarray
        Centre at ``n // 2``, sum 1.
    background : float
        Expected photons in every voxel.
    seed : int
        Of the photon noise.

    Returns
    -------
    ndarray of float32
        Photons counted.

    Notes
    -----
    A point between voxels is a spectrum of constant strength whose phase holds the position. The
    PSF contains no frequencies that the voxels could not show, so its picture is exact.
    """
    waves = [
        np.exp(-2j * np.pi * np.outer(positions[:, axis], np.fft.fftfreq(n)))
        for axis, n in enumerate(shape)
    ]
    planes = np.asarray(light)[:, None, None] * waves[0][:, :, None] * waves[1][:, None, :]
    spectrum = planes.reshape(len(positions), -1).T @ waves[2]
    points = np.fft.ifftn(spectrum.reshape(tuple(shape))).real
    mean = np.maximum(convolve(points, psf), 0) + background
    return np.random.default_rng(seed).poisson(mean).astype(np.float32)
