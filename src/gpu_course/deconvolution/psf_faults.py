"""What is wrong with a point spread function, before it ruins a deconvolution."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.devices import to_numpy

Array = Any  # of NumPy, CuPy or torch

DARK = 0.02
"""Share of the highest value that the darkness around a spot may have."""
ROOM = 0.03
"""Share of the voxels that may reach half the height if there is room for darkness around them. Of
the course's own PSFs with as much room, the lowest voxel has 1.2 % of the highest at most, where an
aberrated one is cut to 9 voxels; with less room a sound one may have more than a tenth."""


def check(psf: Array, image: Array | None = None) -> list[str]:
    """Say what is wrong with a PSF, whoever made it, before it ruins a deconvolution.

    Parameters
    ----------
    psf : array
        Of any library.
    image : array, optional
        The image that it shall blur or deconvolve.

    Returns
    -------
    list of str
        One sentence for each fault, with its cure; empty for a PSF that is fit for use.
    """
    if np.ma.is_masked(psf):
        return ["It is a masked array, and what is masked would count: fill it, psf.filled(0)."]
    values = to_numpy(psf)
    if values.ndim not in (2, 3) or values.dtype.kind not in "uif" or not values.size:
        return [
            f"It is {values.dtype} of shape {values.shape}: give real numbers, (z, y, x) or (y, x)."
        ]
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        return ["It holds NaN or infinite values: find the step that made them."]
    if not values.any():
        return ["It is zero everywhere: there is no light in it."]
    faults = []
    if values.min() < -1e-3 * values.max():
        faults.append("It has negative values, but light cannot be negative: clip them at 0.")
    if abs(values.sum() - 1) > 1e-3:
        faults.append(
            f"Its sum is {values.sum():.4g}, so the blur changes the brightness: divide by the sum."
        )
    if is_flat(values):
        faults.append(
            "It is the same in every voxel, and no lens makes such a picture: give all lengths in "
            "µm, or a larger shape."
        )
        return faults
    brightest = np.unravel_index(values.argmax(), values.shape)
    middle = tuple(n // 2 for n in values.shape)
    if tuple(map(int, brightest)) != middle:
        faults.append(
            f"Its brightest voxel is {tuple(map(int, brightest))}, its centre {middle}: the blur "
            "moves the image by the difference. Roll or cut the PSF."
        )
    border = values[tuple(slice(1, -1) if n > 2 else slice(None) for n in values.shape)]
    outside = values.size - border.size
    if outside and (values.sum() - border.sum()) / outside > DARK * values.max():
        faults.append(
            "Its border is not dark: either it is cut too small, or a background is left in it, "
            "which belongs into the model of the image and not into the PSF. Subtract it."
        )
    if image is not None:
        shape = tuple(np.shape(image))
        if len(shape) != values.ndim:
            faults.append(f"It has {values.ndim} axes and the image {len(shape)}.")
        elif any(n > m for n, m in zip(values.shape, shape, strict=True)):
            faults.append(f"With {values.shape} it is larger than the image {shape}: crop() it.")
    return faults


def notice(psf: Array, level: int = 3) -> None:
    """Warn of a PSF that is fit for a blur, but spoils what is undone with it.

    A PSF whose light lies beside ``n // 2`` moves the result, one without any shape undoes
    nothing, and one on a pedestal spreads light over the whole window. All may be meant (a blur by
    motion is flat), so they are no errors. The user's own line is `level` calls away.
    """
    values = to_numpy(psf).astype(np.float64)
    if is_flat(values):
        warnings.warn(
            "The PSF is the same in every voxel, as no lens makes it. Are its lengths all in µm? "
            "psf.check() says more.",
            stacklevel=level,
        )
        return
    beside = displacement(values)
    if any(beside):
        warnings.warn(
            f"The PSF's light lies {beside} voxels beside its middle voxel, n // 2, so the result "
            "lies as far on the other side. Roll or cut the PSF; psf.check() says more.",
            stacklevel=level,
        )
    if on_pedestal(values):
        warnings.warn(
            f"The lowest voxel of the PSF has {values.min() / values.max():.0%} of the highest, as "
            "if a background is left in it, such as the camera's offset. Subtract it from the PSF.",
            stacklevel=level,
        )


def on_pedestal(psf: NDArray[np.floating[Any]]) -> bool:
    """Return whether a PSF is nowhere dark, although its spot leaves room for darkness."""
    low, high = float(psf.min()), float(psf.max())
    return low > DARK * high and float((psf >= (low + high) / 2).mean()) <= ROOM


def is_flat(psf: NDArray[np.float64]) -> bool:
    """Return whether a PSF of many voxels is nearly the same in all of them."""
    return psf.size > 1 and psf.min() > 0.99 * psf.max()


def displacement(psf: NDArray[np.float64]) -> tuple[int, ...]:
    """Return by how many voxels the light of a PSF lies beside ``n // 2``, 0 for most.

    The light is taken to go around at the border, so that a PSF with its centre at voxel 0 and its
    halves in the corners is seen for what it is, and an even background does not count. A PSF with
    its brightest voxel in the middle is centred, however lopsided. Along each axis, negative is
    towards voxel 0.
    """
    middle = tuple(n // 2 for n in psf.shape)
    if psf[middle] >= (1 - 1e-3) * psf.max():
        return (0,) * psf.ndim
    beside = []
    for axis, n in enumerate(psf.shape):
        profile = psf.sum(axis=tuple(a for a in range(psf.ndim) if a != axis))
        wave = (profile * np.exp(2j * np.pi * (np.arange(n) - n // 2) / n)).sum()
        known = abs(wave) > 1e-3 * profile.sum()
        beside.append(round(float(np.angle(wave)) * n / (2 * np.pi)) if known else 0)
    return tuple(beside)
