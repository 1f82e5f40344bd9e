"""How much memory a deconvolution needs, known before it is started."""

from __future__ import annotations

import os
from math import prod
from typing import Literal

from gpu_course.deconvolution._forward_model import field_of
from gpu_course.deconvolution.arrays import Shape, known
from gpu_course.deconvolution.pointwise import VOXELS
from gpu_course.deconvolution.units import number, whole_shape
from gpu_course.errors import CourseError


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
        Bytes, on NumPy to within a tenth or so. GPU libraries add the work space of their FFTs, a
        few more arrays of the field's size, and keep freed memory for later.

    Raises
    ------
    CourseError
        If the shapes do not fit together, or an option is unknown.

    Examples
    --------
    >>> from gpu_course.deconvolution import memory_needed
    >>> plain = memory_needed((64, 256, 256), (31, 31, 31), acceleration=None)
    >>> plain < memory_needed((64, 256, 256), (31, 31, 31))
    True
    """
    shape, psf_shape = whole_shape(shape), whole_shape(psf_shape)
    known("boundary", boundary, "non-circulant", "circular")
    if isinstance(acceleration, str):
        known("acceleration", acceleration, "biggs-andrews")
    tv = number(tv, "tv")
    if len(shape) != len(psf_shape) or any(p > n for p, n in zip(psf_shape, shape, strict=True)):
        raise CourseError(
            f"The PSF's shape {tuple(psf_shape)} does not fit into the image's {tuple(shape)}. "
            "Give one number for each axis of both, and a PSF that is nowhere larger."
        )
    field, _ = field_of(tuple(shape), tuple(psf_shape), boundary)
    real = 4 * prod(field)
    spectrum = 8 * prod(field[:-1]) * (field[-1] // 2 + 1)
    window = 4 * prod(shape[:-1]) * field[-1]  # the ratio, with whole rows of the field
    # Total variation has seven arrays more, but of one block per core at a time.
    voxels = (os.cpu_count() or 1) * min(VOXELS["numpy"], prod(field))
    blocks = 4 * voxels * (8 if tv else 2)
    # The estimate, what is seen of it, the correction, and the transfer function; on top come a
    # spectrum on the way to the correction, then the blocks on the way from it to the estimate.
    needed = 3 * real + spectrum + window + max(spectrum, blocks)
    if acceleration is not None:
        needed += 2 * real  # the estimate before, and the last step
    return needed
