"""Total variation: how much an image goes up and down in all, and the force that lowers it.

Noise goes up and down at every voxel; an object with flat parts and sharp edges does so at its
edges only. So among the objects that explain an image equally well, the one with the least total
variation is to be preferred: the least sum of the lengths of its gradients. Dey and others [1]_
built that into Richardson–Lucy.

References
----------
.. [1] N. Dey, L. Blanc-Féraud, C. Zimmer, P. Roux, Z. Kam, J.-C. Olivo-Marin and J. Zerubia,
   "Richardson–Lucy algorithm with total variation regularization for 3D confocal microscope
   deconvolution", Microscopy Research and Technique 69 (2006), 260–266,
   https://doi.org/10.1002/jemt.20294
"""

from __future__ import annotations

from collections.abc import Sequence

from gpu_course.deconvolution.arrays import Array, Shape, namespace
from gpu_course.deconvolution.units import lengths
from gpu_course.errors import CourseError

#: Least denominator of the correction, so that strong regularisation cannot turn its sign.
LEAST = 0.1
#: No microscope has voxels so many times as long as wide; units that differ make them.
ODD = 100


def relative_spacing(
    voxel_size: float | Sequence[float] | None, shape: Sequence[int]
) -> tuple[float, ...]:
    """Return the edges of a voxel relative to the shortest: 1 for each axis if none are given.

    Along an axis of one voxel nothing varies, so its edge does not count: a plane gets the same
    numbers whether it is (y, x) or a stack of one.

    Raises
    ------
    CourseError
        If there is not one length above 0 for each axis, or their units differ.
    """
    ndim = len(shape)
    if voxel_size is None:
        return (1.0,) * ndim
    try:
        edges = lengths(voxel_size, ndim, "the voxel size")
    except CourseError as error:
        raise CourseError(
            f"voxel_size={voxel_size!r} does not fit an image of {ndim} axes. "
            "Give one length above 0 for each, in the order of the axes."
        ) from error
    if max(edges) > ODD * min(edges):
        raise CourseError(
            f"voxel_size={edges}: one edge of a voxel is {max(edges) / min(edges):.0f} times "
            "another. Give all of them in the same unit."
        )
    shortest = min(edge for edge, n in zip(edges, shape, strict=True) if n > 1 or max(shape) == 1)
    return tuple(edge / shortest for edge in edges)


def curvature(image: Array, spacing: Sequence[float], floor: float | Array) -> tuple[Array, Array]:
    """Return the divergence of the gradient's direction, and the length of the gradient.

    The divergence is minus the derivative of the total variation. It is negative on bumps and
    positive in dents, at most twice the number of axes, and 0 on slopes, however steep: edges are
    left alone.

    Parameters
    ----------
    image : array
        2D or 3D.
    spacing : sequence of float
        Edge of a voxel along each axis, relative to the shortest.
    floor : float or array
        Gradients shorter than this count as flat: they have no direction to speak of.

    Returns
    -------
    divergence, length : array
        Of the image's shape. The length is at least `floor`.

    Notes
    -----
    The gradient is made of differences to the next voxel, and there is none beyond the last. What
    flows out of a voxel on that side flows into the next: so this divergence is minus the adjoint
    of this gradient. A pair that does not belong together lowers no total variation.
    """
    xp = namespace(image)
    length = xp.zeros_like(image)
    length += floor * floor
    slopes = []
    for axis, edge in enumerate(spacing):
        here, there = _pair(image.ndim, axis)
        slope = image[there] - image[here]
        square = slope * slope
        if edge != 1:
            square *= edge**-2
            slope *= edge**-2  # one from the gradient, one from the divergence below
        length[here] += square
        slopes.append(slope)
    length = xp.sqrt(length)
    inverse = 1 / length
    out = xp.zeros_like(image)
    for axis, slope in enumerate(slopes):
        here, there = _pair(image.ndim, axis)
        slope *= inverse[here]
        out[here] += slope
        out[there] -= slope
    return out, length


def with_neighbours(block: tuple[slice, ...], shape: Shape) -> tuple[tuple[slice, ...], ...]:
    """Return a block with a rim of one voxel where there is one, and its own place in that."""
    outer = tuple(
        slice(max(b.start - 1, 0), min(b.stop + 1, n)) for b, n in zip(block, shape, strict=True)
    )
    inner = tuple(
        slice(b.start - o.start, min(b.stop, n) - o.start)
        for b, o, n in zip(block, outer, shape, strict=True)
    )
    return outer, inner


def _pair(ndim: int, axis: int) -> tuple[tuple[slice, ...], ...]:
    """Return the slices of all voxels but the last along an axis, and of all but the first."""
    rest = (slice(None),) * ndim
    return tuple(
        (*rest[:axis], part, *rest[axis + 1 :]) for part in (slice(None, -1), slice(1, None))
    )
