"""How bright an image is: its background, its objects, and both brought to the course's levels.

Cameras differ in offset, gain and number of bits, exposures in light. A method with thresholds in
grey values, or one that learned from grey values, answers nonsense on another camera's image. So
every method of the course first asks the image for two levels, that of its background and that of
its objects, and maps them to the levels that the method knows.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError

TILES = 8
"""The shorter side of an image is cut into about so many tiles…"""
SMALLEST_TILE, LARGEST_TILE = 16, 64
"""…but none is smaller or larger, in pixels: each should hold an object and its surroundings."""
ABOVE_NOISE = 6.0
"""A tile holds something if its range exceeds its noise so many times…"""
SHARE_OF_RANGE = 0.15
"""…and this share of what the tiles with the largest range have."""
FEW_GREY_VALUES = 12
"""With fewer steps between background and objects, rounding decides where an outline runs."""
FAINT = 0.1
"""A tile with less than this share of the range of others may be left out wrongly…"""
MANY_FAINT = 3.0
"""…and is, if so many times as many of them are left out as are not."""
SPIKES = 2.0
"""From this multiple on, single pixels and not objects say how bright an image is."""
LEAST_SEEN = 0.25
"""A tile counts if at least this share of it is no empty frame around a picture."""
CLIPPED = 0.02
"""From this share of pixels at the very largest value on, the camera was full."""
MOST_EXACT = 2**53
"""Whole numbers beyond it are rounded in float64."""


@dataclasses.dataclass(frozen=True)
class Levels:
    """The two levels of an image, in its own grey values.

    Attributes
    ----------
    background, objects : float
        The grey value around objects, and that of the bright part of objects.
    noise : float
        Standard deviation of the noise from pixel to pixel.
    clipped : float
        Share of the pixels that have the largest value of the image.
    steps : float
        Into how many grey values the way from background to objects is cut; infinite for numbers
        that are not whole.
    dark_objects : float
        From 0 (bright objects on dark) to 1 (dark objects on bright): where the middle grey value
        lies between the two levels.
    uneven : float
        By how much the background of the brightest tiles lies above the objects of the darkest, as
        a multiple of the way from background to objects; below 0 where no background is as bright.
    spikes : float
        That way as a multiple of what it is without single bright pixels (after a median filter).
    aside : float
        How many tiles hold something, but far less than those that were measured, as a multiple of
        these.
    """

    background: float
    objects: float
    noise: float = 0.0
    clipped: float = 0.0
    steps: float = float("inf")
    dark_objects: float = 0.0
    uneven: float = -1.0
    spikes: float = 1.0
    aside: float = 0.0


COURSE = Levels(background=17.9, objects=74.0)
"""Levels of the train half of the course's own nuclei, on which the recipes were tuned."""


def measure(image: NDArray[Any]) -> Levels:
    """Measure the levels of background and objects.

    The image is smoothed a little and cut into tiles. The 5th and 99th percentile of a tile say
    how dark and how bright it is. Tiles that hold nothing but background are left out, so that an
    image with few objects, or with a black frame around them, has the same levels as one full of
    them. The medians over the other tiles are the levels: light that falls off to one side, or one
    very bright object, does not decide them, as it would decide percentiles of the whole image.

    Parameters
    ----------
    image : ndarray (Y, X)
        Grey values of any real dtype.

    Returns
    -------
    Levels
        With `objects` = `background` if the image is constant.

    Raises
    ------
    CourseError
        If the image is not 2D, is empty, has masked pixels, or holds missing or infinite values or
        numbers with which nothing can be computed: whole ones that float64 would round, and any
        that float32 does not hold.

    Examples
    --------
    >>> from gpu_course import brightness
    >>> y, x = np.mgrid[:64, :64]
    >>> disc = np.where((y - 32) ** 2 + (x - 32) ** 2 < 100, 500, 100)
    >>> levels = brightness.measure(disc)
    >>> round(levels.background), round(levels.objects)
    (100, 500)
    """
    from scipy import ndimage

    pixels = _plane(image)
    if (two := _two_values(pixels)) is not None:
        return two
    smooth = ndimage.gaussian_filter(pixels, 1.0)
    noise = _noise(pixels)
    tiles, raw, seen = _tiles(smooth), _tiles(pixels), _tiles(~_frame(pixels))
    enough = seen.mean(axis=1) >= LEAST_SEEN
    if not enough.any():  # a picture without noise
        seen[:], enough[:] = True, True
    tiles, raw, seen = tiles[enough], raw[enough], seen[enough]
    low, high = np.array(
        [np.percentile(tile[here], [5, 99]) for tile, here in zip(tiles, seen, strict=True)]
    ).T
    span = high - low
    holds = span > ABOVE_NOISE * 0.28 * noise
    full = holds & (span > SHARE_OF_RANGE * np.percentile(span, 95))
    if not full.any() or span.max() == 0:
        middle = float(np.median(pixels))
        return Levels(middle, middle, noise)
    background, objects = float(np.median(low[full])), float(np.median(high[full]))
    middle = float(np.median(raw[full][seen[full]]))
    way, faint = objects - background, holds & (span < FAINT * np.median(span[full]))
    return Levels(
        background,
        objects,
        noise,
        clipped=float((pixels == pixels.max()).mean()),
        steps=_steps(image, way),
        dark_objects=float(np.clip((middle - background) / way, 0, 1)),
        uneven=float((np.percentile(low[full], 90) - np.percentile(high[full], 10)) / way),
        spikes=way / max(_without_spikes(pixels, full, enough) - background, way / 1000),
        aside=float(faint.sum() / full.sum()),
    )


