"""Solutions: the star of a pixel, and the choice among candidates."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_course.labels import Labels


def star_distances(labels: Labels, row: int, column: int, rays: int) -> NDArray[np.float64]:
    """Return how far one pixel is to the outline of its object, in every direction.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
        0 is background.
    row, column : int
        The pixel that asks.
    rays : int
        Number of directions. Ray 0 points along columns to the right, the next is turned by
        360° / rays towards larger rows.

    Returns
    -------
    ndarray, float (rays,)
        Steps of one pixel until the ray stands in another object, on background or outside the
        image for the first time. All 0 for a pixel of the background.
    """
    distances = np.zeros(rays)
    own = labels[row, column]
    if own == 0:
        return distances
    for ray in range(rays):
        angle = 2 * np.pi * ray / rays
        y, x = row, column
        while 0 <= y < labels.shape[0] and 0 <= x < labels.shape[1] and labels[y, x] == own:
            distances[ray] += 1
            y = round(row + distances[ray] * np.sin(angle))
            x = round(column + distances[ray] * np.cos(angle))
    return distances


def best_first(probability: ArrayLike, overlap: ArrayLike, limit: float) -> list[int]:
    """Choose among candidates that claim the same objects: non-maximum suppression.

    Parameters
    ----------
    probability : array (n,)
        Of every candidate.
    overlap : array (n, n)
        How much each two of them overlap, from 0 to 1.
    limit : float
        Two that overlap by more than this cannot both stay.

    Returns
    -------
    list of int
        Numbers of the candidates that stay, the most probable first.
    """
    share = np.asarray(overlap)
    kept: list[int] = []
    for candidate in np.argsort(-np.asarray(probability), kind="stable"):
        # Only those that stay have a say: who is out cannot put others out.
        if all(share[candidate, other] <= limit for other in kept):
            kept.append(int(candidate))
    return kept
