"""Undoing a blur in one step: the inverse filter, and Wiener's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from gpu_course.deconvolution.arrays import (
    Array,
    as_float32,
    as_psf,
    known,
    moderate,
    namespace,
    refuse_constant,
)
from gpu_course.deconvolution.convolution import pad
from gpu_course.deconvolution.fourier import Fourier, shape_without_wrap, transfer_function
from gpu_course.deconvolution.psf_faults import notice
from gpu_course.deconvolution.units import number
from gpu_course.errors import CourseError

Boundary = Literal["circular", "reflect", "nearest"]

MOST_NOISE = 1000
"""More would leave a thousandth of the picture."""


def inverse_filter(
    image: Array,
    psf: Array,
    *,
    cutoff: float = 0.0,
    boundary: Boundary = "reflect",
) -> Array:
    """Divide the image's spectrum by the PSF's.

    Without noise that is the answer. With noise it is a disaster, and worth seeing once: where the
    PSF lets next to nothing through, the picture has nothing but noise, and the division raises it
    above everything else.

    Parameters
    ----------
    image : array (y, x) or (z, y, x)
        Of NumPy, CuPy or PyTorch.
    psf : array
        As many axes, its centre at ``n // 2``. It is divided by its sum.
    cutoff : float
        Frequencies of which the PSF lets through a smaller share than this are set to 0. With 0,
        only those that it does not let through at all.
    boundary : {"circular", "reflect", "nearest"}
        How the image is thought to go on outside; see :func:`~gpu_course.deconvolution.convolve`.

    Returns
    -------
    array of float32
        Of the image's shape, library and memory. It has negative values.

    Raises
    ------
    CourseError
        If image, PSF or cutoff cannot be used, or only the mean would be left.

    Warns
    -----
    UserWarning
        If the PSF is flat, or its light lies beside ``n // 2``.

    Examples
    --------
    >>> from gpu_course.deconvolution import convolve, inverse_filter
    >>> line, psf = np.array([[0, 0, 6, 0, 3, 0, 0]]), np.array([[1, 4, 1]])
    >>> blurred = convolve(line, psf, boundary="circular")
    >>> inverse_filter(blurred, psf, boundary="circular").round(2) + 0.0
    array([[0., 0., 6., 0., 3., 0., 0.]], dtype=float32)
    """
    cutoff = number(cutoff, "cutoff")
    if not 0 <= cutoff < 1:
        raise CourseError(f"cutoff={cutoff} is no share. Choose it from 0 to below 1.")

    def divide(transfer: Array, power: Array) -> Array:
        xp = namespace(power)
        kept = power > max(cutoff**2, 1e-30)
        safe = xp.where(kept, power, 1.0)
        return xp.conj(transfer) * xp.where(kept, 1 / safe, 0.0)

    return _filtered(image, psf, divide, boundary)


def wiener(
    image: Array,
    psf: Array,
    *,
    noise: float = 0.01,
    boundary: Boundary = "reflect",
) -> Array:
    """Divide the spectra, but only as far as the noise allows.

    Parameters
    ----------
    image : array (y, x) or (z, y, x)
        Of NumPy, CuPy or PyTorch.
    psf : array
        As many axes, its centre at ``n // 2``. It is divided by its sum.
    noise : float
        Power of the noise relative to that of the object, taken to be the same at all frequencies.
        Larger is smoother.
    boundary : {"circular", "reflect", "nearest"}
        How the image is thought to go on outside; see :func:`~gpu_course.deconvolution.convolve`.

    Returns
    -------
    array of float32
        Of the image's shape, library and memory. It can have negative values.

    Raises
    ------
    CourseError
        If image, PSF or noise cannot be used, or only the mean would be left.

    Warns
    -----
    UserWarning
        If the PSF is flat, or its light lies beside ``n // 2``.

    References
    ----------
    N. Wiener, *Extrapolation, Interpolation, and Smoothing of Stationary Time Series*, 1949.

    Examples
    --------
    >>> from gpu_course.deconvolution import convolve, wiener
    >>> line, psf = np.array([[0, 0, 6, 0, 3, 0, 0]]), np.array([[1, 4, 1]])
    >>> blurred = convolve(line, psf, boundary="circular")
    >>> wiener(blurred, psf, noise=0.1, boundary="circular").round(1) + 0.0
    array([[-0.1,  0.6,  4.5,  0.8,  2.2,  0.3,  0. ]], dtype=float32)
    """
    noise = number(noise, "noise")
    if not 0 < noise <= MOST_NOISE:
        raise CourseError(
            f"noise={noise:g} must be above 0, and at most {MOST_NOISE}: it is relative to the "
            "power of the object. Without any noise, use inverse_filter()."
        )

    def divide(transfer: Array, power: Array) -> Array:
        return namespace(power).conj(transfer) / (power + noise)

    return _filtered(image, psf, divide, boundary)


def _filtered(
    image: Array, psf: Array, gain: Callable[[Array, Array], Array], boundary: Boundary
) -> Array:
    """Multiply the image's spectrum by a gain made of the transfer function and its power."""
    known("boundary", boundary, "circular", "reflect", "nearest")
    given = as_float32(image)
    psf = as_psf(psf, given)
    notice(psf, level=4)
    image, unit = moderate(given)
    shape, begin = tuple(image.shape), (0,) * image.ndim
    padded = image
    if boundary != "circular":
        period = shape_without_wrap(shape, psf.shape)
        begin = tuple((m - n) // 2 for m, n in zip(period, shape, strict=True))
        widths = zip(begin, (m - n for m, n in zip(period, shape, strict=True)), strict=True)
        padded = pad(image, tuple((before, more - before) for before, more in widths), boundary)
    fourier = Fourier(tuple(padded.shape), padded)
    # The FFT's 1/N is in the transfer function. A gain needs the shares themselves, and 1/N once.
    transfer = transfer_function(psf, fourier, (0,) * psf.ndim) * fourier.size
    spectrum = fourier.forward(padded)
    spectrum *= gain(transfer, namespace(image).abs(transfer) ** 2)
    spectrum /= fourier.size
    window = tuple(slice(b, b + n) for b, n in zip(begin, shape, strict=True))
    result = namespace(image).asarray(fourier.inverse(spectrum)[window], copy=True)
    result *= unit
    return refuse_constant(result, given, "Choose a smaller cutoff or less noise.")
