"""How large the objects of an image are, measured without a truth, and images resized by it.

A blur of 4 pixels finds nuclei of 20; on another camera they are 10 or 50 pixels wide. So every
method of the course measures first how large objects are, and brings the image to the size that it
knows. Who knows the diameter better gives it.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import brightness, planes
from gpu_course.brightness import Levels
from gpu_course.errors import CourseError

SIGMAS = tuple(2 * 2 ** (n / 4) for n in range(17))
"""From 2 to 32 pixels in quarter octaves: discs of 6 to 90 pixels."""
BEST_SIGMA = 2 * 2**0.5
"""A disc answers most strongly to a Laplacian of Gaussian of diameter / this (Lindeberg, 1998)."""
SOFT_EDGES = 2**0.177
"""Measured on train frames: blurred, uneven nuclei answer to a slightly wider one than discs."""
STRONG = 0.5
"""An answer counts from this share of the strong ones' on."""
FLOOR = 0.15
"""Added before the logarithm, as a share of the objects' height: noise in the dark stays small."""
WINDOW = 1024
"""Of larger images, the window of this many pixels a side that holds most objects is measured."""
CLOSE = 1.4
"""Up to this factor sizes are taken for equal: an image is not resampled for less."""
SPREAD = 2.5
"""Quartiles so far apart are two kinds of blobs: 2.4 at most on frames, 2.8 with many grains."""


@dataclasses.dataclass(frozen=True)
class ObjectSize:
    """What was found.

    Attributes
    ----------
    diameter : float
        Typical diameter in pixels; nan where nothing was found.
    count : int
        How many blobs it was taken from. (Not the number of objects.)
    low, high : float
        A quarter of the blobs is smaller than `low`, a quarter larger than `high`, in pixels.
    """

    diameter: float
    count: int
    low: float
    high: float


def measure_diameter(image: NDArray[Any], *, levels: Levels | None = None) -> ObjectSize:
    """Measure the typical diameter of bright, roundish objects.

    The image is looked at through Laplacians of Gaussians of growing width. A round object answers
    most strongly when the width fits it, so the strongest answers in place *and* width say how
    large objects are (scale selection). It is done on the logarithm of the matched image, so that
    dim objects count as much as bright ones, and only in the foreground. Large blobs get more
    weight than small ones, as grains inside of objects are blobs, too.

    Parameters
    ----------
    image : ndarray (Y, X)
        Grey values of any real dtype; objects are bright.
    levels : brightness.Levels, optional
        Of the image. None: they are measured.

    Returns
    -------
    ObjectSize

    Raises
    ------
    CourseError
        If the image is not one plane of finite real numbers.

    References
    ----------
    Lindeberg (1998), https://doi.org/10.1023/A:1008045108935

    Examples
    --------
    >>> from gpu_course.object_size import measure_diameter
    >>> y, x = np.mgrid[:160, :160] % 40 - 20
    >>> discs = np.where(y**2 + x**2 < 100, 200.0, 20.0)
    >>> 17 < measure_diameter(discs).diameter < 23
    True
    """
    from scipy import ndimage

    height = _height(image, levels or brightness.measure(image))
    inside = _foreground(height)
    window = _fullest(inside)
    height, inside = height[window], inside[window]
    bright = np.log(FLOOR + np.maximum(height, 0))
    nothing = ObjectSize(float("nan"), 0, float("nan"), float("nan"))
    if not inside.any():
        return nothing
    sigmas = [sigma for sigma in SIGMAS if sigma <= max(SIGMAS[0], min(bright.shape) / 6)]
    answers = np.stack(
        [-(s**2) * ndimage.gaussian_laplace(bright, s, mode="nearest") for s in sigmas]
    )
    peaks = (answers == ndimage.maximum_filter(answers, size=3)) & inside & (answers > 0)
    level, *_ = np.nonzero(peaks)
    if not level.size:
        return nothing
    strength = answers[peaks]
    kept = strength > STRONG * np.percentile(strength, 90)
    found = np.sort(np.asarray(sigmas)[level[kept]]) * BEST_SIGMA / SOFT_EDGES
    low, middle, high = _weighted(found, (0.25, 0.5, 0.75))
    return ObjectSize(middle, int(kept.sum()), low, high)


def warning(size: ObjectSize) -> str | None:
    """Say in one sentence why a measured diameter may not be that of the objects.

    None if nothing is the matter, or nothing was found.

    Examples
    --------
    >>> from gpu_course.object_size import ObjectSize, warning
    >>> warning(ObjectSize(diameter=20, count=50, low=17, high=24)) is None
    True
    """
    if not size.high > SPREAD * size.low:
        return None
    return (
        f"A quarter of what was measured is up to {size.low:.0f} pixels wide and a quarter "
        f"{size.high:.0f} or more, as where objects are grainy or of two kinds, so "
        f"{size.diameter:.0f} pixels may be the diameter of neither: measure a few objects with a "
        "ruler and give diameter=."
    )


def to_diameter(image: NDArray[Any], diameter: float, wanted: float) -> NDArray[np.float32]:
    """Resample an image so that objects of one diameter get another.

    Parameters
    ----------
    image : ndarray (Y, X) or (Y, X, C)
    diameter, wanted : float
        In pixels. Within a factor of 1.4 of each other, nothing is resampled.

    Returns
    -------
    ndarray of float32 (Y', X') or (Y', X', C)
        Linear interpolation, smoothed first where it shrinks.

    Raises
    ------
    CourseError
        If the image is no plane of finite real numbers, or has masked pixels; if a diameter is not
        a number above 0, or the result would have no pixel or more than a thousand million.
    """
    from skimage.transform import resize

    pixels = planes.pixels(image)
    shape = scaled_shape(pixels.shape[:2], diameter, wanted)
    if shape == pixels.shape[:2]:
        return pixels
    whole = (*shape, *pixels.shape[2:])
    shrinks = shape[0] < pixels.shape[0]
    return np.asarray(
        resize(pixels, whole, order=1, anti_aliasing=shrinks, preserve_range=True), np.float32
    )


