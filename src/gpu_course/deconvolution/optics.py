"""What psfmodels leaves to its user: can the objective exist, where is its focus, its pinhole."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError


def check(
    wavelength: float, aperture: float, immersion: float, sample: float, depth: float
) -> None:
    """Refuse an objective that cannot exist.

    Parameters
    ----------
    wavelength, depth : float
        In µm.
    aperture : float
        Numerical aperture.
    immersion, sample : float
        Refractive indices.

    Raises
    ------
    CourseError
        With the number that is wrong, and its usual reason.
    """
    if not 0.2 <= wavelength <= 2:
        cure = " That looks like nm: divide by 1000." if wavelength >= 200 else ""
        raise CourseError(
            f"The wavelength is {wavelength:g} µm, but light has 0.2 to 2 µm; green is 0.52.{cure}"
        )
    if not (1 <= immersion < 2 and 1 <= sample < 2):
        raise CourseError(
            f"The refractive indices are {immersion:g} and {sample:g}, but lie between 1 (air) and "
            "2: water has 1.33, oil 1.515."
        )
    if not 0 < aperture < immersion:
        raise CourseError(
            f"A numerical aperture of {aperture:g} cannot be in a medium of index {immersion:g}: "
            "it is always smaller. Look at the objective: oil 1.515, water 1.33, air 1."
        )
    if not 0 <= depth < 1000:
        raise CourseError(f"The depth is {depth:g} µm, but must be 0 or more, below 1000 µm.")


def modelled(
    heights: NDArray[np.float64], n: int, wavelength: float, lens: dict[str, Any]
) -> NDArray[np.float64]:
    """Return psfmodels' PSF in n × n pixels, n odd, at heights of the stage in µm."""
    import psfmodels

    return psfmodels.make_psf(list(heights), n, wvl=wavelength, normalize=False, **lens)


def focus(lens: dict[str, Any], wavelength: float) -> float:
    """Return the height of the stage in µm at which the point looks brightest."""
    depth = lens["pz"]
    if depth == 0 or lens["ns"] == lens["ni"]:
        return depth
    # The focus is displaced in proportion to the depth, by the mismatch of the indices.
    reach = 2.0 + depth * (0.2 + 2 * abs(lens["ns"] / lens["ni"] - 1))
    for step in (0.2, 0.02):
        heights = np.arange(depth - reach, depth + reach + step / 2, step)
        axis = modelled(heights, 1, wavelength, lens)[:, 0, 0]
        depth, reach = float(heights[axis.argmax()]), step
    return depth


def through_pinhole(
    heights: NDArray[np.float64], n: int, wavelength: float, lens: dict[str, Any], radius: float
) -> NDArray[np.float64]:
    """Return the PSF seen through a pinhole: its light summed over a disc around every pixel.

    Parameters
    ----------
    heights, n, wavelength, lens
        As for :func:`modelled`.
    radius : float
        Of the pinhole as it appears in the sample, in pixels.
    """
    from scipy.signal import fftconvolve

    reach = int(np.ceil(radius))  # light from beside the n × n pixels comes in as well
    volume = modelled(heights, n + 2 * reach, wavelength, lens)
    seen = fftconvolve(volume, _disc(2 * reach + 1, radius)[None], mode="valid", axes=(1, 2))
    return np.maximum(seen, 0)  # the FFT leaves a ripple around 0


def _disc(n: int, radius: float) -> NDArray[np.float64]:
    """Return a disc in n × n pixels; pixels on its rim count by the part that lies inside."""
    fine = 5
    y, x = np.mgrid[: n * fine, : n * fine] - (n * fine - 1) / 2
    inside = np.hypot(y, x) <= radius * fine
    return inside.reshape(n, fine, n, fine).mean(axis=(1, 3))
