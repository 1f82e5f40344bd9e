"""From strokes to tables: the features of painted pixels, computed once for each pixel."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.napari_plugin.feature_cache import FeatureCache
from gpu_course.napari_plugin.grey_values import GreyValues
from gpu_course.napari_plugin.requests import Kept, Lesson
from gpu_course.napari_plugin.tiles import Region, grid
from gpu_course.pixel_classification.stroke_table import StrokeTable

if TYPE_CHECKING:
    from gpu_course.pixel_classification.recipe import Recipe

MOST = 200_000
"""Painted pixels of a class and image that are learned from: a bucket of paint fills millions, and
a tree draws a few thousand."""


@dataclass(frozen=True, eq=False)
class _Known:
    """All pixels of a lesson that were ever painted, ascending, and their features."""

    token: Hashable
    where: NDArray[np.intp]
    rows: NDArray[np.float32]
    painted: NDArray[np.intp]
    table: StrokeTable


class PaintedTables:
    """The table of each lesson. While its strokes stay the same, so does the table.

    `cache` has the features of tiles; `greys` are the grey values of the pictures that are painted
    on.
    """

    def __init__(self, cache: FeatureCache) -> None:
        self._cache = cache
        self.greys = GreyValues()
        self._known: dict[Hashable, _Known] = {}
        self._newest: dict[Hashable, Kept] = {}

    def learned(self, key: Hashable) -> Kept | None:
        """Return what was learned from a lesson last, to be kept when its picture goes."""
        return self._newest.get(key)

    def keep_only(self, keys: set[Hashable]) -> None:
        """Forget all lessons but these."""
        for gone in set(self._known) - keys:
            del self._known[gone]
            self._newest.pop(gone, None)

    def table(self, lesson: Lesson, recipe: Recipe) -> StrokeTable | None:
        """Return features and classes of a lesson's painted pixels, or None if there are none.

        Parameters
        ----------
        lesson : Lesson
        recipe : Recipe
            With the colours and the voxel size of the lesson's picture.

        Raises
        ------
        CourseError
            If the strokes do not fit the picture, or are no classes.
        """
        shape = lesson.picture.layout.sites(lesson.picture.pixels.shape)
        where, labels = _marks(lesson.scribbles, shape)
        if not len(where):
            self._known.pop(lesson.key, None)
            self._newest.pop(lesson.key, None)
            return None
        token = (lesson.picture.identity, recipe)
        known = self._known.get(lesson.key)
        if known is None or known.token != token:
            known = None
        elif np.array_equal(known.painted, where) and np.array_equal(known.table.labels, labels):
            return known.table
        have = np.zeros(0, np.intp) if known is None else known.where
        news = np.setdiff1d(where, have, assume_unique=True)
        rows = self._features(lesson, recipe, shape, news)
        if known is not None:
            rows = np.concatenate([known.rows, rows])
        every = np.concatenate([have, news])
        order = np.argsort(every)
        every, rows = every[order], rows[order]
        table = StrokeTable(rows[np.searchsorted(every, where)], labels)
        self._known[lesson.key] = _Known(token, every, rows, where, table)
        picture = lesson.picture
        self._newest[lesson.key] = Kept(
            table, recipe, picture.kind, picture.source, self.greys.of(picture)
        )
        return table

    def _features(
        self, lesson: Lesson, recipe: Recipe, shape: tuple[int, ...], where: NDArray[np.intp]
    ) -> NDArray[np.float32]:
        """Return the features of these pixels, given as ascending numbers in the flat picture."""
        from gpu_course.pixel_classification.recipe import names

        layout = lesson.picture.layout
        table = np.empty((len(where), len(names(recipe, len(layout.space)))), np.float32)
        if not len(where):
            return table
        places = np.stack(np.unravel_index(where, shape))
        low, high = places.min(axis=1), places.max(axis=1)
        for tile in grid(shape, layout.space_of_sites):
            if any(p.stop <= a or p.start > b for p, a, b in zip(tile, low, high, strict=True)):
                continue
            inside = _inside(places, tile)
            if inside.any():
                block = self._cache.features(lesson.picture, recipe, tile)
                local = tuple(
                    places[axis][inside] - tile[axis].start for axis in layout.space_of_sites
                )
                table[inside] = block[(slice(None), *local)].T
        return table


def _inside(places: NDArray[np.intp], tile: Region) -> NDArray[np.bool_]:
    return np.logical_and.reduce(
        [(p >= s.start) & (p < s.stop) for p, s in zip(places, tile, strict=True)]
    )


def _marks(scribbles: Any, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """Return the painted pixels, as numbers in the flat picture, and their classes."""
    if tuple(scribbles.shape) != shape:
        raise CourseError(
            f"The scribbles are {_size(scribbles.shape)} pixels and the image is "
            f"{_size(shape)}. Press New for scribbles that fit."
        )
    flat = np.asarray(scribbles).reshape(-1)
    where = np.flatnonzero(flat)
    values = flat[where]
    if len(values) and not 0 < values.min() <= values.max() <= 255:
        wrong = values.max() if values.max() > 255 else values.min()
        raise CourseError(f"There is a stroke with label {wrong}. Paint with labels from 1 to 255.")
    values = values.astype(np.uint8)
    if len(values) > MOST:
        each = [np.flatnonzero(values == number) for number in np.unique(values)]
        chosen = np.sort(np.concatenate([one[:: -(-len(one) // MOST)] for one in each]))
        where, values = where[chosen], values[chosen]
    return where, values


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
