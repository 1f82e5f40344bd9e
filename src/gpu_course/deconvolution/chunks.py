"""Volumes larger than the device's memory: deconvolved in chunks that overlap."""

from __future__ import annotations

from itertools import product
from typing import Any

from gpu_course.deconvolution.arrays import Array, as_float32, as_psf, namespace
from gpu_course.deconvolution.iterative import richardson_lucy


def overlap_for(psf: Array, *, iterations: int = 50) -> tuple[int, ...]:
    """Return how many voxels chunks must overlap along each axis."""
    return tuple(int(n) for n in psf.shape)


def chunked(
    image: Array,
    psf: Array,
    iterations: int = 50,
    *,
    chunk: tuple[int, ...],
    overlap: tuple[int, ...] | None = None,
    **options: Any,
) -> Array:
    """Deconvolve chunk by chunk (first, plain version)."""
    image = as_float32(image)
    psf = as_psf(psf, image)
    xp = namespace(image)
    overlap = overlap_for(psf, iterations=iterations) if overlap is None else tuple(overlap)
    result = xp.zeros_like(image)
    starts = [range(0, n, c) for n, c in zip(image.shape, chunk, strict=True)]
    for corner in product(*starts):
        inner = tuple(
            slice(b, min(b + c, n)) for b, c, n in zip(corner, chunk, image.shape, strict=True)
        )
        outer = tuple(
            slice(max(i.start - o, 0), min(i.stop + o, n))
            for i, o, n in zip(inner, overlap, image.shape, strict=True)
        )
        part = richardson_lucy(image[outer], psf, iterations, **options)
        result[inner] = part[
            tuple(
                slice(i.start - o.start, i.stop - o.start)
                for i, o in zip(inner, outer, strict=True)
            )
        ]
    return result
