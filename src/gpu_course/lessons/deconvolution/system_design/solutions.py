"""Chunks of a volume: the overlap and the memory they need, and a plan for a given device."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from itertools import product
from math import prod
from typing import Any

import array_api_compat
import numpy as np

from gpu_course.deconvolution import memory_needed
from gpu_course.deconvolution.fourier import fast_shape
from gpu_course.devices import to_numpy
from gpu_course.errors import CourseError

Array = Any  # of NumPy, CuPy or PyTorch
Shape = tuple[int, ...]


def seam_error(whole: Array, parts: Array, seam: int, axis: int = 2, reach: int = 3) -> float:
    """Return the largest difference beside a seam, relative to the range of the whole result.

    Parameters
    ----------
    whole, parts : array, (z, y, x)
        Deconvolved in one piece, and in chunks.
    seam : int
        First voxel of the second chunk along `axis`.
    axis : int
    reach : int
        Voxels on either side that count as beside it.
    """
    whole, parts = to_numpy(whole), to_numpy(parts)
    beside = np.moveaxis(abs(whole - parts), axis, 0)[seam - reach : seam + reach]
    return float(beside.max() / (whole.max() - whole.min()))


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


def with_overlap(chunk: Shape, shape: Shape, overlap: Shape) -> Shape:
    """Return the shape of the largest chunk of a volume together with its overlap."""
    outer = []
    for c, n, o in zip(chunk, shape, overlap, strict=True):
        sides = min(-(-n // c) - 1, 2)  # a chunk at the border overlaps on one side only
        outer.append(min(c + sides * o, n))
    return tuple(outer)


def bytes_for(chunk: Shape, shape: Shape, psf_shape: Shape, overlap: Shape, **options: Any) -> int:
    """Return the bytes that the largest chunk needs: itself, its start, and all work arrays.

    Parameters
    ----------
    chunk, shape, psf_shape, overlap : (z, y, x)
        Of the chunk without overlap, the volume, the PSF; and the overlap in voxels.
    **options
        For :func:`gpu_course.deconvolution.memory_needed`.
    """
    outer = with_overlap(chunk, shape, overlap)
    return 2 * 4 * prod(outer) + memory_needed(outer, psf_shape, **options)


def work_of(chunk: Shape, shape: Shape, psf_shape: Shape, overlap: Shape) -> float:
    """Return the voxels that all chunks together transform, for each voxel of the volume.

    Parameters
    ----------
    chunk, shape, psf_shape, overlap : (z, y, x)
        As for :func:`bytes_for`.
    """
    outer = with_overlap(chunk, shape, overlap)
    padded = fast_shape(tuple(n + p - 1 for n, p in zip(outer, psf_shape, strict=True)))
    chunks = prod(-(-n // c) for n, c in zip(shape, chunk, strict=True))
    return chunks * prod(padded) / prod(shape)


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


def measured_bytes(function: Callable[[], Array]) -> int:
    """Run a function and return the bytes that it took at its peak, beside what was there before.

    Parameters
    ----------
    function : callable
        Returns an array; its library decides who is asked. NumPy reports each allocation to
        Python's own `tracemalloc`; the pool of CuPy keeps what it once had; PyTorch counts on
        CUDA. On other devices nobody counts, and the answer is 0.
    """
    from gpu_course.timing import wait

    sample = function()  # once unmeasured: FFT plans and compiled kernels stay
    if array_api_compat.is_cupy_array(sample):
        import cupy

        del sample
        pool = cupy.get_default_memory_pool()
        pool.free_all_blocks()
        before = pool.total_bytes()
        result = function()
        wait()
        del result
        return int(pool.total_bytes() - before)
    if array_api_compat.is_torch_array(sample):
        import torch

        if not sample.is_cuda:
            return 0
        del sample
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        function()
        return int(torch.cuda.max_memory_allocated() - before)
    del sample
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
