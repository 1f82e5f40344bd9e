"""The shape and the texture of one simulated nucleus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_BULGES = 6  # how many waves on the surface of a nucleus
_TALLEST = 1.57  # the longest reach of a surface, in radii: longest half axis times highest waves


def draw_nucleus(
    centre: npt.NDArray[np.float64],
    radius: float,
    shape: tuple[int, int, int],
    voxel_size: tuple[float, float, float],
    rng: np.random.Generator,
) -> tuple[tuple[slice, ...], npt.NDArray[np.float32], npt.NDArray[np.float32]] | None:
    """Draw one nucleus: a tilted ellipsoid with a bumpy skin, chromatin and dark nucleoli.

    The centre (z, y, x), from the outer corner of the volume, the mean radius and the voxel size
    are in µm, the shape of the volume in voxels. Returns the part of the volume that it needs; for
    each voxel there how far out it lies (below 1 is inside) and how many photons it sends. None if
    it lies outside the volume.
    """
    # A random ellipsoid: three half axes of mean 1, turned at random.
    half_axes = rng.uniform(0.82, 1.2, 3)
    half_axes /= np.cbrt(half_axes.prod())
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    ripples = rng.normal(size=(_BULGES, 3)), rng.uniform(0, 2 * np.pi, _BULGES)
    mean_light = rng.uniform(60, 140)

    reach = _TALLEST * radius
    low = np.maximum(np.floor((centre - reach) / voxel_size).astype(int), 0)
    high = np.minimum(np.ceil((centre + reach) / voxel_size).astype(int) + 1, shape)
    if np.any(high <= low):
        return None
    window = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    grid: npt.NDArray[np.float32] = np.stack(
        np.meshgrid(
            *[
                (np.arange(a, b) + 0.5) * step - middle
                for a, b, step, middle in zip(low, high, voxel_size, centre, strict=True)
            ],
            indexing="ij",
        ),
        axis=-1,
    ).astype(np.float32)
    # In the nucleus' own frame, in units of its half axes, the ellipsoid is the unit sphere.
    own: npt.NDArray[Any] = (grid @ turn.astype(np.float32)) / (radius * half_axes).astype(
        np.float32
    )
    distance = np.linalg.norm(own, axis=-1)
    depth = distance / _skin(own, distance, *ripples)
    light = mean_light * _chromatin(own, voxel_size, radius, rng)
    return window, depth.astype(np.float32), light.astype(np.float32)


def _skin(
    own: npt.NDArray[np.float32],
    distance: npt.NDArray[np.float32],
    waves: npt.NDArray[np.float64],
    phases: npt.NDArray[np.float64],
) -> npt.NDArray[np.float32]:
    """Return how far the surface lies out in each voxel's direction: 1 with gentle waves."""
    direction = own / np.maximum(distance, 1e-6)[..., None]
    height = np.ones_like(distance)
    for wave, phase in zip(waves.astype(np.float32), phases.astype(np.float32), strict=True):
        height += np.float32(0.035) * np.sin(2 * (direction @ wave) + phase)
    return height


def _chromatin(
    own: npt.NDArray[np.float32],
    voxel_size: tuple[float, float, float],
    radius: float,
    rng: np.random.Generator,
) -> npt.NDArray[np.float32]:
    """Return relative brightness: mottled, of mean about 1, with two to four dark nucleoli."""
    from scipy.ndimage import gaussian_filter

    noise = rng.standard_normal(own.shape[:3], dtype=np.float32)
    mottle = gaussian_filter(noise, np.divide(0.14 * radius, voxel_size), mode="wrap")
    light = 1 + 0.22 * mottle / max(float(mottle.std()), 1e-6)
    for _ in range(rng.integers(2, 5)):
        place = rng.normal(size=3).astype(np.float32)
        place *= rng.uniform(0.1, 0.6) / np.linalg.norm(place)
        width = rng.uniform(0.12, 0.22)
        squared = ((own - place) ** 2).sum(axis=-1)
        light *= 1 - 0.7 * np.exp(-squared / (2 * width**2))
    return np.clip(light, 0.08, None)
