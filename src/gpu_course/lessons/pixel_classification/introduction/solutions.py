"""A feature that parts fine grain from coarse grain."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def graininess(image: NDArray[Any]) -> NDArray[np.float32]:
    """Return how much neighbouring pixels differ, averaged over a neighbourhood.

    Parameters
    ----------
    image : ndarray (Y, X)
        Grey values.

    Returns
    -------
    ndarray of float32 (Y, X)
        In grey values per pixel: large on fine grain, small on coarse grain.
    """
    from scipy import ndimage

    steepness = ndimage.gaussian_gradient_magnitude(image.astype(np.float32), sigma=1)
    return ndimage.gaussian_filter(steepness, sigma=7)