def match(
    image: NDArray[Any], *, levels: Levels | None = None, to: Levels = COURSE
) -> NDArray[np.float32]:
    """Bring the background and the objects of an image to given levels.

    Parameters
    ----------
    image : ndarray (Y, X)
        Grey values of any real dtype.
    levels : Levels, optional
        Of the image. None: `measure` them.
    to : Levels
        Where they shall be. `COURSE`: what the course's recipes and classifiers know.

    Returns
    -------
    ndarray of float32 (Y, X)
        Straight scaling and shift. What is darker than the background, such as a black frame
        around a picture, is set to background: on a logarithmic scale it would be far from
        everything else. All background if the image is constant.

    Raises
    ------
    CourseError
        As `measure`, or if `to` or the levels given do not go upwards from background to objects.

    Examples
    --------
    >>> from gpu_course import brightness
    >>> y, x = np.mgrid[:64, :64]
    >>> image = 1000.0 + 3 * np.exp(-((y - 32) ** 2 + (x - 32) ** 2) / 100)
    >>> matched = brightness.match(image)
    >>> bool(np.allclose(matched, brightness.match(7 * image - 100), atol=1e-2))
    True
    """
    pixels = _plane(image)
    if levels is not None:
        _refuse_levels(levels, "the image", least=levels.background)
    _refuse_levels(to, "the result", least=np.nextafter(to.background, np.inf))
    levels = levels or measure(image)
    if not levels.objects > levels.background:
        return np.full(pixels.shape, to.background, np.float32)
    factor = (to.objects - to.background) / (levels.objects - levels.background)
    matched = to.background + factor * (pixels - levels.background)
    return np.maximum(matched, to.background).astype(np.float32)


def warning(levels: Levels) -> str | None:
    """Say in one sentence what about the brightness of an image makes a result doubtful.

    Parameters
    ----------
    levels : Levels
        From `measure`.

    Returns
    -------
    str or None
        None if nothing is the matter.
    """
    if not levels.objects > levels.background:
        return "The image is the same everywhere up to its noise, so nothing can be found in it."
    if levels.dark_objects > 0.6:
        return (
            "The image looks as if dark objects lay on a bright background, and methods for bright "
            "objects then outline the gaps: turn it round (image.max() - image) if so."
        )
    if levels.steps <= 1:
        return (
            "Background and objects are a single grey value apart, as in a mask, where objects "
            "that touch are one: give the picture from which it was made, or expose longer."
        )
    span, largest = levels.objects - levels.background, max(levels.objects, -levels.background)
    if span < FEW_GREY_VALUES * np.spacing(np.float32(largest)):
        return (
            f"Background and objects lie at {largest:.3g} and differ by {span:.3g} only, which "
            "numbers of 32 bits cannot tell apart: subtract the smallest value (image - "
            "image.min())."
        )
    if levels.clipped > CLIPPED:
        return (
            f"{levels.clipped:.0%} of the pixels have the largest value, so the camera was full "
            "and bright objects that touch may have grown together: expose less."
        )
    if levels.steps < FEW_GREY_VALUES:
        return (
            f"Only {levels.steps:.0f} grey values lie between background and objects, so outlines "
            "are as coarse as the rounding: expose longer, or take the picture before it was "
            "made 8-bit."
        )
    if levels.spikes > SPIKES:
        return (
            f"Single pixels stand out {levels.spikes:.0f} times as far as all that is larger, as "
            "hot pixels of a camera do, and are taken for objects: replace them first "
            "(scipy.ndimage.median_filter(image, 3))."
        )
    if levels.uneven > 0:
        return (
            "The background of one part of the image is as bright as the objects of another, and "
            "one threshold cannot tell them apart: take the uneven light away first "
            "(image - scipy.ndimage.minimum_filter(image, 101), wider than the objects)."
        )
    if levels.aside > MANY_FAINT:
        return (
            "A small part of the image, such as a scratch or dirt, is far brighter than all that "
            "the rest holds, and the rest is taken for background: cut the image, or set the "
            "bright part to the background."
        )
    return None


