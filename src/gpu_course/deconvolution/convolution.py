"""Convolution by FFT that puts every point where it belongs, for any boundary and any parity."""

from __future__ import annotations

from typing import Literal

from gpu_course.deconvolution.arrays import (
    Array,
    Shape,
    as_float32,
    as_psf,
    device_of,
    known,
    moderate,
    namespace,
)
from gpu_course.deconvolution.fourier import Fourier, shape_without_wrap, transfer_function
from gpu_course.errors import CourseError

Boundary = Literal["zero", "circular", "reflect", "nearest"]
Mode = Literal["same", "full", "valid"]


def reach(psf_shape: Shape) -> tuple[tuple[int, int], ...]:
    """Return how far a PSF carries light back and forth along each axis.

    Parameters
    ----------
    psf_shape : tuple of int
        A PSF of p voxels has its centre at ``p // 2``. So it carries light ``p // 2`` voxels back
        and ``p - 1 - p // 2`` voxels forward: equally far for odd p.
    """
    return tuple((p // 2, p - 1 - p // 2) for p in psf_shape)


def convolve(
    image: Array, psf: Array, *, boundary: Boundary = "zero", mode: Mode = "same"
) -> Array:
    """Blur an image with a PSF.

    Parameters
    ----------
    image : array (y, x) or (z, y, x)
        Of NumPy, CuPy or PyTorch; computed as float32.
    psf : array
        As many axes, nowhere larger than the image, its centre at voxel ``n // 2`` of each axis of
        n. It is divided by its sum, so that light is spread and not made.
    boundary : {"zero", "circular", "reflect", "nearest"}
        What lies outside the image: nothing; the opposite side (that is what an FFT does without
        further care); the mirror image, the border voxel repeated first; the border voxel.
    mode : {"same", "full", "valid"}
        The size of the result: that of the image; with all the light that leaves it (only for
        "zero"); or only where the whole PSF fits inside the image (whatever the boundary).

    Returns
    -------
    array of float32
        In the image's library and memory. For a PSF of p voxels, "full" begins ``p // 2`` voxels
        before the image, and "valid" ``p - 1 - p // 2`` voxels into it.

    Raises
    ------
    CourseError
        If image or PSF cannot be used, or the boundary or the mode is not one of those.

    Notes
    -----
    The FFT leaves a ripple of a few millionths of the brightest voxel, so that a dark voxel may be
    slightly below 0.

    For odd PSFs this is :func:`scipy.signal.fftconvolve`. For even ones the "same" of SciPy takes
    voxel ``(p - 1) // 2`` for the centre; here it is ``p // 2``, where `fftshift` puts it.

    Examples
    --------
    >>> from gpu_course.deconvolution import convolve
    >>> point = np.zeros((1, 5))
    >>> point[0, 2] = 6
    >>> convolve(point, np.array([[1, 2, 0]])).round(2) + 0.0
    array([[0., 2., 4., 0., 0.]], dtype=float32)
    """
    known("boundary", boundary, "zero", "circular", "reflect", "nearest")
    known("mode", mode, "same", "full", "valid")
    if mode == "full" and boundary != "zero":
        raise CourseError('mode="full" shows the light that leaves the image: use boundary="zero".')
    image = as_float32(image)
    psf = as_psf(psf, image)
    image, unit = moderate(image)
    shape, ways = tuple(image.shape), reach(psf.shape)
    if mode == "full":
        begin = tuple(-back for back, _ in ways)
        shape = tuple(n + p - 1 for n, p in zip(shape, psf.shape, strict=True))
    elif mode == "valid":
        begin = tuple(forth for _, forth in ways)
        shape = tuple(n - p + 1 for n, p in zip(shape, psf.shape, strict=True))
    elif boundary in ("reflect", "nearest"):
        # Light from before the image arrives on its way forth, light from behind on its way back.
        image = pad(image, tuple((forth, back) for back, forth in ways), boundary)
        begin = tuple(forth for _, forth in ways)
    else:
        begin = (0,) * image.ndim
    period = tuple(image.shape)
    if mode == "full" or (mode == "same" and boundary == "zero"):
        period = shape_without_wrap(period, psf.shape)
    fourier = Fourier(period, image, tuple(image.shape))
    spectrum = fourier.forward_window(image)
    spectrum *= transfer_function(psf, fourier, begin)
    result = fourier.inverse(spectrum)[tuple(slice(0, n) for n in shape)]
    result = namespace(image).asarray(result, copy=True)
    result *= unit
    return result


def pad(
    image: Array, widths: tuple[tuple[int, int], ...], boundary: Literal["reflect", "nearest"]
) -> Array:
    """Continue an image beyond its border; the result is larger, and a copy.

    `widths` are the voxels to add before and after, for each axis, any number; the boundary is as
    in :func:`convolve`.
    """
    xp = namespace(image)
    for axis, (before, after) in enumerate(widths):
        n = image.shape[axis]
        index = xp.arange(-before, n + after, device=device_of(image))
        if boundary == "nearest":
            index = xp.clip(index, 0, n - 1)
        else:  # up the image and down again, for ever
            index = index % (2 * n)
            index = xp.where(index < n, index, 2 * n - 1 - index)
        image = xp.take(image, index, axis=axis)
    return image
