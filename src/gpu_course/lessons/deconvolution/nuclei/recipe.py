"""A recipe that labels nuclei in 3D, and the grid of settings it is tuned over.

All volumes have the axes (z, y, x). All lengths are in µm, because a voxel is longer than wide.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.images.phantoms import NUCLEI_VOXEL
from gpu_course.labels import Labels
from gpu_course.lessons.deconvolution.nuclei.solutions import split_touching

Volume = NDArray[Any]

#: Pieces below this volume in µm³, about a tenth of a nucleus, count for nothing: most are slivers
#: of nuclei that the border of the picture cut. They are dropped from the truth as well.
SMALLEST = 12.5


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
