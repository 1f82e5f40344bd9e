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

from gpu_course import illumination, planes
from gpu_course.errors import CourseError

SHARE_OF_RANGE = 0.15
"""A tile that holds something is full if it has this share of the largest ranges."""
FEW_GREY_VALUES = 12
"""With fewer steps between background and objects, rounding decides where an outline runs."""
FAINT = 0.1
"""A tile with less than this share of the range of others may be left out wrongly…"""
MANY_FAINT = 3.0
"""…and is, if so many times as many of them are left out as are not."""
SPIKES = 2.0
"""From this multiple on, single pixels and not objects say how bright an image is."""
FALLS = 2.0
"""From this factor on, noise in the dim part may hide objects."""
LEAST_SEEN = 0.25
"""A tile counts if at least this share of it is no empty frame around a picture."""
CLIPPED = 0.02
"""From this share of pixels at the very largest value on, the camera was full."""


@dataclasses.dataclass(frozen=True)
class Levels:
    """The two levels of an image, in its own grey values.

    Attributes
    ----------
    background, objects : float
        The grey value around objects, and that of the bright part of objects.
    noise, clipped : float
        Standard deviation from pixel to pixel; share of the pixels that have the largest value.
    steps : float
        Grey values from background to objects; infinite for numbers that are not whole.
    dark_objects : float
        From 0 (bright objects on dark) to 1 (dark objects on bright): where the middle grey value
        lies between the two levels.
    uneven : float
        By how much the background of the brightest tiles lies above the objects of the darkest, as
        a multiple of the way from background to objects; below 0 where no background is as bright.
    falls : float
        How many times as bright objects are in one part as in another; see `illumination.Light`.
    spikes : float
        That way as a multiple of what it is without single bright pixels (after a median filter).
    aside : float
        How many tiles hold something, but far less than those measured, as a multiple of these.
    light : illumination.Light or None
        What was evened out; all numbers but `falls` are those of the image without it.
    """

    background: float
    objects: float
    noise: float = 0.0
    clipped: float = 0.0
    steps: float = float("inf")
    dark_objects: float = 0.0
    uneven: float = -1.0
    falls: float = 1.0
    spikes: float = 1.0
    aside: float = 0.0
    light: illumination.Light | None = None


COURSE = Levels(background=17.9, objects=74.0)
"""Levels of the train half of the course's own nuclei, on which the recipes were tuned."""


