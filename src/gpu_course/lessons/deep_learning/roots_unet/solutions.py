"""Solutions: a Dice loss with a slope, and tiles that fade into each other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


def soft_dice_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Return one minus the Dice of probabilities with a mask.

    Dice counts pixels, and a count has no gradient. Probabilities in the place of yes and no give
    the same number where the network is sure, and a slope where it is not.

    Parameters
    ----------
    logits : tensor, float (N, 1, Y, X)
        What the network returned.
    truth : tensor, integer (N, 1, Y, X)
        1 on roots, 0 elsewhere.

    Returns
    -------
    tensor, float32, one number
        0: perfect. The 1 added above and below keeps a batch without roots from 0 / 0.

    References
    ----------
    Milletari et al. (2016), https://doi.org/10.1109/3DV.2016.79
    """
    probability = logits.sigmoid()
    overlap = (probability * truth).sum()
    area = probability.sum() + truth.sum()
    return 1 - (2 * overlap + 1) / (area + 1)


def blend(left: NDArray[Any], right: NDArray[Any], overlap: int) -> NDArray[np.float64]:
    """Join two tiles that share some columns, so that one fades into the other.

    Parameters
    ----------
    left, right : ndarray (Y, X)
        The last `overlap` columns of the left tile show the same place as the first ones of the
        right tile.
    overlap : int
        Shared columns, at least 1.

    Returns
    -------
    ndarray, float64 (Y, X of both − overlap)
    """
    # In the middle of its first shared column, the right tile is half a step inside.
    share = (np.arange(overlap) + 0.5) / overlap
    faded = (1 - share) * left[:, -overlap:] + share * right[:, :overlap]
    return np.concatenate([left[:, :-overlap], faded, right[:, overlap:]], axis=1)
