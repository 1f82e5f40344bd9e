"""The solutions of the exercises: an overlap for a PSF, and chunks for a given memory."""

from itertools import product
from typing import Any

import numpy as np

from gpu_course.devices import to_numpy
from gpu_course.errors import CourseError
from gpu_course.lessons.deconvolution.chunks_and_memory.tiles import bytes_for, work_of

Array = Any  # of NumPy, CuPy or PyTorch
Shape = tuple[int, ...]


def choose_overlap(psf: Array, tolerance: float) -> tuple[int, ...]:
    """Return the overlap of chunks that keeps the error at a seam below a tolerance.

    Parameters
    ----------
    psf : array
        Its centre at ``n // 2``.
    tolerance : float
        Of the result's range, such as 0.01.

    Returns
    -------
    tuple of int
        Voxels along each axis. In an iteration light goes through the PSF twice, when the estimate
        is blurred and when the correction comes back. No more than `tolerance` of the light gets
        further than this on such a round trip.
    """
    overlap = []
    for axis in range(psf.ndim):
        others = tuple(a for a in range(psf.ndim) if a != axis)
        there = to_numpy(psf).astype(np.float64).sum(axis=others)
        trip = np.convolve(there, there[::-1]) / there.sum() ** 2
        distance = abs(np.arange(len(trip)) - len(trip) // 2)
        beyond = [trip[distance > reach].sum() for reach in range(len(there))]
        overlap.append(int(np.argmax(np.array(beyond) <= tolerance)))
    return tuple(overlap)


def plan_tiles(shape: Shape, psf_shape: Shape, overlap: Shape, memory: int) -> Shape:
    """Choose the chunks that cost the least work and fit into the memory.

    Parameters
    ----------
    shape, psf_shape, overlap : (z, y, x)
        Of the volume and the PSF; overlap in voxels.
    memory : int
        In bytes.

    Returns
    -------
    tuple of int
        Shape of a chunk without its overlap.

    Raises
    ------
    CourseError
        If not even the smallest chunk fits.
    """
    # Cut each axis in 1, 2, 3 … equal pieces; more pieces than this would be overlap mostly.
    pieces = [range(1, max(2 * n // (p + 2 * o), 1) + 1)
              for n, p, o in zip(shape, psf_shape, overlap, strict=True)]  # fmt: skip
    chunks = {
        tuple(-(-n // k) for n, k in zip(shape, cuts, strict=True)) for cuts in product(*pieces)
    }
    for chunk in sorted(chunks, key=lambda c: work_of(c, shape, psf_shape, overlap)):
        if bytes_for(chunk, shape, psf_shape, overlap) <= memory:
            return chunk
    raise CourseError(
        f"No chunk of {shape} fits into {memory / 2**30:.2f} GiB with an overlap of {overlap} and "
        f"a PSF of {psf_shape}. Crop the PSF, or take less overlap."
    )