def measure(image: NDArray[Any], *, evened: bool = True) -> Levels:
    """Measure the levels of background and objects.

    The 5th and 99th percentile of a tile say how dark and how bright it is. Tiles that hold nothing
    but background are left out, so that an image with few objects, or with a black frame around
    them, has the same levels as one full of them. The medians over the other tiles are the levels:
    one very bright object does not decide them, as it would decide percentiles of the whole image.
    Light that changes steadily over the image is evened out first.

    Parameters
    ----------
    image : ndarray (Y, X)
        Grey values of any real dtype.
    evened : bool
        False: measure the image as it is, for a method that takes it so.

    Returns
    -------
    Levels
        With `objects` = `background` if the image is constant.

    Raises
    ------
    CourseError
        If the image is not 2D, is empty, has masked pixels, or holds missing or infinite values,
        whole numbers that float64 would round, or any that float32 does not hold.

    Examples
    --------
    >>> from gpu_course import brightness
    >>> y, x = np.mgrid[:64, :64]
    >>> disc = np.where((y - 32) ** 2 + (x - 32) ** 2 < 100, 500, 100)
    >>> levels = brightness.measure(disc)
    >>> round(levels.background), round(levels.objects)
    (100, 500)
    """
    pixels = planes.plane(image)
    if (two := _two_values(pixels)) is not None:
        return two
    seen = planes.tiles(~planes.frame(pixels))
    enough = seen.mean(axis=1) >= LEAST_SEEN
    if not enough.any():  # a picture without noise
        seen[:], enough[:] = True, True
    seen[~enough] = True  # not to be left without a pixel; they have no say
    grid, side = planes.tile_grid(pixels.shape), planes.tile_side(pixels.shape)
    tiles, flat = planes.heights(pixels, seen, enough), pixels
    covered = grid[0] * side / pixels.shape[0], grid[1] * side / pixels.shape[1]
    light = illumination.light_of(tiles.low, tiles.span, tiles.holds, grid, covered)
    if light is not None and evened:
        flat = light.even_out(pixels)
        tiles = planes.heights(flat, seen, enough)
    low, high, span = tiles.low, tiles.high, tiles.span
    full = tiles.holds & (span > SHARE_OF_RANGE * np.percentile(span[enough], 95))
    if not full.any():
        middle = float(np.median(pixels))
        return Levels(middle, middle, tiles.noise)
    background, objects = float(np.median(low[full])), float(np.median(high[full]))
    middle = float(np.median(planes.tiles(flat)[full][seen[full]]))
    way, faint = objects - background, tiles.holds & (span < FAINT * np.median(span[full]))
    return Levels(
        background,
        objects,
        tiles.noise,
        clipped=float((pixels == pixels.max()).mean()),
        steps=planes.steps(image, way),
        dark_objects=float(np.clip((middle - background) / way, 0, 1)),
        uneven=illumination.added(np.where(enough, low, np.inf), high, full, grid),
        falls=1.0 if light is None else light.falls,
        spikes=way / max(_without_spikes(flat, full) - background, way / 1000),
        aside=float(faint.sum() / full.sum()),
        light=light if evened else None,
    )


def even(pixels: NDArray[np.float64], levels: Levels) -> NDArray[np.float64]:
    """Return the plane (Y, X) of which the levels are, in even light if they are those of it."""
    return pixels if levels.light is None else levels.light.even_out(pixels)


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
        Straight scaling and shift, of an image in even light. What is darker than the background,
        such as a black frame around a picture, is set to background: on a logarithmic scale it
        would be far from everything else. All background if the image is constant.

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
    pixels = planes.plane(image)
    if levels is not None:
        _refuse_levels(levels, "the image", least=levels.background)
    _refuse_levels(to, "the result", least=np.nextafter(to.background, np.inf))
    levels = levels or measure(image)
    if not levels.objects > levels.background:
        return np.full(pixels.shape, to.background, np.float32)
    factor = (to.objects - to.background) / (levels.objects - levels.background)
    matched = to.background + factor * (even(pixels, levels) - levels.background)
    return np.maximum(matched, to.background).astype(np.float32)


def warning(levels: Levels) -> str | None:
    """Say in one sentence what makes a result doubtful about these levels; None if nothing does."""
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
    if levels.falls > FALLS:
        cure = (
            "take the offset of the camera away and divide by an image of even light (flat-field "
            "correction)."
            if levels.light is None
            else "it was evened out, and noise in the dim part with it, so look there first."
        )
        return (
            f"Objects in one part of the image are {levels.falls:.1f} times as bright as in "
            f"another, and the background dims with them, as where the light falls off, so dim "
            f"ones may be missed: {cure}"
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


def _refuse_levels(levels: Levels, what: str, *, least: float) -> None:
    """Make sure that levels are numbers, and the objects' at least a given one."""
    if not (np.isfinite([levels.background, levels.objects]).all() and levels.objects >= least):
        raise CourseError(
            f"Levels of {what} are {levels.background:g} for the background and "
            f"{levels.objects:g} for objects, and objects must be the brighter ones. Turn an "
            "image of dark objects round first (image.max() - image)."
        )


def _without_spikes(pixels: NDArray[np.float64], full: NDArray[np.bool_]) -> float:
    """Return the level of objects in the full ones of the tiles, if single pixels are left out."""
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(ndimage.median_filter(pixels, 3), 1.0)
    return float(np.median(np.percentile(planes.tiles(smooth)[full], 99, axis=1)))
