"""Solutions of ``deep-learning/your-own-images``: images dealt out by whole plates."""

from collections.abc import Sequence

import numpy as np


def whole_plates(plates: Sequence[str], wanted: int, seed: int = 0) -> list[int]:
    """Choose images for validation so that no plate is on both sides.

    Parameters
    ----------
    plates : sequence of str
        The plate of each image.
    wanted : int
        So many images at least.
    seed : int
        Decides which plates are drawn.

    Returns
    -------
    list of int
        Numbers of the images for validation, rising. Plates are drawn until there are enough.
    """
    rng = np.random.default_rng(seed)
    chosen: list[int] = []
    for plate in rng.permutation(sorted(set(plates))):
        if len(chosen) >= wanted:
            break
        chosen += [number for number, own in enumerate(plates) if own == plate]
    return sorted(chosen)
