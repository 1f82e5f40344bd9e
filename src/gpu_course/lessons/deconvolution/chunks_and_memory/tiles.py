"""Chunks of a volume: the seams they leave, and the memory and the work they need."""

import tracemalloc
from collections.abc import Callable
from math import prod
from typing import Any

import array_api_compat
import numpy as np

from gpu_course.deconvolution import memory_needed
from gpu_course.deconvolution.fourier import fast_shape
from gpu_course.devices import to_numpy

Array = Any  # of NumPy, CuPy or PyTorch
Shape = tuple[int, ...]


def seam_error(whole: Array, parts: Array, seam: int, axis: int = 2) -> float:
    """Return the largest difference beside a seam, relative to the range of the whole result.

    `whole` and `parts` (z, y, x) were deconvolved in one piece and in chunks; `seam` is the first
    voxel of the second chunk along `axis`. Three voxels on either side count as beside it.
    """
    whole, parts = to_numpy(whole), to_numpy(parts)
    beside = np.moveaxis(abs(whole - parts), axis, 0)[seam - 3 : seam + 3]
    return float(beside.max() / (whole.max() - whole.min()))


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
