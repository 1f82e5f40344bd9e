"""From a profile along a radius to square pixels, in any array library."""

from typing import Any

import numpy as np

from gpu_course.deconvolution import arrays

Array = Any  # of NumPy, CuPy, PyTorch or another library of the array API

FINE = 3
"""Along each edge, into how many parts a pixel is cut to sum its light."""


def radii(shape: tuple[int, int], pixel: float) -> np.ndarray:
    """Return the radii in µm at which :func:`spread` wants a profile: every third of a pixel.

    They go from 0 to beyond the farthest corner of a `shape` (y, x) in pixels, whose edge `pixel`
    is in µm.
    """
    rows, columns = (FINE * (n // 2) + FINE // 2 for n in shape)
    farthest = np.hypot(rows, columns)
    return np.arange(int(farthest) + 2) * (pixel / FINE)


def spread(profile: Array, shape: tuple[int, int]) -> Array:
    """Turn brightness along a radius into pixels around the centre ``n // 2``.

    A pixel of a camera sums the light that falls on it. So its value is the mean of 3 × 3 points
    inside it, each taken from the profile by a straight line between the two nearest radii. A
    pixel has the same value as its mirror images, so an eighth of them is computed.

    The profile (z, r) is of real numbers at the radii of :func:`radii`; the result (z, y, x) is of
    the same library and dtype, in the same memory.
    """
    xp = arrays.namespace(profile)
    y, x = (np.abs(np.arange(n) - n // 2) for n in shape)
    far, near = np.maximum(y[:, None], x), np.minimum(y[:, None], x)
    width = int(far.max()) + 1
    kinds, which = np.unique(far * width + near, return_inverse=True)
    far, near = FINE * (kinds // width), FINE * (kinds % width)
    inside = np.arange(FINE) - FINE // 2
    values = xp.zeros_like(profile[:, :1])
    for j in inside:
        for i in inside:
            distance = np.hypot(far + j, near + i)
            below = distance.astype(np.int64)
            part = beside(distance - below, profile, profile.dtype)
            at = arrays.like(below, profile)
            left, right = xp.take(profile, at, axis=1), xp.take(profile, at + 1, axis=1)
            values = values + left * (1 - part) + right * part
    picture = xp.take(values / FINE**2, arrays.like(which.reshape(-1), profile), axis=1)
    return xp.reshape(picture, (profile.shape[0], *shape))


def beside(values: np.ndarray, array: Array, dtype: Any) -> Array:
    """Return real values of NumPy in the library and the memory of an array, as its `dtype`.

    That is float32 or float64 of the library.
    """
    # Converted before they are moved: Apple's GPU takes no float64, not even to convert it.
    single = dtype == arrays.namespace(array).float32
    return arrays.like(values.astype(np.float32 if single else np.float64), array)
