"""A picture that no threshold can part, and the best that a threshold can do."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_course.errors import CourseError


def two_textures(
    shape: tuple[int, int] = (256, 256), *, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return regions of fine and of coarse grain, both with the same grey values.

    Each grain is blurred noise whose values were replaced, rank by rank, by those of one and the
    same bell curve. So the histograms of both regions are alike, and only the
    arrangement of the grey values tells them apart.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    seed : int
        Same seed, same picture.

    Returns
    -------
    image : ndarray of float32 (Y, X)
        Grey values around 128.
    inside : ndarray of bool (Y, X)
        True on the fine grain.
    """
    from scipy import ndimage, special

    rng = np.random.default_rng(seed)

    def grain(sigma: float) -> NDArray[np.float32]:
        noise = ndimage.gaussian_filter(rng.standard_normal(shape), sigma)
        rank = np.argsort(np.argsort(noise, axis=None)).reshape(shape)
        return (128 + 30 * special.ndtri((rank + 0.5) / rank.size)).astype(np.float32)

    hills = ndimage.gaussian_filter(rng.standard_normal(shape), min(shape) / 10)
    inside: NDArray[np.bool_] = hills > np.quantile(hills, 0.6)
    return np.where(inside, grain(0.7), grain(2.5)), inside


def best_threshold(values: ArrayLike, truth: ArrayLike) -> tuple[float, float]:
    """Return the threshold that parts two classes best, and the share of pixels it gets right.

    Every threshold is tried, in both directions, against the known answer. Nobody has that
    answer for a new image: the share is the most that any threshold on `values` can reach. It goes
    from 0.5 to 1, each class weighing the same.

    Raises
    ------
    CourseError
        If the shapes differ or one of the classes is absent.
    """
    flat, inside = np.ravel(values), np.ravel(truth).astype(bool)
    if flat.shape != inside.shape or inside.all() or not inside.any():
        raise CourseError(
            "A threshold can be judged on values and a truth of one shape that has both classes."
        )
    order = np.argsort(flat, kind="stable")
    above = inside[order]
    # Share of each class that lies at or below each value, in ascending order.
    low_in = np.cumsum(above) / above.sum()
    low_out = np.cumsum(~above) / (~above).sum()
    # Equal values fall on one side together, so only the last of them can be a threshold.
    last = np.append(np.diff(flat[order]) > 0, True)
    gain = np.where(last, np.abs(low_out - low_in), 0)
    best = int(np.argmax(gain))
    return float(flat[order][best]), float((1 + gain[best]) / 2)
