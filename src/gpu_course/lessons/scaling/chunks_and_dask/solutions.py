"""The exercises' solutions: the reach of a chain of filters, and means of parts."""

from collections.abc import Sequence
from typing import Any

import pandas as pd


def chain_reach(gaussian: Sequence[float], minimum: Sequence[int]) -> tuple[int, ...]:
    """Return how far a Gaussian followed by a minimum filter looks, in voxels.

    Parameters
    ----------
    gaussian : sequence of float
        Standard deviation along each axis; the filter is cut at four of them, rounded to the
        nearest voxel.
    minimum : sequence of int
        Edge of the box of the minimum filter along each axis, an odd number.

    Returns
    -------
    tuple of int
        For each axis. One filter looks where the other has looked already: the reaches add up.
    """
    return tuple(int(4 * g + 0.5) + m // 2 for g, m in zip(gaussian, minimum, strict=True))


def join_means(parts: Sequence[Any]) -> pd.DataFrame:
    """Join the measurements of objects that lie in several chunks.

    Parameters
    ----------
    parts : sequence of pandas.DataFrame
        One of each chunk, with the columns ``label``, ``area`` and ``mean_intensity``.

    Returns
    -------
    pandas.DataFrame
        The same columns with one row per label, in rising order.
    """
    table = pd.concat(parts)
    table["sum"] = table["area"] * table["mean_intensity"]
    whole = table.groupby("label", as_index=False)[["area", "sum"]].sum()
    whole["mean_intensity"] = whole["sum"] / whole["area"]
    return whole[["label", "area", "mean_intensity"]]
