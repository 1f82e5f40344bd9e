"""What was painted, as a table: the features of each painted pixel, and its class.

A forest cannot be corrected: it has to be fitted anew, to what it learned from before and to what
is painted now. So the table of its strokes is worth keeping. It needs no image: the features and
the class of a pixel are all that a forest ever sees of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class StrokeTable:
    """Painted pixels.

    Attributes
    ----------
    features : ndarray of float32 (pixel, feature)
        In the order of the recipe's names.
    labels : ndarray of uint8 (pixel,)
        The class that each was painted with, from 1.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.uint8]

    def counts(self) -> dict[int, int]:
        """Return class → number of its painted pixels."""
        classes, counts = np.unique(self.labels, return_counts=True)
        return dict(zip(classes.tolist(), counts.tolist(), strict=True))


def joined(tables: Sequence[StrokeTable]) -> StrokeTable:
    """Return one table of all, in their order.

    Parameters
    ----------
    tables : sequence of StrokeTable
        At least one; all of one recipe.
    """
    return StrokeTable(
        np.concatenate([table.features for table in tables]),
        np.concatenate([table.labels for table in tables]),
    )


def corrected(kept: StrokeTable, painted: StrokeTable) -> tuple[StrokeTable, StrokeTable]:
    """Let what is painted now rule over what was kept of the same pixels.

    A pixel is the same if all its features, of one recipe, are, to the last bit. What was kept
    comes back without the pixels that are painted with another class now; what is painted, without
    those that were kept with the same class: they would count twice.
    """
    before = {row.tobytes(): int(c) for row, c in zip(kept.features, kept.labels, strict=True)}
    now = {row.tobytes(): int(c) for row, c in zip(painted.features, painted.labels, strict=True)}
    stays = [
        now.get(row.tobytes(), int(c)) == c
        for row, c in zip(kept.features, kept.labels, strict=True)
    ]
    news = [
        before.get(row.tobytes()) != c
        for row, c in zip(painted.features, painted.labels, strict=True)
    ]
    return _of(kept, stays), _of(painted, news)


def problem(table: StrokeTable, features: int, classes: Sequence[int]) -> str | None:
    """Say what makes a table from a file none of a classifier's strokes, or None if it is one.

    The classifier's recipe has so many `features`, its forest these `classes`. The words complete a
    sentence.
    """
    rows, columns = table.features.shape
    if rows != len(table.labels) or columns != features:
        return "its table of strokes and its recipe do not belong together"
    if not np.isfinite(table.features).all():
        return "its table of strokes holds missing or infinite numbers"
    if sorted(set(table.labels.tolist())) != sorted(classes):
        return "its table of strokes and its list of classes do not belong together"
    return None


def _of(table: StrokeTable, rows: list[bool]) -> StrokeTable:
    if all(rows):
        return table
    chosen = np.array(rows, bool)
    return StrokeTable(table.features[chosen], table.labels[chosen])
