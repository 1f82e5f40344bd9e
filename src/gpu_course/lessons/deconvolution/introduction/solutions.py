"""The solution of the exercise on an inverse filter with a floor."""

from typing import Any

from array_api_compat import array_namespace

Array = Any  # of NumPy, CuPy or torch


def inverse_with_floor(image: Array, otf: Array, floor: float) -> Array:
    """Undo a blur where it left enough of a wave, and drop the other waves.

    Parameters
    ----------
    image : float array
        Blurred, any shape.
    otf : complex array
        What the lens leaves of each wave, as `rfftn` of an image of that shape lays it out.
    floor : float
        Waves of which less than this share is left are set to 0.

    Returns
    -------
    float array
        Of the image's shape.
    """
    xp = array_namespace(image, otf)
    axes = tuple(range(image.ndim))
    spectrum = xp.fft.rfftn(image, axes=axes)
    enough = xp.abs(otf) >= floor
    divided = spectrum / xp.where(enough, otf, xp.ones_like(otf))
    kept = xp.where(enough, divided, xp.zeros_like(divided))
    return xp.fft.irfftn(kept, s=image.shape, axes=axes)
