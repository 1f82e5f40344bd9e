"""Solution: the diameter of a bright disc from the blur that fits it."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def diameter(image: NDArray[np.floating]) -> float:
    """Return the diameter of the one bright disc in an image.

    The Laplacian of a Gaussian answers most strongly in the middle of a disc whose diameter is 2 √2
    times the width of the Gaussian, once its answer is multiplied by the square of that width:
    without, a wider Gaussian would always answer more weakly.

    Parameters
    ----------
    image : ndarray of floats (Y, X)

    Returns
    -------
    float
        In pixels.
    """
    sigmas = np.geomspace(1, 20, 60)
    answers = [-(s**2) * ndimage.gaussian_laplace(image, s).min() for s in sigmas]
    return float(2 * np.sqrt(2) * sigmas[int(np.argmax(answers))])
