"""The microscope around the diffraction: what can exist, where its focus is, its pinhole."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution import arrays
from gpu_course.deconvolution.diffraction import Lens, profile
from gpu_course.deconvolution.pixels import beside, radii, spread
from gpu_course.deconvolution.units import number
from gpu_course.errors import CourseError

Array = Any  # of NumPy, CuPy, PyTorch or another library of the array API


def check(
    wavelength: float, aperture: float, immersion: float, sample: float, depth: float
) -> None:
    """Refuse an objective that cannot exist.

    Wavelength and depth are in µm, immersion and sample are refractive indices.

    Raises
    ------
    CourseError
        With the number that is wrong, and its usual reason.
    """
    wavelength, depth = number(wavelength, "wavelength", "in µm"), number(depth, "depth", "in µm")
    aperture = number(aperture, "numerical_aperture")
    immersion, sample = number(immersion, "refractive_index"), number(sample, "sample_index")
    if not 0.2 <= wavelength <= 2:
        cure = " That looks like nm: divide by 1000." if wavelength >= 200 else ""
        cure = " That looks like mm or m." if wavelength < 0.02 else cure
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
    heights: NDArray[np.float64],
    shape: tuple[int, int],
    pixel: float,
    wavelength: float,
    lens: Lens,
    like: Array,
) -> Array:
    """Return the PSF in pixels at heights of the stage, not normalised.

    `heights` (z,) are in µm: at ``lens.depth``, rays near the axis are in focus. `shape` (y, x) is
    in pixels, with the centre at ``n // 2``; `pixel` and `wavelength` are in µm. The result (z, y,
    x) is float64, unless the device has none, of the library and in the memory of `like`.
    """
    table = profile(lens, wavelength, heights, radii(shape, pixel))
    return spread(beside(table, like, arrays.wide(like)), shape)


def focus(lens: Lens, wavelength: float, pixel: float) -> float:
    """Return the height of the stage in µm at which the point looks brightest."""
    depth = lens.depth
    if depth == 0 or lens.sample == lens.immersion:
        return depth
    # The focus is displaced in proportion to the depth, by the mismatch of the indices.
    reach = 2.0 + depth * (0.2 + 2 * abs(lens.sample / lens.immersion - 1))
    for step in (0.2, 0.02):
        heights = np.arange(depth - reach, depth + reach + step / 2, step)
        axis = modelled(heights, (1, 1), pixel, wavelength, lens, heights)[:, 0, 0]
        depth, reach = float(heights[axis.argmax()]), step
    return depth


def through_pinhole(volume: Array, radius: float) -> Array:
    """Return a PSF seen through a pinhole: its light summed over a disc around every pixel.

    The volume (z, y, x) is larger than the result by :func:`rim` pixels on each side, since light
    from beside it comes in as well. `radius` is in pixels: of the pinhole as it appears in the
    sample.
    """
    xp = arrays.namespace(volume)
    size, cut = tuple(volume.shape[1:]), 2 * rim(radius)
    disc = beside(_disc(cut + 1, radius)[None], volume, volume.dtype)
    spectrum = xp.fft.rfftn(volume, axes=(1, 2)) * xp.fft.rfftn(disc, s=size, axes=(1, 2))
    seen = xp.fft.irfftn(spectrum, s=size, axes=(1, 2))
    # What the FFT wraps around lands in the rim; and it leaves a ripple around 0.
    return xp.clip(seen[:, cut:, cut:], min=0)


def rim(radius: float) -> int:
    """Return how many pixels of surroundings a pinhole of this radius in pixels looks at."""
    return int(np.ceil(radius))


def _disc(n: int, radius: float) -> NDArray[np.float64]:
    """Return a disc in n × n pixels; pixels on its rim count by the part that lies inside."""
    fine = 5
    y, x = np.mgrid[: n * fine, : n * fine] - (n * fine - 1) / 2
    inside = np.hypot(y, x) <= radius * fine
    return inside.reshape(n, fine, n, fine).mean(axis=(1, 3))
