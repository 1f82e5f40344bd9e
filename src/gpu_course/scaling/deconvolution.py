"""Deconvolution of one block, so that all blocks together are the deconvolved volume."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution import memory_needed, overlap_for
from gpu_course.deconvolution._richardson_lucy import deconvolved
from gpu_course.deconvolution.units import number
from gpu_course.devices import to_device, to_numpy
from gpu_course.errors import CourseError

_TURN = threading.Lock()
"""One block at a time. A GPU has memory for one, and a processor uses all of its cores for it."""


@dataclasses.dataclass(frozen=True)
class Deconvolution:
    """Plain Richardson–Lucy, the same for every block.

    No block may go its own way, or seams show: all start from the same level, and none accelerates,
    since momenta depend on what a block holds.

    Attributes
    ----------
    psf : ndarray (z, y, x)
        Its centre at ``n // 2``.
    level : float
        Light per voxel that the first estimate holds: the mean of the volume without background.
    iterations : int
    background : float
        Expected value of a voxel without light from the object.
    """

    psf: NDArray[np.float32]
    level: float
    iterations: int = 10
    background: float = 0.0

    @property
    def reach(self) -> tuple[int, ...]:
        """How far it looks, in voxels; beyond, less than a thousandth of the range depends."""
        return overlap_for(self.psf, iterations=self.iterations, acceleration=None)

    def memory(self, window: tuple[int, ...]) -> int:
        """Return the bytes that a window needs: itself, its start, and all work arrays."""
        window = tuple(max(n, p) for n, p in zip(window, self.psf.shape, strict=True))
        size = int(np.prod(window))
        return 3 * 4 * size + memory_needed(window, self.psf.shape, acceleration=None)

    def __call__(self, window: NDArray[Any]) -> NDArray[np.float32]:
        """Deconvolve a window with the array library of this process, on its device.

        Threads take turns. Two that compute on Apple's GPU at a time end the whole process
        (https://github.com/pytorch/pytorch/issues/197805).

        Parameters
        ----------
        window : ndarray (z, y, x)
            0 or more.

        Returns
        -------
        ndarray of float32, same shape

        Raises
        ------
        CourseError
            If the window is smaller than the PSF, or holds what no photon count can be.
        """
        if any(n < p for n, p in zip(window.shape, self.psf.shape, strict=True)):
            raise CourseError(
                f"A block with its reach has {window.shape} voxels, fewer than the PSF "
                f"{self.psf.shape}. Choose larger blocks, or crop the PSF."
            )
        with _TURN:
            image = to_device(np.asarray(window, np.float32))
            start = to_device(np.full(window.shape, self.level, np.float32))
            # Not judged, as richardson_lucy() does it: a block may be empty, and is dark then.
            estimate, _, _ = deconvolved(
                image,
                to_device(self.psf),
                self.iterations,
                background=self.background,
                start=start,
                acceleration=None,
            )
            return np.asarray(to_numpy(estimate), np.float32)


def first_level(mean: float, background: float) -> float:
    """Return the level that the first estimate of every block holds.

    Parameters
    ----------
    mean : float
        Of the whole volume.
    background : float

    Raises
    ------
    CourseError
        If one of them is no number.

    Examples
    --------
    >>> from gpu_course.scaling import first_level
    >>> first_level(30.0, 10.0)
    20.0
    """
    mean, background = number(mean, "mean"), number(background, "background")
    return max(mean - background, 1e-3 * max(mean, 1e-6))
