"""Features that were computed once are kept for the next stroke, as far as the memory goes.

When it is full, what is nearest to the view stays. To let the oldest go would be the usual rule,
but tiles are asked for in the same order after each stroke: each would be thrown out just before
it is wanted again, and the memory would be of no use as soon as it is a little too small.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_course.napari_plugin.tiles import Region, distance, meet

if TYPE_CHECKING:
    from gpu_course.napari_plugin.requests import Picture
    from gpu_course.pixel_classification.recipe import Recipe

SHARE = 0.25
"""Share of the machine's memory that features may fill, and at most half of what is free."""


class _Key(NamedTuple):
    source: Hashable
    recipe: Recipe
    ends: tuple[tuple[int, int], ...]


class FeatureCache:
    """Features of tiles, computed when they are asked for the first time.

    Attributes
    ----------
    computed : int
        How many tiles were computed since the beginning.
    held : int
        Bytes of features that are kept.
    """

    def __init__(self) -> None:
        self.computed = 0
        self._kept: dict[_Key, NDArray[np.float32]] = {}
        self.held = 0
        self._source: Hashable = None
        self._view: Region = ()

    def look_at(self, picture: Picture, view: Region) -> None:
        """Tell what the window shows: that is what will be wanted again."""
        self._source, self._view = picture.identity, view

    def keep_only(self, sources: frozenset[Hashable]) -> None:
        """Forget all images but these; each is the `source` of a picture."""
        for key in [k for k in self._kept if k.source[0] not in sources]:  # type: ignore[index]
            self._drop(key)

    def features(self, picture: Picture, recipe: Recipe, tile: Region) -> NDArray[np.float32]:
        """Return the features of a tile, from memory if they are there.

        They are float32, (feature, Y, X) or (feature, Z, Y, X). The recipe has the picture's
        colours and voxel size; the tile is of one frame of its sites.
        """
        key = _key(picture, recipe, tile)
        if key in self._kept:
            return self._kept[key]
        block = _computed(picture, recipe, tile)
        self.computed += 1
        self._keep(key, block)
        return block

    def holds(self, picture: Picture, recipe: Recipe, tile: Region) -> bool:
        """Return whether the features of a tile are kept."""
        return _key(picture, recipe, tile) in self._kept

    def _keep(self, key: _Key, block: NDArray[np.float32]) -> None:
        # A recipe that was changed is not wanted again.
        for old in [k for k in self._kept if k.source == key.source and k.recipe != key.recipe]:
            self._drop(old)
        limit = memory_limit(self.held)
        while self.held + block.nbytes > limit:
            farthest = max(self._kept, key=self._distance, default=None)
            if farthest is None or self._distance(farthest) <= self._distance(key):
                return
            self._drop(farthest)
        self._kept[key] = block
        self.held += block.nbytes

    def _drop(self, key: _Key) -> None:
        self.held -= self._kept.pop(key).nbytes

    def _distance(self, key: _Key) -> tuple[bool, float]:
        if key.source != self._source:
            return True, math.inf
        tile = tuple(slice(*ends) for ends in key.ends)
        return not meet(tile, self._view), distance(tile, self._view)


def _key(picture: Picture, recipe: Recipe, tile: Region) -> _Key:
    return _Key(picture.identity, recipe, tuple((part.start, part.stop) for part in tile))


def memory_limit(held: int = 0) -> int:
    """Return how many bytes of features this machine can keep.

    Parameters
    ----------
    held : int
        Bytes that are kept already.
    """
    import psutil

    memory = psutil.virtual_memory()
    return int(min(SHARE * memory.total, held + memory.available / 2))


def _computed(picture: Picture, recipe: Recipe, tile: Region) -> NDArray[np.float32]:
    from gpu_course.pixel_classification import features
    from gpu_course.pixel_classification.tiles import grown, inside

    layout = picture.layout
    shape = layout.sites(picture.pixels.shape)
    reach = dict(zip(layout.space_of_sites, recipe.halo(len(layout.space)), strict=True))
    # Read the tile and its surroundings only: the image may be larger than memory.
    around = grown(tile, tuple(reach.get(axis, 0) for axis in range(len(shape))), shape)
    inner = inside(tile, around)
    window = tuple(inner[axis] for axis in layout.space_of_sites)
    return features.compute(layout.read(picture.pixels, around), recipe, window=window)
