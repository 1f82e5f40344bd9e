"""The solution of the exercise on convolution by FFT without light that wraps around."""

from typing import Any

from array_api_compat import array_namespace

Array = Any  # of NumPy, CuPy or torch


def blur_without_wrap(image: Array, psf: Array) -> Array:
    """Blur an image with a PSF as if nothing lay outside it.

    Parameters
    ----------
    image, psf : float arrays of as many axes
        Of one library. The centre of the PSF is ``n // 2`` of each axis of n.

    Returns
    -------
    float array
        Of the image's shape.
    """
    xp = array_namespace(image, psf)
    axes = tuple(range(image.ndim))
    room = tuple(n + p - 1 for n, p in zip(image.shape, psf.shape, strict=True))
    spectrum = xp.fft.rfftn(image, s=room, axes=axes) * xp.fft.rfftn(psf, s=room, axes=axes)
    full = xp.fft.irfftn(spectrum, s=room, axes=axes)
    window = tuple(slice(p // 2, p // 2 + n) for n, p in zip(image.shape, psf.shape, strict=True))
    return full[window]