def _two_values(pixels: NDArray[np.float64]) -> Levels | None:
    """Return the levels of an image of two values, which has no noise and perhaps no full tile."""
    low, high = float(pixels.min()), float(pixels.max())
    bright = pixels == high
    if low == high or not (bright | (pixels == low)).all():
        return None
    share = float(bright.mean())
    return Levels(low, high, clipped=share, steps=1.0, dark_objects=float(share > 0.6))


def _plane(image: Any) -> NDArray[np.float64]:
    if np.ma.is_masked(image):
        raise CourseError("The image is a masked array. Fill what is masked: image.filled(value).")
    try:
        given = np.asarray(image)
    except (TypeError, ValueError, RuntimeError) as error:  # rows of unequal length, a GPU's array
        raise CourseError(
            f"Of this {type(image).__name__} no array can be made. Give rows of equal length, or a "
            "NumPy array."
        ) from error
    if given.ndim != 2 or given.size == 0 or given.dtype.kind not in "buif":
        raise CourseError(
            f"Brightness is measured on one plane of real numbers, and this is an array of shape "
            f"{given.shape} and type {given.dtype}. Give one plane, or one colour channel."
        )
    if given.dtype.kind in "ui" and max(int(given.max()), -int(given.min())) > MOST_EXACT:
        raise CourseError(
            f"The image holds whole numbers from {given.min()} to {given.max()}, and above 2**53 "
            "they would be rounded. Subtract the smallest one first."
        )
    with np.errstate(over="ignore"):  # of long doubles: told below
        pixels = given.astype(np.float64)
    if not np.isfinite(pixels).all():
        raise CourseError(
            "The image holds missing or infinite values. Replace them first, for instance with "
            "numpy.nan_to_num."
        )
    low, high = float(pixels.min()), float(pixels.max())
    limits = np.finfo(np.float32)
    if max(high, -low) > float(limits.max) or 0 < high - low < float(limits.tiny):
        raise CourseError(
            f"The image holds numbers from {low:.3g} to {high:.3g}, which numbers of 32 bits "
            "cannot hold or tell apart. Bring them to an ordinary range, such as 0 to 1."
        )
    return pixels


def _refuse_levels(levels: Levels, what: str, *, least: float) -> None:
    """Make sure that levels are numbers, and the objects' at least a given one."""
    if not (np.isfinite([levels.background, levels.objects]).all() and levels.objects >= least):
        raise CourseError(
            f"Levels of {what} are {levels.background:g} for the background and "
            f"{levels.objects:g} for objects, and objects must be the brighter ones. Turn an "
            "image of dark objects round first (image.max() - image)."
        )


def _without_spikes(
    pixels: NDArray[np.float64], full: NDArray[np.bool_], enough: NDArray[np.bool_]
) -> float:
    """Return the level of objects in the full ones of the tiles, if single pixels are left out."""
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(ndimage.median_filter(pixels, 3), 1.0)
    return float(np.median(np.percentile(_tiles(smooth)[enough][full], 99, axis=1)))


def _tiles(pixels: NDArray[Any]) -> NDArray[Any]:
    """Cut into square tiles: array (tile, pixel). What is left over at the far edges is dropped."""
    side = int(np.clip(min(pixels.shape) // TILES, SMALLEST_TILE, LARGEST_TILE))
    side = min(side, *pixels.shape)
    rows, columns = (n // side for n in pixels.shape)
    cut = pixels[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return cut.swapaxes(1, 2).reshape(rows * columns, side * side)


def _frame(pixels: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return what lies in exactly level squares of 7 pixels a side, and a rim for the smoothing.

    A camera makes noise, so such squares are what a program has put around the picture. But where
    the camera was full, they belong to the objects.
    """
    from scipy import ndimage

    level = ndimage.maximum_filter(pixels, 7) == ndimage.minimum_filter(pixels, 7)
    level &= pixels < pixels.max()
    return np.asarray(ndimage.maximum_filter(level, 13))


def _noise(pixels: NDArray[np.float64]) -> float:
    """Estimate noise from what a mask that cancels planes and saddles leaves (Immerkær, 1996).

    Of the absolute answers the median is taken, so that edges do not count, and only where the
    image is not exactly level, so that a black frame does not count either.
    """
    from scipy import ndimage

    mask = np.outer([1, -2, 1], [1, -2, 1])
    answers = np.abs(ndimage.convolve(pixels, mask))
    answers = answers[answers > 0]
    return float(np.median(answers)) / (6 * 0.6745) if answers.size else 0.0


def _steps(image: NDArray[Any], span: float) -> float:
    """Count the grey values from background to objects; the smallest step between values is one.

    Whole numbers count as such in floats, too: methods make floats of what a camera wrote.
    """
    if np.asarray(image).dtype.kind == "f" and (np.asarray(image) % 1).any():
        return float("inf")
    values = np.unique(image).astype(np.float64)
    return float(span / np.diff(values).min()) if values.size > 1 else 0.0
