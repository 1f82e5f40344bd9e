"""Objects in images of any size: tile by tile, in the memory there is."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deep_learning.stardist.design import Design
from gpu_course.deep_learning.stardist.model import StarModel, quiet
from gpu_course.errors import CourseError

SHARE = 0.25
"""Of the device's memory, prediction may take so much: others use it too."""


@dataclasses.dataclass(frozen=True)
class Stars:
    """What StarDist found.

    Attributes
    ----------
    labels : ndarray, int32 (Y, X)
        0 is background, 1…n the objects.
    points : ndarray, float (n, 2)
        The pixel (row, column) that proposed each object.
    probability : ndarray, float32 (n,)
        How sure it was.
    outlines : ndarray, float (n, 2, rays)
        Rows and columns of the corners of each polygon.
    tiles : tuple of int
        Into how many tiles rows and columns were cut.
    """

    labels: NDArray[np.int32]
    points: NDArray[Any]
    probability: NDArray[np.float32]
    outlines: NDArray[Any]
    tiles: tuple[int, int]

    def __len__(self) -> int:
        return len(self.points)


def predict(
    model: StarModel,
    image: NDArray[Any],
    *,
    tiles: tuple[int, int] | None = None,
    memory: float | None = None,
    probability: float | None = None,
    overlap: float | None = None,
    scale: float | None = None,
    diameter: float | None = None,
    say: Callable[[str], object] = print,
) -> Stars:
    """Find the objects of an image.

    Tiles share a margin as wide as the network sees, so the result does not depend on their
    number. Stars of all tiles compete with each other at the end: an object on a seam is found
    once.

    Parameters
    ----------
    model : StarModel
    image : ndarray (Y, X) or (Y, X, C)
        As the camera gave it; it is normalised here, as a whole.
    tiles : (int, int), optional
        Parts along rows and columns. None: `tiles_for` the memory.
    memory : float, optional
        Bytes that a tile may take. None: a quarter of the device's memory.
    probability, overlap : float, optional
        Thresholds other than those of the model.
    scale : float, optional
        Enlarge (above 1) or shrink the image first, so that its objects are as large as those of
        the training; the result has the size of the image all the same.
    diameter : float, optional
        Of a typical object of this image, in pixels, instead of `scale`. None: a network whose
        scenes were `prepared` measures it, brings the image to the brightness and size it knows,
        and warns where that is doubtful; other networks take the image as it is.
    say : function
        Is told in a sentence when the device is full and smaller tiles are tried.

    Returns
    -------
    Stars

    Raises
    ------
    CourseError
        If the image does not fit the network, a number is out of its range, or the device is too
        full for the smallest tile.
    """
    import tensorflow as tf

    from gpu_course import devices

    _check(tiles, memory, probability, overlap, scale, diameter)
    if model.prepared is not None:
        from gpu_course.deep_learning.stardist.prepared import logarithm

        known = model.prepared.image(image, diameter)
        found = predict(
            dataclasses.replace(model, prepared=None), logarithm(known),
            tiles=tiles, memory=memory, probability=probability, overlap=overlap, scale=scale,
            say=say,
        )  # fmt: skip
        factors = np.divide(known.shape, known.image.shape)
        return dataclasses.replace(
            found,
            labels=known.back(found.labels),
            points=found.points * factors,
            outlines=found.outlines * factors[:, None],
        )
    if diameter is not None:
        scale = _learned_diameter(model) / diameter
    device = devices.tensorflow()
    assert device is not None  # the model is built
    pixels = model.prepare(image)
    shape = tuple(round(n * (1 if scale is None else scale)) for n in pixels.shape[:2])
    if min(shape) < model.design.stride:
        raise CourseError(
            f"At a scale of {scale} the image has {shape[0]} × {shape[1]} pixels, and the network "
            f"needs {model.design.stride} at least. Choose a larger scale."
        )
    if tiles is None:
        limit = memory or SHARE * (device.memory or 2**31)
        tiles = tiles_for((shape[0], shape[1]), model.design, limit)
    while True:
        try:
            with quiet():
                labels, found = model.network.predict_instances(
                    pixels,
                    n_tiles=(*tiles, 1),
                    prob_thresh=probability,
                    nms_thresh=overlap,
                    scale=None if scale is None else (scale, scale, 1),
                    show_tile_progress=False,
                )
            points = np.asarray(found["points"]).reshape(-1, 2)
            return Stars(
                labels.astype(np.int32, copy=False),
                points,
                np.asarray(found["prob"], np.float32).reshape(-1),
                np.asarray(found["coord"]).reshape(-1, 2, model.design.rays),
                tiles,
            )
        except (tf.errors.ResourceExhaustedError, MemoryError):
            pass  # outside the except block, so that nothing of the attempt is held on to
        sides = [n / t for n, t in zip(shape, tiles, strict=True)]
        if max(sides) / 2 < 2 * model.design.stride:
            raise CourseError(
                f"The memory of {device.name} is full even for tiles of {max(sides):.0f} pixels. "
                "Close other programs that use it, or set GPU_COURSE_DEVICE=cpu and start again."
            )
        tiles = (tiles[0] * 2, tiles[1]) if sides[0] >= sides[1] else (tiles[0], tiles[1] * 2)
        say(f"The memory of {device.name} is full: going on with {tiles[0]} × {tiles[1]} tiles.")


