"""A recipe that labels nuclei in 3D, and the grid of settings it is tuned over.

All volumes have the axes (z, y, x). A voxel is longer than wide, so lengths are in µm; and nuclei
have many sizes, so every length is a share of `nucleus`, the diameter of a usual one in µm.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution.arrays import as_float32
from gpu_course.deconvolution.units import in_voxels, lengths, number
from gpu_course.errors import CourseError
from gpu_course.labels import Labels, renumber
from gpu_course.lessons.deconvolution.nuclei.solutions import split_touching

Volume = NDArray[Any]

#: Pieces below this share of a nucleus's volume count for nothing: most are slivers of nuclei that
#: the border of the picture cut. They are dropped from the truth as well.
SMALLEST = 0.09

#: A nucleus of fewer voxels than this, along any axis, is cut up more finely before its outline is
#: drawn: in three thick planes, how deep a voxel lies is hardly more than *rim* or *middle*.
ACROSS = 6


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the recipe may be tuned by.

    Attributes
    ----------
    smooth : float
        Width of the Gaussian before the threshold, as a share of the nucleus.
    surroundings : float or None
        Width of the Gaussian that is taken for the haze around, and subtracted, as a share of the
        nucleus; None subtracts nothing.
    threshold : float
        As a multiple of Otsu's.
    """

    smooth: float = 0.08
    surroundings: float | None = None
    threshold: float = 0.8


#: Every combination that is tried, for raw and for deconvolved pictures alike.
GRID = tuple(
    Settings(smooth, surroundings, threshold)
    for smooth in (0.04, 0.08, 0.12)
    for surroundings in (None, 0.5)
    for threshold in (0.5, 0.7, 0.9, 1.1)
)


