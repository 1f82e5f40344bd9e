"""Solution: how much effort a learning curve asks for a wanted score."""

import numpy as np
from numpy.typing import ArrayLike


def effort_for(efforts: ArrayLike, scores: ArrayLike, wanted: float) -> float:
    """Return the least effort at which a learning curve reaches a score.

    Between two points the curve is a straight line over the *logarithm* of the effort.

    Parameters
    ----------
    efforts : array (n,)
        Above 0, rising.
    scores : array (n,)
        They may fall in between.
    wanted : float

    Returns
    -------
    float
        The first effort if its score is enough, infinity if none is.
    """
    logs, curve = np.log(efforts), np.asarray(scores, float)
    if curve[0] >= wanted:
        return float(np.exp(logs[0]))
    for i in range(1, len(curve)):
        if curve[i] >= wanted:
            share = (wanted - curve[i - 1]) / (curve[i] - curve[i - 1])
            return float(np.exp(logs[i - 1] + share * (logs[i] - logs[i - 1])))
    return float("inf")
