"""A recipe for roots, and a split that does not leak."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_course.pixel_classification.recipe import Recipe


def choose_scales() -> Recipe:
    """Return the course's recipe for roots 2 to 10 pixels wide.

    A root is a bright ridge, so the Hessian at about half of each width finds it. The gradient
    tells its edges from those of grains. The widest blur says how bright the soil around is, where
    the lamp is uneven.
    """
    return Recipe(sigmas=(1, 2, 4, 8), features=("gaussian", "gradient", "hessian"))


def folds_by_stroke(
    groups: ArrayLike, folds: int = 4
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Deal strokes, not pixels, to training and test.

    Parameters
    ----------
    groups : integer array (n,)
        The stroke that each painted pixel belongs to.
    folds : int
        Into how many parts the strokes are dealt. Each is the test once.

    Returns
    -------
    list of (train, test)
        Positions of the painted pixels, two arrays of integers for each fold.
    """
    groups = np.asarray(groups)
    strokes = np.unique(groups)
    splits = []
    for part in range(folds):
        # Every n-th stroke: those of one class have neighbouring numbers, so each part gets some.
        held_out = np.isin(groups, strokes[part::folds])
        splits.append((np.flatnonzero(~held_out), np.flatnonzero(held_out)))
    return splits
