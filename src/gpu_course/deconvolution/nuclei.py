"""Measure nuclei in 3D: a scene with its truth, a recipe that segments it, and what went wrong.

Deconvolution makes a picture look better. Whether it makes a *measurement* better is a question
for an experiment: the same recipe on the raw and on the deconvolved picture, against the truth.
This module holds the parts of that experiment, `gpu_course.deconvolution.nuclei_study` runs it.

All volumes have the axes (z, y, x). All lengths are in µm, because a voxel is longer than wide.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution import psf as psfs
from gpu_course.deconvolution.simulation import simulate
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.images.catalogue import seed_of
from gpu_course.images.phantoms import BLUR, NUCLEI_VOXEL, Phantom, nuclei_phantom, whole_pieces

Volume = NDArray[Any]
Labels = NDArray[np.int32]

SHAPE = (24, 96, 96)
#: Voxels of tissue around the picture: as far as the widest PSF reaches.
MARGIN = (12, 20, 20)
#: Pieces below this volume in µm³, about a tenth of a nucleus, count for nothing: most are slivers
#: of nuclei that the border of the picture cut. They are dropped from the truth as well.
SMALLEST = 12.5
#: Photons per voxel that come from nowhere in particular, as a share of the brightest voxel's.
BACKGROUND = 0.05


# --- scenes whose answer is known -----------------------------------------------------------


def microscopes() -> dict[str, NDArray[np.float32]]:
    """Return the PSFs of two microscopes, for voxels of `NUCLEI_VOXEL`.

    Returns
    -------
    dict of name → ndarray of float32
        "widefield": a water immersion objective of aperture 0.9 on a plain fluorescence
        microscope, whose light from other planes stays in the picture. "mild": the Gaussian of
        the course's set ``nuclei-3d``, a blur without such haze.
    """
    widefield = psfs.theoretical(
        (23, 41, 41), NUCLEI_VOXEL, wavelength=0.52, numerical_aperture=0.9, refractive_index=1.33
    )
    return {"widefield": widefield, "mild": psfs.gaussian((13, 11, 11), BLUR, NUCLEI_VOXEL)}


def tissue(split: str, index: int, *, shape: tuple[int, int, int] = SHAPE) -> Phantom:
    """Draw tissue that goes on beyond the picture that will be taken of it.

    Parameters
    ----------
    split, index
        "train" to tune on, "test" to report on; no two scenes share a seed.
    shape : (z, y, x)
        Of the picture. The tissue is larger by `MARGIN` on every side.

    Returns
    -------
    Phantom
        With ``facts["seed"]``.
    """
    seed = seed_of(split, index)
    larger = [n + 2 * margin for n, margin in zip(shape, MARGIN, strict=True)]
    phantom = nuclei_phantom((larger[0], larger[1], larger[2]), seed=seed)
    return dataclasses.replace(phantom, facts={"seed": seed})


def photograph(phantom: Phantom, psf: NDArray[np.float32], *, photons: float) -> Sample:
    """Take a picture of the middle of a piece of tissue; light enters from around it.

    Parameters
    ----------
    phantom : Phantom
        From :func:`tissue`.
    psf : ndarray (z, y, x)
        For the phantom's voxels; reaching no further than `MARGIN`.
    photons : float
        Expected in the brightest voxel: the exposure.

    Returns
    -------
    Sample
        `image` float32 counts, `labels`, `truth` (the object), ``facts["background"]``.
    """
    background = BACKGROUND * photons
    seed = int(phantom.facts["seed"])
    counted = simulate(phantom.object, psf, photons=photons, background=background, seed=seed)
    middle = tuple(slice(margin, -margin) for margin in MARGIN)
    smallest = round(SMALLEST / float(np.prod(phantom.voxel_size)))
    return Sample(
        "nuclei-3d",
        "",
        0,
        counted[middle],
        "ZYX",
        labels=whole_pieces(phantom.labels[middle], smallest),
        truth=phantom.object[middle],
        voxel_size=phantom.voxel_size,
        facts={"seed": seed, "photons": photons, "background": background},
    )


def two_balls(gap: float, *, radius: float = 2.5, shape: Sequence[int] = (48, 48, 48)) -> Volume:
    """Draw two balls one above the other, with a known gap between them along z.

    Parameters
    ----------
    gap, radius : float
        In µm.
    shape : (z, y, x)
        In voxels of `NUCLEI_VOXEL`.

    Returns
    -------
    ndarray of float32
        1 inside, 0 outside; a voxel that the surface cuts holds the share that lies inside.
    """
    fine = 4  # samples along each edge of a voxel
    z, y, x = (
        ((np.arange(n * fine) + 0.5) / fine - n / 2) * step
        for n, step in zip(shape, NUCLEI_VOXEL, strict=True)
    )
    across = y[:, None] ** 2 + x**2
    away = np.abs(z) - (gap / 2 + radius)  # both balls at once, mirrored at the middle plane
    inside = np.empty(tuple(shape), np.float32)
    for plane, heights in enumerate(away.reshape(-1, fine)):
        full = across + heights[:, None, None] ** 2 <= radius**2
        blocks = full.reshape(fine, shape[1], fine, shape[2], fine)
        inside[plane] = blocks.mean(axis=(0, 2, 4))
    return inside


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
    threshold: float = 0.85


#: Every combination that is tried, for raw and for deconvolved pictures alike.
GRID = tuple(
    Settings(smooth, surroundings, threshold)
    for smooth in (0.25, 0.5)
    for surroundings in (None, 3.0)
    for threshold in (0.55, 0.7, 0.85, 1.0)
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
