"""Convolution by FFT that puts every point where it belongs, for any boundary and any parity."""

from __future__ import annotations

from typing import Literal

from gpu_course.deconvolution.arrays import Array, Shape, as_float32, as_psf, device_of, namespace
from gpu_course.deconvolution.fourier import Fourier, fast_shape, transfer_function
from gpu_course.errors import CourseError

Boundary = Literal["zero", "circular", "reflect", "nearest"]
Mode = Literal["same", "full", "valid"]


def margins(psf_shape: Shape) -> tuple[tuple[int, int], ...]:
    """Return how far a PSF reaches, before and after a voxel, along each axis.

    A PSF of p voxels has its centre at ``p // 2``. So it sends light ``p // 2`` voxels back, and
    ``p - 1 - p // 2`` forward.
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
        further care); its mirror image, the border voxel repeated first; the border voxel.
    mode : {"same", "full", "valid"}
        The size of the result: that of the image; with all the light that leaves it (only for
        "zero"); or only where the whole PSF fits inside the image.

    Returns
    -------
    array of float32
        In the image's library and memory. "full" begins ``p // 2`` voxels before the image, for a
        PSF of p voxels, and "valid" ``p - 1 - p // 2`` voxels into it.

    Raises
    ------
    CourseError
        If image or PSF cannot be used, or the boundary or the mode is not one of those.

    Notes
    -----
    The same as `scipy.signal.fftconvolve` for odd PSFs. For even ones SciPy's "same" takes
    voxel ``(n - 1) // 2`` for the PSF's centre; here it is ``n // 2``, where `fftshift` puts it.
    """
    image = as_float32(image)
    psf = as_psf(psf, image)
    _known("boundary", boundary, ("zero", "circular", "reflect", "nearest"))
    _known("mode", mode, ("same", "full", "valid"))
    if mode == "full" and boundary != "zero":
        raise CourseError('mode="full" shows the light that leaves the image: use boundary="zero".')
    reach = margins(psf.shape)
    if boundary == "circular" and mode == "same":
        return blurred(image, psf, image.shape, (0,) * image.ndim, image.shape)
    # Light comes in from voxels that the PSF's mirror image reaches.
    if boundary == "zero" or mode == "valid":
        padded, offset = image, (0,) * image.ndim
    else:
        padded = pad(image, tuple((after, before) for before, after in reach), boundary)
        offset = tuple(after for _, after in reach)
    if mode == "same":
        begin, shape = offset, tuple(image.shape)
    elif mode == "full":
        begin = tuple(-before for before, _ in reach)
        shape = tuple(n + p - 1 for n, p in zip(image.shape, psf.shape, strict=True))
    else:
        begin = tuple(after for _, after in reach)
        shape = tuple(n - p + 1 for n, p in zip(image.shape, psf.shape, strict=True))
    return blurred(padded, psf, shape, begin, _no_wrap(padded.shape, psf.shape))


def blurred(field: Array, psf: Array, shape: Shape, begin: Shape, fft_shape: Shape) -> Array:
    """Return a window of the circular convolution of a field that zeros extend.

    Parameters
    ----------
    field, psf : array of float32
    shape, begin : tuple of int
        The window: how large, and where it begins in the field. It may begin before it.
    fft_shape : tuple of int
        Period of the convolution.
    """
    xp = namespace(field)
    fourier = Fourier(fft_shape, field)
    canvas = fourier.zeros()
    canvas[tuple(slice(0, n) for n in field.shape)] = field
    spectrum = fourier.forward(canvas)
    spectrum *= transfer_function(psf, fourier)
    result = fourier.inverse(spectrum)
    if any(begin):
        result = xp.roll(result, shift=tuple(-b for b in begin), axis=tuple(range(field.ndim)))
    return xp.asarray(result[tuple(slice(0, n) for n in shape)], copy=True)


def pad(
    image: Array, widths: tuple[tuple[int, int], ...], boundary: Literal["reflect", "nearest", "circular"]
) -> Array:
    """Continue an image beyond its border.

    Parameters
    ----------
    image : array
    widths : tuple of (int, int)
        Voxels to add before and after, for each axis; any number.
    boundary : {"reflect", "nearest", "circular"}
        As in :func:`convolve`.

    Returns
    -------
    array
        Larger; a copy.
    """
    xp = namespace(image)
    for axis, (before, after) in enumerate(widths):
        n = image.shape[axis]
        index = xp.arange(-before, n + after, device=device_of(image))
        if boundary == "nearest":
            index = xp.clip(index, 0, n - 1)
        elif boundary == "circular":
            index = index % n
        else:  # up the image and down again, for ever
            index = index % (2 * n)
            index = xp.where(index < n, index, 2 * n - 1 - index)
        image = xp.take(image, index, axis=axis)
    return image


def _no_wrap(shape: Shape, psf_shape: Shape) -> Shape:
    return fast_shape(tuple(n + p - 1 for n, p in zip(shape, psf_shape, strict=True)))


def _known(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise CourseError(f"{what}={value!r} is unknown. Choose from: {', '.join(known)}.")
