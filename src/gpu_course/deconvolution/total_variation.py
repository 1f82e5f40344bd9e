"""Total variation: how much an image goes up and down in all, and the force that lowers it.

Noise goes up and down at every voxel; an object with flat parts and sharp edges does so only at its
edges. So among images that explain a picture equally well, prefer the one with the smaller sum of
gradient lengths.
"""

from __future__ import annotations

from collections.abc import Sequence

from gpu_course.deconvolution.arrays import Array, namespace


def gradient(image: Array, spacing: Sequence[float]) -> list[Array]:
    """Return the differences to the next voxel along each axis, 0 at the last.

    Parameters
    ----------
    image : array
    spacing : sequence of float
        Edge of a voxel along each axis.
    """
    xp = namespace(image)
    slopes = []
    for axis, step in enumerate(spacing):
        slope = xp.zeros_like(image)
        slope[_part(image, axis, None, -1)] = (
            image[_part(image, axis, 1, None)] - image[_part(image, axis, None, -1)]
        ) / step
        slopes.append(slope)
    return slopes


def divergence(flows: Sequence[Array], spacing: Sequence[float]) -> Array:
    """Return minus the adjoint of :func:`gradient`: what flows out of every voxel.

    ``sum(flow · gradient(image)) = -sum(divergence(flow) · image)`` for every image and flow.
    Only then is the total variation really lowered; a divergence of central differences, say, does
    not belong to a gradient of forward differences.
    """
    xp = namespace(flows[0])
    out = xp.zeros_like(flows[0])
    for axis, (flow, step) in enumerate(zip(flows, spacing, strict=True)):
        inner = flow[_part(flow, axis, None, -1)] / step
        out[_part(flow, axis, None, -1)] += inner
        out[_part(flow, axis, 1, None)] -= inner
    return out


def curvature(image: Array, spacing: Sequence[float], floor: float) -> Array:
    """Return the divergence of the gradient's direction.

    It is minus the derivative of the total variation: negative on bumps and positive in dents.

    Parameters
    ----------
    image : array
    spacing : sequence of float
        Edge of a voxel along each axis, relative to the shortest.
    floor : float
        Gradients much shorter than this count as flat: they have no direction to speak of.
    """
    xp = namespace(image)
    slopes = gradient(image, spacing)
    length = sum(s * s for s in slopes)
    length = xp.sqrt(length + floor * floor)
    return divergence([s / length for s in slopes], spacing)


def _part(image: Array, axis: int, begin: int | None, end: int | None) -> tuple[slice, ...]:
    return tuple(slice(begin, end) if a == axis else slice(None) for a in range(image.ndim))
