"""From scribbles to a table of painted pixels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.pixel_classification import features, inputs
from gpu_course.pixel_classification.recipe import Recipe, names
from gpu_course.pixel_classification.tiles import Window, whole

Array = Any  # of any library
#: Edge of the tiles on which painted pixels get their features. Small ones leave out more of the
#: image, and compute more around each.
TILE = {2: 128, 3: 48}


def painted(
    images: Sequence[Array], scribbles: Sequence[Any], recipe: Recipe
) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.int32]]:
    """Return features, class and stroke of every painted pixel.

    Features are computed on those tiles only that hold a painted pixel.

    Parameters
    ----------
    images : sequence of arrays
        As :func:`features.compute` takes them.
    scribbles : sequence of arrays of int
        0 is not painted, 1, 2, … the classes.
    recipe : Recipe

    Returns
    -------
    table : ndarray of float32, (pixel, feature)
    labels : ndarray of uint8, (pixel,)
    groups : ndarray of int32, (pixel,)
        The same number for pixels of one stroke.

    Raises
    ------
    CourseError
        If images, scribbles and recipe do not fit one another.
    """
    if len(images) != len(scribbles) or not len(images):
        raise CourseError(
            f"There are {len(images)} images and {len(scribbles)} scribbles. Give one each."
        )
    tables, labels, groups = [], [], []
    before = 0
    for image, paint in zip(images, scribbles, strict=True):
        marks = inputs.marks(paint, recipe.spatial(tuple(image.shape)))
        strokes = inputs.strokes(marks)
        tables.append(_table(image, marks, recipe))
        labels.append(marks[marks > 0])
        groups.append(strokes[marks > 0] + before)
        before += int(strokes.max(initial=0))
    if len({table.shape[1] for table in tables}) > 1:
        raise CourseError("Some images are 2D and some 3D. Train one classifier for each kind.")
    return np.concatenate(tables), np.concatenate(labels), np.concatenate(groups)


def _table(image: Array, marks: NDArray[np.uint8], recipe: Recipe) -> NDArray[np.float32]:
    """Return the features of an image's painted pixels, (pixel, feature), in their order."""
    from gpu_course.devices import to_numpy

    xp, channels = inputs.channels(image, recipe)
    where = np.nonzero(marks)
    table = np.empty((len(where[0]), len(names(recipe, marks.ndim))), np.float32)
    row = np.zeros(marks.shape, np.int32)
    row[where] = np.arange(len(where[0]))

    def keep(piece: Window, values: list[Array]) -> None:
        here = np.nonzero(marks[piece])
        for number, value in enumerate(values):
            table[row[piece][here], number] = to_numpy(value)[here]

    features.tile_by_tile(
        keep,
        xp,
        channels,
        recipe,
        whole(marks.shape),
        tile=TILE[marks.ndim],
        wanted=lambda piece: bool(marks[piece].any()),
    )
    return table
