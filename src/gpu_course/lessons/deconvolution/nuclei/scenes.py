"""Scenes whose nuclei are known: tissue under two microscopes, and two balls with a gap.

All volumes have the axes (z, y, x). All lengths are in µm, because a voxel is longer than wide.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution import psf as psfs
from gpu_course.deconvolution.simulation import simulate
from gpu_course.images import Sample
from gpu_course.images.catalogue import seed_of
from gpu_course.images.phantoms import BLUR, NUCLEI_VOXEL, Phantom, nuclei_phantom, whole_pieces
from gpu_course.lessons.deconvolution.nuclei.recipe import smallest_volume

SHAPE = (24, 80, 80)
#: Mean diameter of the nuclei of the course's own tissue, in µm.
NUCLEUS = 6.4
#: Voxels of tissue around the picture: as far as the widest PSF reaches.
MARGIN = (12, 20, 20)
#: Photons per voxel that come from nowhere in particular, as a share of the brightest voxel's.
BACKGROUND = 0.05


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


def tissue(
    split: str,
    index: int,
    *,
    shape: tuple[int, int, int] = SHAPE,
    voxel_size: tuple[float, float, float] = NUCLEI_VOXEL,
    nucleus: float = NUCLEUS,
) -> Phantom:
    """Draw tissue that goes on beyond the picture that will be taken of it.

    The picture has `shape` (z, y, x), and the tissue is larger by `MARGIN` on every side;
    `voxel_size` and `nucleus`, the mean diameter of the nuclei, are in µm. Settings are tuned on
    the split "train", results reported on "test"; no two scenes share a seed. The phantom has
    ``seed``, ``split``, ``index`` and ``nucleus`` among its facts.
    """
    seed = seed_of(split, index)
    larger = [n + 2 * margin for n, margin in zip(shape, MARGIN, strict=True)]
    phantom = nuclei_phantom(
        (larger[0], larger[1], larger[2]), seed=seed, voxel_size=voxel_size, radius=nucleus / 2
    )
    facts = {"seed": seed, "split": split, "index": index, "nucleus": nucleus}
    return dataclasses.replace(phantom, facts=facts)


def photograph(phantom: Phantom, psf: NDArray[np.float32], *, photons: float) -> Sample:
    """Take a picture of the middle of a piece of :func:`tissue`; light enters from around it.

    The PSF (z, y, x) is for the phantom's voxels and reaches no further than `MARGIN`; `photons`
    are expected in the brightest voxel, the exposure. The sample has the `image` (float32 counts),
    `labels`, `truth` (the object), ``facts["background"]`` and ``facts["nucleus"]``.
    """
    background = BACKGROUND * photons
    seed = int(phantom.facts["seed"])
    counted = simulate(phantom.object, psf, photons=photons, background=background, seed=seed)
    middle = tuple(slice(margin, -margin) for margin in MARGIN)
    nucleus = float(phantom.facts["nucleus"])
    smallest = round(smallest_volume(nucleus) / float(np.prod(phantom.voxel_size)))
    return Sample(
        "tissue",
        str(phantom.facts["split"]),
        int(phantom.facts["index"]),
        counted[middle],
        "ZYX",
        labels=whole_pieces(phantom.labels[middle], smallest),
        truth=phantom.object[middle],
        voxel_size=phantom.voxel_size,
        facts={"seed": seed, "photons": photons, "background": background, "nucleus": nucleus},
    )


def fullest_row(labels: NDArray[np.int32]) -> int:
    """Return the row y whose side view, (z, x), shows the most nucleus.

    Parameters
    ----------
    labels : ndarray of int (z, y, x)
    """
    return int((labels > 0).sum(axis=(0, 2)).argmax())


def two_balls(
    gap: float, *, radius: float = 2.5, shape: Sequence[int] = (48, 48, 48)
) -> NDArray[np.float32]:
    """Draw two balls one above the other, with a known gap between them along z.

    `gap` and `radius` are in µm, `shape` (z, y, x) in voxels of `NUCLEI_VOXEL`. The result,
    float32, is 1 inside and 0 outside; a voxel that the surface cuts holds the share that lies
    inside.
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
