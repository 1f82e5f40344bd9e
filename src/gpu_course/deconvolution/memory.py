"""How much memory a deconvolution needs, predicted before it is started."""

from __future__ import annotations

from math import prod

from gpu_course.deconvolution.arrays import Shape
from gpu_course.deconvolution.fourier import fast_shape


def memory_needed(
    shape: Shape,
    psf_shape: Shape,
    *,
    boundary: str = "non-circulant",
    acceleration: str | None = "biggs-andrews",
    tv: float = 0.0,
) -> int:
    """Return the bytes that richardson_lucy() needs beside the image, at its peak (rough)."""
    field = (
        tuple(shape)
        if boundary == "circular"
        else fast_shape(tuple(n + p - 1 for n, p in zip(shape, psf_shape, strict=True)))
    )
    return 4 * prod(field) * (10 + (4 if acceleration else 0) + (5 if tv else 0))
