"""Strokes as a person would paint them, drawn from the truth of a *training* scene.

A pixel classifier learns from a few strokes of the brush. The course cannot ask every reader to
paint the same ones, so a simulated hand does: it puts the brush down somewhere inside a class,
wanders on with a slight tremble, stays away from the border, where a person is unsure too, and
lifts the brush after a short way. The hand sees the truth, the classifier sees the strokes alone.

Never paint on a test scene: what was painted on is no longer a test.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_course.errors import CourseError

TREMBLE = 0.35
"""Spread of the change of direction from one step of a pixel to the next, in radians."""

TURNS = np.array([0.0, 0.4, -0.4, 0.8, -0.8, 1.3, -1.3])
"""Turns that the hand tries, in radians, where the way straight ahead leaves the class."""


def paint(
    classes: ArrayLike,
    *,
    strokes: int = 5,
    length: int = 40,
    width: int = 3,
    margin: float = 2.0,
    where: ArrayLike | None = None,
    seed: int = 0,
) -> NDArray[np.uint8]:
    """Paint short strokes inside every class of a scene whose truth is known.

    Parameters
    ----------
    classes : integer or bool array (Y, X)
        The class of each pixel, 1…n; pixels of class 0 are nowhere painted on. A bool mask stands
        for background (class 1) and foreground (class 2).
    strokes : int
        How many strokes in each class.
    length : int
        Most pixels that a stroke is long. It ends earlier where the class has no room left.
    width : int
        Of the brush, in pixels.
    margin : float
        How far a stroke stays away from other classes, in pixels. Where the class is too thin
        for that, as on a root, the hand follows its middle.
    where : bool array (Y, X), optional
        Strokes begin here only. Give the pixels that a classifier got wrong, and the strokes are
        corrections; a class without such a pixel gets no stroke.
    seed : int
        Same seed, same strokes.

    Returns
    -------
    ndarray of uint8 (Y, X)
        0 where nothing is painted, else the class. No two strokes touch.

    Raises
    ------
    CourseError
        If `classes` is no picture of classes, `where` has another shape, or a number is too small.

    Examples
    --------
    >>> from gpu_course.pixel_classification import paint
    >>> left = np.tile(np.arange(64) < 32, (64, 1))
    >>> painted = paint(left, strokes=2, seed=1)
    >>> np.unique(painted[:, :32]), np.unique(painted[:, 32:])
    (array([0, 2], dtype=uint8), array([0, 1], dtype=uint8))
    """
    truth, allowed = _checked(classes, where)
    if strokes < 1 or length < 1 or width < 1 or margin < 0:
        raise CourseError(
            f"strokes={strokes}, length={length}, width={width} and margin={margin} paint nothing. "
            "Give at least 1 stroke, 1 pixel long and wide, and a margin of 0 or more."
        )
    rng = np.random.default_rng(seed)
    painted = np.zeros(truth.shape, np.uint8)
    for number in np.unique(truth[truth > 0]):
        room = _room(truth == number, margin)
        for _ in range(strokes):
            path = _stroke(rng, room, room & allowed, length)
            if len(path):
                painted[_around(path, width / 2, truth.shape) & room] = number
            # The next strokes keep clear of this one, so that each stays a piece of its own.
            room = room & ~_around(path, 2.0 * width, truth.shape)
    return painted


def _checked(classes: ArrayLike, where: Any) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    truth = np.asarray(classes)
    if truth.ndim != 2 or truth.dtype.kind not in "iub":
        raise CourseError(
            f"The classes have shape {truth.shape} and dtype {truth.dtype}. "
            "Give a mask, or one whole number for each pixel of a plane."
        )
    if truth.dtype.kind == "b":
        truth = truth.astype(np.uint8) + 1
    if truth.min() < 0 or truth.max() > 255:
        raise CourseError("Classes are numbered from 1 to 255, and 0 is for no class.")
    allowed = np.ones(truth.shape, bool) if where is None else np.asarray(where, bool)
    if allowed.shape != truth.shape:
        raise CourseError(
            f"`where` has shape {allowed.shape}, the classes {truth.shape}. Give both one shape."
        )
    return truth, allowed


def _room(inside: NDArray[np.bool_], margin: float) -> NDArray[np.bool_]:
    """Return where the brush may go in a class: away from its border, or on its middle line."""
    from scipy.ndimage import distance_transform_edt
    from skimage.morphology import skeletonize

    if inside.all():
        return inside
    room: NDArray[np.bool_] = distance_transform_edt(inside) > margin
    # The middle line helps where nothing else is left; elsewhere its spurs run into the border.
    far = distance_transform_edt(~room) >= 2 * margin + 2 if room.any() else True
    return room | (skeletonize(inside) & far)


def _around(path: NDArray[np.intp], reach: float, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the pixels at most `reach` away from the path's."""
    span = np.arange(-int(reach), int(reach) + 1)
    disc = np.stack(np.meshgrid(span, span, indexing="ij"), axis=-1).reshape(-1, 2)
    disc = disc[(disc**2).sum(axis=1) <= reach**2]
    pixels = (path[:, None] + disc).reshape(-1, 2)
    pixels = pixels[((pixels >= 0) & (pixels < shape)).all(axis=1)]
    around = np.zeros(shape, bool)
    around[tuple(pixels.T)] = True
    return around


def _stroke(
    rng: np.random.Generator,
    room: NDArray[np.bool_],
    begin: NDArray[np.bool_],
    length: int,
) -> NDArray[np.intp]:
    """Return the pixels (n, 2) that one stroke passes: none if there is no place to begin."""
    places = np.argwhere(begin)
    if not len(places):
        return places
    at = places[rng.integers(len(places))].astype(float)
    direction = rng.uniform(0, 2 * np.pi)
    path = [at]
    for _ in range(length - 1):
        direction += rng.normal(0, TREMBLE)
        angles = direction + TURNS
        ahead = at + np.stack([np.sin(angles), np.cos(angles)], axis=1)
        pixels = np.round(ahead).astype(int)
        good = ((pixels >= 0) & (pixels < room.shape)).all(axis=1)
        good[good] = room[tuple(pixels[good].T)]
        if not good.any():
            break
        first = int(np.argmax(good))
        at, direction = ahead[first], angles[first]
        path.append(at)
    return np.unique(np.round(path).astype(int), axis=0)
