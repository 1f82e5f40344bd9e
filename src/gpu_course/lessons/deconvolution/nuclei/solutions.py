"""The solutions of the exercises: nuclei that touch, and a difference with its interval."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.labels import Labels


def split_touching(mask: NDArray[Any], voxel_size: Sequence[float], nucleus: float) -> Labels:
    """Cut a mask where it is narrow: one object around each of its deepest points.

    Parameters
    ----------
    mask : ndarray of bool (z, y, x)
    voxel_size : (z, y, x)
        In µm. Depth is a length, so it is measured in µm and not in voxels.
    nucleus : float
        Diameter of a usual nucleus in µm. How far a bump of its skin reaches, and how near two
        middles may lie, are shares of it.

    Returns
    -------
    ndarray of int32
        1…n; together they cover the mask.
    """
    from scipy.ndimage import distance_transform_edt, gaussian_filter, label, maximum_filter
    from skimage.segmentation import watershed

    depth = distance_transform_edt(mask, sampling=voxel_size).astype(np.float32)
    blur = np.divide(0.1 * nucleus, voxel_size)
    depth = gaussian_filter(depth, blur)  # a bumpy skin makes false peaks
    reach = [max(1, round(0.15 * nucleus / edge)) for edge in voxel_size]
    peaks = (depth == maximum_filter(depth, [2 * n + 1 for n in reach])) & mask
    seeds, _ = label(peaks, structure=np.ones((3, 3, 3)))
    return watershed(-depth, seeds, mask=mask).astype(np.int32)


def paired_difference(
    before: Sequence[float], after: Sequence[float], *, resamples: int = 5000, seed: int = 0
) -> tuple[float, float, float]:
    """Return the mean difference of a paired experiment with its 95 % bootstrap interval.

    Both methods saw the same scenes. So the difference is taken scene by scene first, and what
    makes one scene harder than another cancels. Then scenes are drawn again and again, with
    repetition, to see how far the mean would move with other scenes.

    Parameters
    ----------
    before, after : sequence of float, one per scene, in the same order
    resamples, seed : int
        How often to draw, and from which dice.

    Returns
    -------
    mean, low, high : float
        Of `after` - `before`.

    References
    ----------
    Efron, B. (1979), https://doi.org/10.1214/aos/1176344552
    """
    difference = np.asarray(after, float) - np.asarray(before, float)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(difference), size=(resamples, len(difference)))
    low, high = np.percentile(difference[drawn].mean(axis=1), [2.5, 97.5])
    return float(difference.mean()), float(low), float(high)
