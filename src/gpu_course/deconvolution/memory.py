"""How much memory a deconvolution needs, known before it is started."""

from __future__ import annotations

import os
from math import prod
from typing import Literal

from gpu_course.deconvolution.arrays import Shape
from gpu_course.deconvolution.imaging import field_of
from gpu_course.deconvolution.pointwise import VOXELS


def memory_needed(
    shape: Shape,
    psf_shape: Shape,
    *,
    boundary: Literal["non-circulant", "circular"] = "non-circulant",
    acceleration: Literal["biggs-andrews"] | None = "biggs-andrews",
    tv: float = 0.0,
) -> int:
    """Return the most memory that richardson_lucy() takes at a time, beside the image it is given.

    Parameters
    ----------
    shape, psf_shape : tuple of int
        Of the image and of the PSF, in voxels.
    boundary, acceleration, tv
        As for :func:`~gpu_course.deconvolution.richardson_lucy`.

    Returns
    -------
    int
        Bytes. On NumPy to within a tenth or so; GPU libraries add the work space of their FFT, about
        two more arrays of the field's size, and keep freed memory for later.
    """
    field, _ = field_of(tuple(shape), tuple(psf_shape), boundary)
    real = 4 * prod(field)
    spectrum = 8 * prod(field[:-1]) * (field[-1] // 2 + 1)
    # Kept: the estimate, the gain and the transfer function. In work: a spectrum, what is made of
    # it, and the ratio, which fills the window, with whole rows of the field.
    needed = 3 * real + 2 * spectrum + 4 * prod(shape[:-1]) * field[-1]
    if acceleration:
        needed += 2 * real  # the estimate before, and the last step
    # Total variation has seven arrays more, but of one block per core at a time.
    blocks = (os.cpu_count() or 1) * min(VOXELS["numpy"], prod(field))
    return needed + 4 * blocks * (8 if tv else 1)