def segment(
    image: Volume,
    settings: Settings = Settings(),
    *,
    voxel_size: Sequence[float],
    nucleus: float,
) -> Labels:
    """Label nuclei: smooth, threshold, fill, split what touches, drop what is too small.

    Parameters
    ----------
    image : ndarray (z, y, x)
        Raw or deconvolved.
    settings : Settings
    voxel_size : (z, y, x)
        In µm.
    nucleus : float
        Diameter of a usual nucleus in µm.

    Returns
    -------
    ndarray of int32
        0 is background, 1…n the nuclei.

    Raises
    ------
    CourseError
        If the image is no volume, or `nucleus` cannot be its nuclei's diameter in µm.

    Warns
    -----
    UserWarning
        If the smoothing is under half a voxel.

    Notes
    -----
    Where a nucleus has fewer than `ACROSS` voxels along an axis, each voxel is cut into three parts
    along it, and memory and time grow by as much: where that is all three axes, by 27.
    """
    voxel_size, nucleus = checked_units(np.shape(image), voxel_size, nucleus)
    parts = parts_of_a_voxel(voxel_size, nucleus)
    mask = foreground(image, settings, voxel_size=voxel_size, nucleus=nucleus, parts=parts)
    steps = [edge / n for edge, n in zip(voxel_size, parts, strict=True)]
    labels = split_touching(mask, steps, nucleus)
    middles = tuple(slice(n // 2, None, n) for n in parts)
    return drop_small(labels[middles], voxel_size, smallest_volume(nucleus))


def parts_of_a_voxel(voxel_size: Sequence[float], nucleus: float) -> tuple[int, ...]:
    """Return into how many parts a voxel is cut along each axis, so that a nucleus has `ACROSS`.

    Parameters
    ----------
    voxel_size : (z, y, x)
        In µm.
    nucleus : float
        Diameter of a usual nucleus in µm.

    Returns
    -------
    tuple of int
        1 where voxels are fine enough, else 3: of an odd number, the middle one lies where the
        middle of the voxel is.

    Examples
    --------
    >>> from gpu_course.lessons.deconvolution.nuclei.recipe import parts_of_a_voxel
    >>> parts_of_a_voxel((1.75, 0.8, 0.8), nucleus=6), parts_of_a_voxel((0.5, 0.25, 0.25), 6)
    ((3, 1, 1), (1, 1, 1))
    """
    # Less a millionth: six voxels are not to become seven by rounding.
    least = np.ceil(ACROSS * np.asarray(voxel_size) / nucleus - 1e-6).astype(int)
    return tuple(int(n) + 1 - int(n) % 2 for n in np.maximum(least, 1))


def foreground(
    image: Volume,
    settings: Settings,
    *,
    voxel_size: Sequence[float],
    nucleus: float,
    parts: Sequence[int] = (1, 1, 1),
) -> NDArray[np.bool_]:
    """Tell nuclei from background; dark nucleoli inside a nucleus are filled.

    Parameters
    ----------
    image, settings, voxel_size, nucleus
        As for :func:`segment`.
    parts : (z, y, x)
        Into how many parts each voxel is cut, along each axis.

    Returns
    -------
    ndarray of bool
        As many times larger than the image. All False for a constant image.
    """
    from scipy.ndimage import binary_fill_holes, gaussian_filter, zoom
    from skimage.filters import threshold_otsu

    image = as_float32(image)
    width = settings.smooth * nucleus
    sigma = in_voxels(width, voxel_size, f"A smoothing by {width:.2g} µm", level=4)
    smooth = gaussian_filter(image, sigma)
    if settings.surroundings is not None:
        smooth -= gaussian_filter(image, np.divide(settings.surroundings * nucleus, voxel_size))
    if smooth.min() == smooth.max():
        return np.zeros(np.multiply(image.shape, parts), bool)
    threshold = settings.threshold * threshold_otsu(smooth)
    if max(parts) > 1:  # between the voxels, brightness is taken to run straight
        smooth = zoom(smooth, parts, order=1, mode="nearest", grid_mode=True)
    return binary_fill_holes(smooth > threshold)


def smallest_volume(nucleus: float) -> float:
    """Return the volume in µm³ below which a piece counts for nothing.

    Parameters
    ----------
    nucleus : float
        Diameter of a usual nucleus in µm.
    """
    return SMALLEST * np.pi / 6 * nucleus**3


def drop_small(labels: Labels, voxel_size: Sequence[float], smallest: float) -> Labels:
    """Drop objects below a volume in µm³, and number the others from 1; voxels are in µm."""
    volume = np.bincount(labels.ravel()) * np.prod(voxel_size)
    kept = volume >= smallest
    return renumber(np.where(kept[labels], labels, 0))


def checked_units(
    shape: Sequence[int], voxel_size: Sequence[float], nucleus: float
) -> tuple[tuple[float, ...], float]:
    """Return the size of a voxel and of a nucleus in µm, if they can belong to one volume.

    Raises
    ------
    CourseError
        If the shape is no volume's, a size is no length, or a nucleus is under two voxels wide or
        wider than the whole volume: then one of both is in another unit.
    """
    if len(shape) != 3:
        raise CourseError(f"The image has shape {tuple(shape)}, but a volume (z, y, x) is needed.")
    voxel_size = lengths(voxel_size, 3, "voxel_size")
    nucleus = number(nucleus, "nucleus", "in µm")
    if not 0 < nucleus < np.inf:
        raise CourseError(f"nucleus={nucleus:g}, but a diameter is above 0 µm.")
    longest = max(np.multiply(shape, voxel_size))
    if nucleus < 2 * max(voxel_size) or nucleus > longest:
        bound = (
            f"under two voxels of {max(voxel_size):g} µm"
            if nucleus < 2 * max(voxel_size)
            else f"longer than the whole volume, {longest:.3g} µm"
        )
        raise CourseError(
            f"nucleus={nucleus:g} µm is {bound}. Give the diameter of a usual nucleus and the "
            "size of a voxel, both in µm."
        )
    return voxel_size, nucleus
