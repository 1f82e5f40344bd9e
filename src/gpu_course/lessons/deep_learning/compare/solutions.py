"""Solutions: a difference with its interval, and the cheapest method that is good enough."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

RESAMPLES = 5000
"""Draws of the bootstrap: enough for two digits of an interval."""


def paired_difference(
    first: ArrayLike, second: ArrayLike, *, seed: int = 0
) -> tuple[float, float, float]:
    """Return by how much the second method is better on the same scenes, with an interval.

    Parameters
    ----------
    first, second : array (n,)
        One score for each scene, in the same order.
    seed : int
        Decides the draws.

    Returns
    -------
    difference, low, high : float
        The median over scenes of second − first, and the 95 % interval that the bootstrap finds
        for it: scenes are drawn with replacement, *pairs together*, and the median is taken anew.

    References
    ----------
    Efron and Tibshirani (1986), https://doi.org/10.1214/ss/1177013815
    """
    differences = np.asarray(second, float) - np.asarray(first, float)
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(differences), (RESAMPLES, len(differences)))
    medians = np.median(differences[draws], axis=1)
    low, high = np.percentile(medians, [2.5, 97.5])
    return float(np.median(differences)), float(low), float(high)


def good_enough(
    methods: Mapping[str, Mapping[str, float]], wanted: float, images: int
) -> list[str]:
    """Return the methods that reach a wanted score, the one with the least time first.

    Parameters
    ----------
    methods : mapping
        Name → ``{"score": …, "labelling": …, "training": …, "per image": …}``, the last three in
        minutes. Labelling and training are paid once, the last for every image.
    wanted : float
        Least score that is good enough.
    images : int
        How many images there are to segment.

    Returns
    -------
    list of str
        Empty if no method is good enough.
    """
    minutes = {
        name: cost["labelling"] + cost["training"] + images * cost["per image"]
        for name, cost in methods.items()
        if cost["score"] >= wanted
    }
    return sorted(minutes, key=lambda name: minutes[name])