def labels_back(labels: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.int32]:
    """Bring labels that were found in a resampled image to the shape of the image itself.

    Parameters
    ----------
    labels : ndarray of integers or bool (Y', X')
    shape : (int, int)
        Rows and columns of the image.

    Returns
    -------
    ndarray of int32 (Y, X)
        The label of the nearest pixel.

    Raises
    ------
    CourseError
        If the labels are no plane of whole numbers, or one of them does not fit into 32 bits.
    """
    from skimage.transform import resize

    found = _whole(labels)
    if found.shape == tuple(shape):
        return found
    # Floats of 32 bits are whole numbers up to 2**24 only.
    back = resize(
        found.astype(np.float64), shape, order=0, anti_aliasing=False, preserve_range=True
    )
    return back.astype(np.int32)


def scaled_shape(shape: tuple[int, ...], diameter: float, wanted: float) -> tuple[int, int]:
    """Return the rows and columns that `to_diameter` gives: the same where the diameters are close.

    It refuses what `to_diameter` refuses.
    """
    have, want = _size("diameter", diameter), _size("wanted diameter", wanted)
    factor = want / have
    if 1 / CLOSE <= factor <= CLOSE:
        return shape[0], shape[1]
    # Factors without end make infinite sides.
    rows, columns = (round(min(n * factor, 1e18)) for n in shape[:2])
    if not (rows and columns) or rows * columns > 10**9:
        raise CourseError(
            f"Objects of {have:g} pixels in an image of {shape[0]} × {shape[1]} cannot be "
            f"brought to {want:g} pixels: it would have {rows} × {columns}. Check the diameter."
        )
    return rows, columns


def _size(name: str, value: Any) -> float:
    """Return a diameter as Python's number, from whatever holds one."""
    try:
        one = np.ndim(value) == 0 and not isinstance(value, (bool, np.bool_, str, bytes))
        size = float(value) if one else float("nan")
    except (TypeError, ValueError):
        size = float("nan")
    if not 0 < size < float("inf"):
        raise CourseError(f"A {name} of {value!r} pixels is no size. Give a number above 0.")
    return size


def _whole(labels: Any) -> NDArray[np.int32]:
    """Return labels (Y, X) as int32, if they are the same numbers then."""
    given = np.asarray(labels)
    whole = given.ndim == 2 and given.size and given.dtype.kind in "bui"
    if not whole or np.ma.is_masked(labels):
        raise CourseError(
            f"Labels of shape {given.shape} and type {given.dtype} cannot be brought to an image: "
            "one plane of whole numbers is needed, 0 for background. Give labels.astype(int)."
        )
    limits = np.iinfo(np.int32)
    if int(given.max()) > limits.max or int(given.min()) < limits.min:
        raise CourseError(
            f"The labels go from {given.min()} to {given.max()}, and 32 bits hold numbers to "
            f"{limits.max}. Renumber them first: gpu_course.labels.renumber(labels)."
        )
    return given.astype(np.int32)


def _height(image: NDArray[Any], levels: Levels) -> NDArray[np.float32]:
    """Return the smoothed image with its background at 0 and its objects at 1."""
    from scipy import ndimage

    if not levels.objects > levels.background:
        return np.zeros(np.shape(image), np.float32)
    kept = np.asarray(image).dtype
    # 64 bits, and whole numbers of 32, may hold an offset that float32 would round.
    wide = kept.itemsize == 8 or (kept.kind in "iu" and kept.itemsize == 4)
    pixels: NDArray[Any] = np.asarray(image, np.float64 if wide else np.float32)
    if levels.light is not None:
        pixels = brightness.even(pixels.astype(np.float64), levels)
    below = (pixels - levels.background) / (levels.objects - levels.background)
    return np.asarray(ndimage.gaussian_filter(below, 1.0), np.float32)


def _foreground(height: NDArray[np.float32]) -> NDArray[np.bool_]:
    from skimage.filters import threshold_otsu

    # One glaring object, or a black frame, would pull the threshold away.
    cut = np.clip(height, 0, 1.5)
    if cut.max() - cut.min() < 1e-6:
        return np.zeros(height.shape, bool)
    return np.asarray(cut > threshold_otsu(cut))


def _fullest(inside: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the window of at most `WINDOW` pixels a side that holds most foreground."""
    from scipy import ndimage

    rows, columns = (min(n, WINDOW) for n in inside.shape)
    if inside.shape == (rows, columns):
        return slice(None), slice(None)
    share = ndimage.uniform_filter(inside.astype(np.float32), (rows, columns), mode="constant")
    tops, lefts = (n - w for n, w in zip(inside.shape, (rows, columns), strict=True))
    # Centres of windows that lie inside the image, in steps: many are as good as the best.
    middle = share[
        rows // 2 : rows // 2 + tops + 1 : 32, columns // 2 : columns // 2 + lefts + 1 : 32
    ]
    row, column = (int(32 * n) for n in np.unravel_index(middle.argmax(), middle.shape))
    return slice(row, row + rows), slice(column, column + columns)


def _weighted(values: NDArray[np.float64], shares: tuple[float, ...]) -> list[float]:
    """Return quantiles of sorted values, each of which counts as much as it is large."""
    sums = np.cumsum(values)
    return [float(values[np.searchsorted(sums, share * sums[-1])]) for share in shares]
