"""The exercises' solutions: a shard for a file of a wanted size, and a coarser resolution."""

from collections.abc import Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray


def choose_shard(chunk: Sequence[int], shape: Sequence[int], most: int) -> tuple[int, ...]:
    """Return the shape of a shard: whole chunks, as many as fit.

    Parameters
    ----------
    chunk, shape : sequence of int
        Of a chunk, and of the array, in voxels.
    most : int
        Voxels that a shard may hold.

    Returns
    -------
    tuple of int
        Doubled along the axis on which the shard is shortest in chunks, for as long as it fits and
        the array goes on. At least one chunk.
    """
    counts = [1] * len(chunk)
    needed = [-(-n // c) for n, c in zip(shape, chunk, strict=True)]
    growing = True
    while growing:
        growing = False
        for axis in sorted(range(len(chunk)), key=lambda a: counts[a]):
            more = [min(2 * n, needed[a]) if a == axis else n for a, n in enumerate(counts)]
            voxels = prod(n * c for n, c in zip(more, chunk, strict=True))
            if more != counts and voxels <= most:
                counts, growing = more, True
                break
    return tuple(n * c for n, c in zip(counts, chunk, strict=True))


def coarser_resolution(
    image: NDArray[np.floating], voxel_size: Sequence[float]
) -> tuple[NDArray[np.floating], tuple[float, ...], tuple[float, ...]]:
    """Halve an image along each axis, as means of boxes.

    Parameters
    ----------
    image : ndarray
        Of even lengths.
    voxel_size : sequence of float
        Edges of a voxel.

    Returns
    -------
    coarse : ndarray
    scale : tuple of float
        Edges of its voxels.
    translation : tuple of float
        Where the centre of its first voxel lies, if that of the image's first voxel lies at 0.
    """
    boxes = image.reshape([k for n in image.shape for k in (n // 2, 2)])
    coarse = boxes.mean(axis=tuple(range(1, 2 * image.ndim, 2)))
    scale = tuple(2 * v for v in voxel_size)
    return coarse, scale, tuple(v / 2 for v in voxel_size)
