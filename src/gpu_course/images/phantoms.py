"""Volumes with a known answer: nuclei in 3D and a sphere, drawn, blurred and counted as photons.

A phantom is made the way a microscope makes a picture. First comes the object: how many photons
every voxel would send if the lens were perfect. Then the lens blurs it, here with a Gaussian that
is longer along z, as a real point spread function is. Then every voxel counts photons, and
counting photons is a Poisson process: the noise of a voxel is the square root of its signal.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_course.images._phantom_inputs import (
    MOST,
    amount,
    edges_of,
    seed_of,
    shape_of,
    widths_of,
)
from gpu_course.images.nucleus import draw_nucleus

if TYPE_CHECKING:
    import numpy.typing as npt

#: (z, y, x) voxels of the simulated volumes.
SHAPES = {"small": (32, 128, 128), "laptop": (64, 256, 256), "large": (96, 512, 512)}
NUCLEI_VOXEL = (0.5, 0.25, 0.25)
SPHERE_VOXEL = (0.3, 0.1, 0.1)
#: Standard deviations of the Gaussian blur in µm along z, y, x: four times longer than wide, as
#: with an objective of moderate aperture. Chosen for teaching; it stands for no real lens.
BLUR = (0.9, 0.22, 0.22)
BACKGROUND = 5.0


@dataclasses.dataclass(frozen=True)
class Phantom:
    """An object whose every voxel is known.

    Attributes
    ----------
    object
        float32 (z, y, x): expected photons per voxel before the lens, without background.
    labels
        int32 (z, y, x): 0 is background, 1…n the things.
    voxel_size
        µm along z, y, x.
    facts
        What the object was made from, for instance the radius of a sphere in µm.
    """

    object: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int32]
    voxel_size: tuple[float, float, float]
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)


def nuclei_phantom(
    shape: tuple[int, int, int] = SHAPES["small"],
    *,
    seed: int = 0,
    voxel_size: tuple[float, float, float] = NUCLEI_VOXEL,
    radius: float = 3.2,
    density: float = 0.28,
) -> Phantom:
    """Draw a piece of tissue full of nuclei, some of them touching.

    Parameters
    ----------
    shape
        (z, y, x) in voxels.
    seed
        The same seed gives the same tissue; see `gpu_course.images.catalogue.seed_of`.
    voxel_size
        µm along z, y, x.
    radius
        Mean radius of a nucleus in µm.
    density
        Share of the volume that nuclei would fill if none were cut or squeezed; every scene has
        up to a quarter more or less of them, so that counting them is no guess.

    Returns
    -------
    Phantom
        Every label is one connected piece; where two nuclei touch, the border between them is the
        surface that is equally deep in both.

    Raises
    ------
    CourseError
        If a shape, a length or the density is none, or a length is in nm or mm.
    """
    shape, voxel_size = shape_of(shape), edges_of(voxel_size)
    radius, density = amount(radius, "radius", 0.1, 1000), amount(density, "density", 0, 1)
    rng = np.random.default_rng(seed_of(seed))
    extent = np.multiply(shape, voxel_size)
    density *= rng.uniform(0.75, 1.25)
    count = max(2, round(density * extent.prod() / (4 / 3 * np.pi * radius**3)))
    radii = radius * rng.uniform(0.8, 1.25, count)
    # depth: how far out a voxel lies in the nucleus that owns it, 0 at its centre, 1 at its skin.
    depth = np.full(shape, np.inf, np.float32)
    labels = np.zeros(shape, np.int32)
    brightness = np.zeros(shape, np.float32)
    for number, (centre, size) in enumerate(_places(extent, radii, rng), start=1):
        drawn = draw_nucleus(centre, size, shape, voxel_size, rng)
        if drawn is None:
            continue
        window, own_depth, own_light = drawn
        nearer = (own_depth < 1) & (own_depth < depth[window])
        depth[window][nearer] = own_depth[nearer]
        labels[window][nearer] = number
        brightness[window][nearer] = own_light[nearer]
    labels = whole_pieces(labels)
    brightness[labels == 0] = 0
    return Phantom(brightness, labels, voxel_size)


def sphere_phantom(
    shape: tuple[int, int, int] = SHAPES["small"],
    *,
    radius: float | None = None,
    intensity: float = 100.0,
    voxel_size: tuple[float, float, float] = SPHERE_VOXEL,
) -> Phantom:
    """Draw one solid sphere in the middle of an empty volume.

    Parameters
    ----------
    shape
        (z, y, x) in voxels.
    radius
        In µm; None takes a quarter of the shortest edge of the volume.
    intensity
        Expected photons per voxel inside.
    voxel_size
        µm along z, y, x.

    Returns
    -------
    Phantom
        A voxel belongs to the sphere if its centre does. The sphere is round in µm, and an
        ellipsoid in voxels.

    Raises
    ------
    CourseError
        If a shape, a length or the intensity is none, or a length is in nm or mm.
    """
    shape, voxel_size = shape_of(shape), edges_of(voxel_size)
    intensity = amount(intensity, "intensity")
    extent = np.multiply(shape, voxel_size)
    radius = float(extent.min() / 4) if radius is None else amount(radius, "radius", 0, 1000)
    # Voxel n/2 is the centre of an axis of n voxels, where an FFT also puts the middle.
    axes = [
        (np.arange(n, dtype=np.float32) - n // 2) * step
        for n, step in zip(shape, voxel_size, strict=True)
    ]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    inside = z**2 + y**2 + x**2 <= radius**2
    return Phantom(
        inside.astype(np.float32) * np.float32(intensity),
        inside.astype(np.int32),
        voxel_size,
        {"radius": radius, "intensity": intensity},
    )


def image_of(
    phantom: Phantom,
    *,
    blur: tuple[float, float, float] = BLUR,
    background: float = BACKGROUND,
    photons: float = 1.0,
    seed: int = 0,
) -> npt.NDArray[np.uint16]:
    """Take a picture of a phantom: blur, background, photon noise.

    Parameters
    ----------
    phantom
        What lies under the microscope.
    blur
        Standard deviations of the Gaussian point spread function in µm along z, y, x.
    background
        Expected photons in every voxel that come from nowhere in particular.
    photons
        Exposure: multiplies object and background alike. Less light, more noise.
    seed
        Of the photon noise alone.

    Returns
    -------
    ndarray of uint16
        Photons counted, axes (z, y, x). Outside the volume lies nothing, so light is lost at its
        faces (linear convolution with zeros). A voxel counts to 65535, as a camera does.

    Raises
    ------
    CourseError
        If a width, the background, the exposure or the seed is none.
    """
    from scipy.ndimage import gaussian_filter

    background, photons = amount(background, "background"), amount(photons, "photons")
    sigma = np.divide(widths_of(blur), phantom.voxel_size)
    expected = gaussian_filter(phantom.object, sigma, mode="constant")
    expected = (expected + background) * photons
    # (seed, 1) is another random stream than seed: the noise must not repeat the tissue's dice.
    counted = np.random.default_rng((seed_of(seed), 1)).poisson(np.minimum(expected, MOST))
    return np.minimum(counted, np.iinfo(np.uint16).max).astype(np.uint16)


def _places(
    extent: npt.NDArray[np.float64], radii: npt.NDArray[np.float64], rng: np.random.Generator
) -> list[tuple[npt.NDArray[np.float64], float]]:
    """Scatter centres (µm) over the volume: close enough to touch, too far apart to swallow.

    A third of the nuclei is put right beside an earlier one, because tissue has clusters and
    clusters are what makes segmentation hard. A nucleus that finds no room in thirty tries is
    left out.
    """
    centres = np.empty((len(radii), 3))
    sizes = np.empty(len(radii))
    count = 0
    for size in radii:
        for _ in range(30):
            if count and rng.random() < 1 / 3:
                beside = rng.integers(count)
                direction = rng.normal(size=3)
                direction /= np.linalg.norm(direction)
                reach = (size + sizes[beside]) * rng.uniform(0.85, 0.98)
                centre = centres[beside] + direction * reach
                if np.any((centre < 0) | (centre > extent)):
                    continue
            else:
                centre = rng.uniform(0, extent)
            apart = np.linalg.norm(centres[:count] - centre, axis=1)
            if np.all(apart >= 0.85 * (sizes[:count] + size)):
                centres[count], sizes[count] = centre, size
                count += 1
                break
    return [(centres[n], float(sizes[n])) for n in range(count)]


def whole_pieces(labels: npt.NDArray[np.int32], smallest: int = 30) -> npt.NDArray[np.int32]:
    """Keep the largest connected piece of every label, drop crumbs, number from 1.

    Parameters
    ----------
    labels
        int32, any shape; 0 is background.
    smallest
        Pieces of fewer voxels are dropped.

    Returns
    -------
    ndarray of int32
        Same shape. Connected means sharing a face.
    """
    from scipy.ndimage import find_objects, label

    kept = np.zeros_like(labels)
    number = 0
    for old, window in enumerate(find_objects(labels), start=1):
        if window is None:
            continue
        pieces, count = label(labels[window] == old)
        if count == 0:
            continue
        largest = 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
        piece = pieces == largest
        if piece.sum() >= smallest:
            number += 1
            kept[window][piece] = number
    return kept
