"""Predict tile by tile, so that the features of a whole image are never in memory at once."""

from collections.abc import Callable
from typing import Any

import array_api_compat

from gpu_course.errors import CourseError
from gpu_course.pixel_classification import features, inputs
from gpu_course.pixel_classification.recipe import Recipe
from gpu_course.pixel_classification.tiles import Window, whole

Array = Any  # of any library
#: Takes the features of a tile, and returns what is predicted from them.
Ask = Callable[[Array], Array]


def over_tiles(
    image: Array, recipe: Recipe, ndim: int, window: Window | None, values: int | None, ask: Ask
) -> Array:
    """Compute features tile by tile, and keep what is predicted from them.

    The image is as :func:`features.compute` takes it; those that were learned from had `ndim`
    spatial axes. Only `window` is predicted (None: all). For each pixel there are so many `values`,
    probabilities; None is one label. `ask` takes (feature, …) and returns (value, …), or (…) for
    labels. The result is float32 (value, …) or uint8 (…), in the image's own library.

    Raises
    ------
    CourseError
        If the image does not fit.
    """
    xp, channels = inputs.channels(image, recipe)
    shape = tuple(channels[0].shape)
    if len(shape) != ndim:
        raise CourseError(
            f"This classifier learned from images of {ndim} axes and this one has {len(shape)}. "
            "Train one for such images."
        )
    window = whole(shape) if window is None else inputs.window(window, shape)
    size = tuple(part.stop - part.start for part in window)
    first = () if values is None else (values,)
    dtype = xp.uint8 if values is None else xp.float32
    result = xp.empty((*first, *size), dtype=dtype, device=array_api_compat.device(channels[0]))

    def keep(piece: Window, found: list[Array]) -> None:
        result[(*(slice(None) for _ in first), *piece)] = xp.astype(ask(xp.stack(found)), dtype)

    features.tile_by_tile(keep, xp, channels, recipe, window)
    return result


def named(number: Array, classes: tuple[int, ...]) -> Array:
    """Return the painted labels, as uint8, in place of the numbers of the classes."""
    xp = array_api_compat.array_namespace(number)
    labels = xp.asarray(classes, dtype=xp.uint8, device=array_api_compat.device(number))
    flat = xp.astype(xp.reshape(number, (-1,)), xp.int64)
    return xp.reshape(xp.take(labels, flat, axis=0), number.shape)