def _check(
    tiles: Any,
    memory: float | None,
    probability: float | None,
    overlap: float | None,
    scale: float | None,
    diameter: float | None,
) -> None:
    """Refuse numbers that StarDist would take and answer nonsense to."""
    for name, value, most in (
        ("probability", probability, 1.0),
        ("overlap", overlap, 1.0),
        ("scale", scale, math.inf),
        ("diameter", diameter, math.inf),
        ("memory", memory, math.inf),
    ):
        number = isinstance(value, Real) and not isinstance(value, (bool, np.bool_))
        if value is not None and not (number and 0 < value < most):
            span = "between 0 and 1" if most == 1 else "above 0"
            raise CourseError(f"{name}={value!r} is not possible. Give a number {span}, or None.")
    if scale is not None and diameter is not None:
        raise CourseError("Give the scale or the diameter, not both: one follows from the other.")
    whole = isinstance(tiles, (tuple, list)) and len(tiles) == 2
    if tiles is not None and not (
        whole and all(isinstance(n, (int, np.integer)) and n >= 1 for n in tiles)
    ):
        raise CourseError(
            f"tiles={tiles!r} is not possible. Give the parts along rows and columns, each 1 or "
            "more, such as (2, 3)."
        )


def _learned_diameter(model: StarModel) -> float:
    learned = model.record.get("diameter")
    if not isinstance(learned, float) or not 0 < learned < math.inf:
        raise CourseError(
            "The file of this network does not say how large its objects were, so a diameter is of "
            "no use. Give scale=…, the diameter it knows divided by yours."
        )
    return float(learned)


def tiles_for(shape: tuple[int, int], design: Design, memory: float) -> tuple[int, int]:
    """Return into how many tiles to cut an image so that each fits into memory.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the image.
    design : Design
    memory : float
        Bytes.

    Returns
    -------
    (int, int)
        Parts along rows and along columns; the longer side of a tile is cut first. A tile and its
        margins fit, unless the margins alone do not: below four strides no tile is cut.

    Examples
    --------
    >>> from gpu_course.deep_learning.stardist import Design, tiles_for
    >>> tiles_for((2048, 1024), Design(), memory=2**30)
    (2, 1)
    """
    tiles = [1, 1]
    margin = 2 * design.field.radius

    def side(axis: int) -> float:
        # A whole axis needs no margin.
        return shape[axis] / tiles[axis] + (margin if tiles[axis] > 1 else 0)

    while side(0) * side(1) * design.bytes_per_pixel > memory:
        longer = max((0, 1), key=lambda axis: shape[axis] / tiles[axis])
        if shape[longer] / (tiles[longer] + 1) < 4 * design.stride:
            break
        tiles[longer] += 1
    return tiles[0], tiles[1]
