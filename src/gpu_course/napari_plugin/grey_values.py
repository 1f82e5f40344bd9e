"""Grey values of pictures: those a forest learned from, and whether another picture is far off."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from gpu_course.napari_plugin.requests import Picture
from gpu_course.napari_plugin.tiles import grid
from gpu_course.pixel_classification import seen
from gpu_course.pixel_classification.seen import Seen

MOST_TILES = 16
"""Of a picture with more tiles than this, so many are looked at, in even steps: it may be a
movie that is larger than the memory."""


class GreyValues:
    """Grey values of pictures. A picture is looked at once, and once for each set learned from."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, Seen | None] = {}
        self._doubts: dict[tuple[Hashable, Seen], str] = {}

    def of(self, picture: Picture) -> Seen | None:
        """Return a picture's grey values, or None if it has none that are finite."""
        if picture.identity not in self._seen:
            values = _some(picture)
            self._seen[picture.identity] = seen.of([values]) if values.size else None
        return self._seen[picture.identity]

    def doubt(self, learned: Seen | None, picture: Picture) -> str:
        """Say in one sentence that a picture is far from what was learned from, else nothing.

        Parameters
        ----------
        learned : Seen or None
            None where nobody knows.
        picture : Picture
        """
        if learned is None:
            return ""
        key = picture.identity, learned
        if key not in self._doubts:
            values = _some(picture)
            self._doubts[key] = (seen.doubt(learned, values) if values.size else None) or ""
        return self._doubts[key]

    def keep_only(self, sources: frozenset[Hashable]) -> None:
        """Forget all pictures but those of these sources."""
        self._seen = {i: s for i, s in self._seen.items() if i[0] in sources}  # type: ignore[index]
        self._doubts = {k: d for k, d in self._doubts.items() if k[0][0] in sources}  # type: ignore[index]


def together(parts: Sequence[Seen | None]) -> Seen | None:
    """Return the grey values of several pictures, the median as in `seen.of`.

    Parameters
    ----------
    parts : sequence of Seen or None
        None where nobody knows, as of an older model file: then it is not known of all, either.
    """
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    rows = [(part.low, part.middle, part.high) for part in known]
    return Seen(*(float(value) for value in np.median(rows, axis=0)))


def _some(picture: Picture) -> NDArray[np.float32]:
    """Return finite grey values of a picture: all of a small one, of some tiles of a large one."""
    layout = picture.layout
    if 0 in picture.pixels.shape:
        return np.zeros(0, np.float32)
    tiles = grid(layout.sites(picture.pixels.shape), layout.space_of_sites)
    chosen = np.unique(np.linspace(0, len(tiles) - 1, MOST_TILES).round().astype(int))
    found = [layout.read(picture.pixels, tiles[number]).reshape(-1) for number in chosen]
    with np.errstate(over="ignore"):
        values = np.concatenate(found).astype(np.float32)
    return values[np.isfinite(values)]
