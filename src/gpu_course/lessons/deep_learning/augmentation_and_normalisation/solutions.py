"""Solutions: percentiles for any image, and one random move for image and labels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_percentiles(
    image: NDArray[Any], low: float = 1.0, high: float = 99.8
) -> NDArray[np.float32]:
    """Map two percentiles of an image to 0 and 1.

    Parameters
    ----------
    image : ndarray
        Any real dtype and shape; it is left unchanged.
    low, high : float
        The percentiles that become 0 and 1, in percent.

    Returns
    -------
    ndarray, float32, shape of `image`
        Values beyond the percentiles are kept; an image of one value becomes 0 everywhere.
    """
    dark, bright = np.percentile(image, [low, high])
    span = bright - dark if bright > dark else 1.0
    return ((image - dark) / span).astype(np.float32)


def mirror_and_turn(
    image: NDArray[Any], labels: NDArray[Any], seed: int, most: float = 20.0
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mirror image and labels half of the time, then turn both by the same random angle.

    Parameters
    ----------
    image : ndarray (Y, X)
    labels : integer ndarray (Y, X)
    seed : int
        The same seed makes the same change.
    most : float
        The largest angle to either side, in degrees.

    Returns
    -------
    image, labels : ndarrays of the shapes and dtypes given
    """
    from scipy.ndimage import rotate

    rng = np.random.default_rng(seed)
    if rng.random() < 0.5:
        image, labels = image[:, ::-1], labels[:, ::-1]
    angle = rng.uniform(-most, most)
    # order=1 interpolates between pixels; order=0 takes the nearest one, so labels stay labels.
    turned = rotate(image, angle, reshape=False, order=1, mode="reflect")
    return turned, rotate(labels, angle, reshape=False, order=0, mode="reflect")
