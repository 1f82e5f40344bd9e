"""The exercise's solution, a macro in Python, and where two label images disagree."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def disagreement(first: ArrayLike, second: ArrayLike) -> NDArray[np.bool_]:
    """Return where two label images assign a pixel to different objects, whatever their numbers.

    Parameters
    ----------
    first, second : array of integer, YX or ZYX, of one shape
        0 is background in both, and every other number one object.

    Returns
    -------
    array of bool
        True where the label in `second` is not the one that most pixels of the object in `first`
        have there.
    """
    one, two = np.asarray(first), np.asarray(second)
    pairs, sizes = np.unique(np.stack([one.ravel(), two.ravel()]), axis=1, return_counts=True)
    partner = np.zeros(int(one.max()) + 1, dtype=two.dtype)
    for number in np.argsort(sizes):  # the largest overlap of each object is written last
        partner[pairs[0, number]] = pairs[1, number]
    return partner[one] != two


def spots(image: ArrayLike, cle: Any) -> Any:
    """Translate the macro of the exercise: objects that rise above their surroundings.

    Parameters
    ----------
    image : array, YX
        Any real dtype.
    cle : module
        ``pyclesperanto``.

    Returns
    -------
    label image
        In the device's memory.
    """
    difference = cle.difference_of_gaussian(
        image, sigma1_x=2, sigma1_y=2, sigma1_z=0, sigma2_x=12, sigma2_y=12, sigma2_z=0
    )
    mask = cle.greater_constant(difference, scalar=10)
    labels = cle.connected_component_labeling(mask)
    inner = cle.exclude_labels_on_edges(labels)
    return cle.exclude_labels_outside_size_range(inner, minimum_size=200, maximum_size=600)
