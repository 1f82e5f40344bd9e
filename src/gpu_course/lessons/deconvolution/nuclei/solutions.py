"""Measure nuclei in 3D: the recipe that labels them, and the verdict on what it found.

Deconvolution makes a picture look better. Whether it makes a *measurement* better is a question
for an experiment: the same recipe on the raw and on the deconvolved picture, against the truth.
The scenes of that experiment are in `gpu_course.lessons.deconvolution.nuclei.scenes`, and
`gpu_course.lessons.deconvolution.nuclei.study` runs it.

All volumes have the axes (z, y, x). All lengths are in µm, because a voxel is longer than wide.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.images.phantoms import NUCLEI_VOXEL

Volume = NDArray[Any]
Labels = NDArray[np.int32]

#: Pieces below this volume in µm³, about a tenth of a nucleus, count for nothing: most are slivers
#: of nuclei that the border of the picture cut. They are dropped from the truth as well.
SMALLEST = 12.5


# --- the recipe -----------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the recipe may be tuned by.

    Attributes
    ----------
    smooth : float
        Width of the Gaussian before the threshold, in µm.
    surroundings : float or None
        Width of the Gaussian that is taken for the haze around, and subtracted, in µm; None
        subtracts nothing.
    threshold : float
        As a multiple of Otsu's.
    """

    smooth: float = 0.5
    surroundings: float | None = None
    threshold: float = 0.9


#: Every combination that is tried, for raw and for deconvolved pictures alike.
GRID = tuple(
    Settings(smooth, surroundings, threshold)
    for smooth in (0.25, 0.5)
    for surroundings in (None, 3.0)
    for threshold in (0.5, 0.7, 0.9, 1.1)
)


def segment(
    image: Volume, settings: Settings = Settings(), *, voxel_size: Sequence[float] = NUCLEI_VOXEL
) -> Labels:
    """Label nuclei: smooth, threshold, fill, split what touches, drop what is too small.

    Parameters
    ----------
    image : ndarray (z, y, x)
        Raw or deconvolved.
    settings : Settings
    voxel_size : (z, y, x)
        In µm.

    Returns
    -------
    ndarray of int32
        0 is background, 1…n the nuclei.
    """
    mask = foreground(image, settings, voxel_size=voxel_size)
    return drop_small(split_touching(mask, voxel_size), voxel_size)


def foreground(
    image: Volume, settings: Settings, *, voxel_size: Sequence[float] = NUCLEI_VOXEL
) -> NDArray[np.bool_]:
    """Tell nuclei from background; dark nucleoli inside a nucleus are filled.

    Parameters
    ----------
    image, settings, voxel_size
        As for :func:`segment`.

    Returns
    -------
    ndarray of bool
        All False for a constant image.
    """
    from scipy.ndimage import binary_fill_holes, gaussian_filter
    from skimage.filters import threshold_otsu

    image = np.asarray(image, np.float32)
    smooth = gaussian_filter(image, np.divide(settings.smooth, voxel_size))
    if settings.surroundings is not None:
        smooth -= gaussian_filter(image, np.divide(settings.surroundings, voxel_size))
    if smooth.min() == smooth.max():
        return np.zeros(image.shape, bool)
    return binary_fill_holes(smooth > settings.threshold * threshold_otsu(smooth))


def split_touching(mask: Volume, voxel_size: Sequence[float]) -> Labels:
    """Cut a mask where it is narrow: one object around each of its deepest points.

    Parameters
    ----------
    mask : ndarray of bool (z, y, x)
    voxel_size : (z, y, x)
        In µm. Depth is a length, so it is measured in µm and not in voxels.

    Returns
    -------
    ndarray of int32
        1…n; together they cover the mask.
    """
    from scipy.ndimage import distance_transform_edt, gaussian_filter, label, maximum_filter
    from skimage.segmentation import watershed

    depth = distance_transform_edt(mask, sampling=voxel_size).astype(np.float32)
    depth = gaussian_filter(depth, np.divide(0.5, voxel_size))  # a bumpy skin makes false peaks
    peaks = (depth == maximum_filter(depth, size=5)) & mask
    seeds, _ = label(peaks, structure=np.ones((3, 3, 3)))
    return watershed(-depth, seeds, mask=mask).astype(np.int32)


def drop_small(labels: Labels, voxel_size: Sequence[float], smallest: float = SMALLEST) -> Labels:
    """Drop objects below a volume in µm³, and number the others from 1.

    Parameters
    ----------
    labels : ndarray of int
    voxel_size : (z, y, x)
        In µm.
    smallest : float
        In µm³.
    """
    volume = np.bincount(labels.ravel()) * np.prod(voxel_size)
    kept = volume >= smallest
    kept[0] = False
    number = np.where(kept, np.cumsum(kept), 0).astype(np.int32)
    return number[labels]


# --- the verdict ----------------------------------------------------------------------------


def volume_errors(true_labels: Labels, found_labels: Labels) -> NDArray[np.float64]:
    """Return by how much the volume of each nucleus that was found is off.

    Parameters
    ----------
    true_labels, found_labels : ndarray of int (z, y, x)

    Returns
    -------
    ndarray of float
        (found - true) / true of every pair with an IoU above 0.5, which makes partners unique.
        Empty if none was found.
    """
    if true_labels.shape != found_labels.shape:
        raise CourseError(
            f"The truth has shape {true_labels.shape}, what was found {found_labels.shape}. "
            "Compare label images of the same scene."
        )
    true_volume, found_volume = np.bincount(true_labels.ravel()), np.bincount(found_labels.ravel())
    both = (true_labels > 0) & (found_labels > 0)
    pairs, common = np.unique(
        np.stack([true_labels[both], found_labels[both]]), axis=1, return_counts=True
    )
    true_size, found_size = true_volume[pairs[0]], found_volume[pairs[1]]
    matched = common > 0.5 * (true_size + found_size - common)
    return (found_size[matched] - true_size[matched]) / true_size[matched]


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
