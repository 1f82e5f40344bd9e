"""Nuclei of a block, with the numbers that they have in the whole volume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.scaling.segmentation import (
    Labels,
    Volume,
    find_seeds,
    grow,
    growth_reach,
    smooth,
    smoothing_reach,
)


def window_seeds(
    window: Volume, own: tuple[slice, ...], corner: Sequence[int], **how: Any
) -> NDArray[np.intp]:
    """Return the seeds that lie in a block's own voxels, at their places in the volume.

    Parameters
    ----------
    window : ndarray (z, y, x)
        The block with :func:`seed_reach` around it, not yet smoothed.
    own : tuple of slice
        The block in the window.
    corner : (z, y, x)
        First voxel of the window in the volume.
    **how
        `threshold`, `settings` and `voxel_size`, as for :func:`find_seeds`.
    """
    smoothed = smooth(window, how["settings"], how["voxel_size"])
    places = find_seeds(smoothed, **how)
    low, high = [s.start for s in own], [s.stop for s in own]
    inside = ((places >= low) & (places < high)).all(axis=1)
    return places[inside] + np.asarray(corner, np.intp)


def window_labels(
    window: Volume,
    own: tuple[slice, ...],
    corner: Sequence[int],
    seeds: NDArray[np.intp],
    **how: Any,
) -> Labels:
    """Return the labels of a block's own voxels, with the numbers of the whole volume.

    Parameters
    ----------
    window, own, corner
        As for :func:`window_seeds`, with :func:`growth_reach` around the block.
    seeds : ndarray of int (n, 3)
        Of the whole volume, sorted by z, y and x. The label of a seed is its place in this list,
        counted from 1.
    **how
        `threshold`, `settings` and `voxel_size`, as for :func:`find_seeds`.
    """
    smoothed = smooth(window, how["settings"], how["voxel_size"])
    here = seeds - np.asarray(corner, np.intp)
    inside = ((here >= 0) & (here < smoothed.shape)).all(axis=1)
    labels = grow(smoothed, how["threshold"], here[inside], np.flatnonzero(inside) + 1)
    _refuse_longer(labels, smoothed > how["threshold"], own, corner, **how)
    return labels[own]


def _refuse_longer(
    labels: Labels,
    foreground: NDArray[np.bool_],
    own: tuple[slice, ...],
    corner: Sequence[int],
    **how: Any,
) -> None:
    """Make sure that no object of the block is longer than was promised: it would be cut wrongly.

    An object that reaches from the block to where the window cannot be trusted is too long.
    """
    from scipy.ndimage import label

    pieces = labels.copy()
    without, _ = label(foreground & (labels == 0))  # its seed may lie beyond the window
    pieces[without > 0] = -without[without > 0]
    here = np.unique(pieces[own])
    blur = smoothing_reach(how["settings"], how["voxel_size"])
    full = growth_reach(how["settings"], how["voxel_size"])
    for axis, (b, r) in enumerate(zip(blur, full, strict=True)):
        low, high = own[axis].start, pieces.shape[axis] - own[axis].stop
        # Where the window ends before its full reach, the volume ends, and no object goes on.
        rims = [b] if low == r else []
        rims += [pieces.shape[axis] - 1 - b] if high == r else []
        for rim in rims:
            long = np.intersect1d(here, np.unique(np.take(pieces, rim, axis)))
            if long.any():
                number = long[long != 0][0]
                place = np.argwhere(pieces == number)[0] + np.asarray(corner)
                raise CourseError(
                    f"The object at voxel {tuple(map(int, place))} is longer than largest="
                    f"{how['settings'].largest:g} µm, so blocks cannot number it alike. Set "
                    "largest to the longest object, or raise the threshold that joins objects."
                )


def sort_seeds(lists: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    """Return the seeds of all blocks, sorted by z, y and x.

    Examples
    --------
    >>> from gpu_course.scaling import sort_seeds
    >>> sort_seeds([np.array([[5, 0, 0]]), np.array([[1, 2, 9], [1, 0, 3]])]).tolist()
    [[1, 0, 3], [1, 2, 9], [5, 0, 0]]
    """
    seeds = np.concatenate([np.reshape(each, (-1, 3)) for each in lists])
    return seeds[np.lexsort(seeds.T[::-1])]
