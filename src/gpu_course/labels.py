"""Label images: 0 is background, every other number one object."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer[Any]]


def touching_pairs(labels: Labels) -> list[tuple[int, int]]:
    """Return pairs of objects that touch, so that no object is in two pairs.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
    """
    sides = ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1]))
    beside = np.concatenate(
        [
            np.stack([one[meet], other[meet]], axis=1)
            for one, other in sides
            for meet in [(one != other) & (one > 0) & (other > 0)]
        ]
    )
    beside = np.unique(np.sort(beside, axis=1), axis=0)
    taken: set[int] = set()
    pairs = []
    for one, other in beside.tolist():
        if not {one, other} & taken:
            pairs.append((one, other))
            taken |= {one, other}
    return pairs
