"""What the engine must know of layers and of the view, read in the window's thread."""

from __future__ import annotations

import zlib
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_course.napari_plugin.layout import Choice, Layout, layout_of
from gpu_course.napari_plugin.requests import Picture
from gpu_course.napari_plugin.tiles import Region, visible

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels, Layer

RESULT = "gpu-course result"
"""Key in the metadata of layers that the plugin made; they are not offered as input."""
STROKES = "gpu-course strokes"
"""Key in the metadata of strokes layers that *New* made. Both say which image they belong to: a
plugin that is closed and opened again finds its layers."""

LOOKED_AT = 2**24
"""Bytes of an image that are looked at before each prediction: 2048² pixels of 32 bits, in 3 ms."""

PLACE = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")


def images(viewer: napari.Viewer) -> list[Image]:
    """Return the image layers that can be classified."""
    from napari.layers import Image

    return [layer for layer in viewer.layers if isinstance(layer, Image) and not is_result(layer)]


def scribbles(viewer: napari.Viewer) -> list[Labels]:
    """Return the labels layers that may hold strokes."""
    from napari.layers import Labels

    return [layer for layer in viewer.layers if isinstance(layer, Labels) and not is_result(layer)]


def is_result(layer: Layer) -> bool:
    """Return whether the plugin made this layer."""
    return RESULT in layer.metadata


def result_of(image: Image, what: str) -> str:
    """Return what stands in the metadata of a result, such as the classes of an image."""
    return f"{what} of {image.unique_id}"


def bond(scribbles: Labels, image: Image) -> str:
    """Return what stands in the metadata of a strokes layer. A copy of it is another layer."""
    return f"{scribbles.unique_id} on {image.unique_id}"


def place(layer: Layer) -> dict[str, Any]:
    """Return where a layer lies in the world, as arguments for another layer."""
    return {name: getattr(layer, name) for name in PLACE}


def same_place(one: Layer, other: Layer) -> bool:
    """Return whether two layers of as many axes lie on each other, pixel on pixel."""
    corners = [(0,) * one.ndim, *np.eye(one.ndim)]
    return all(np.allclose(one.data_to_world(c), other.data_to_world(c)) for c in corners)


def pixels(layer: Image | Labels) -> Any:
    """Return a layer's array; of a pyramid, the finest level."""
    return layer.data[0] if layer.multiscale else layer.data


def checksum(image: Image) -> int | None:
    """Return a number that changes when somebody writes into an image's array.

    napari does not tell of that. Up to `LOOKED_AT` bytes count all, of more an even grid of them.
    None of what is read from a file or computed on demand: to look at it would take too long.
    """
    values = pixels(image)
    if not isinstance(values, np.ndarray) or isinstance(values, np.memmap):
        return None
    step = 1
    while values.nbytes / step**values.ndim > LOOKED_AT:
        step += 1
    some = values[(slice(None, None, step),) * values.ndim]
    return zlib.crc32(np.ascontiguousarray(some).data)


def shape(image: Image) -> tuple[int, ...]:
    """Return an image's shape, without the colours that napari shows together."""
    whole = tuple(pixels(image).shape)
    return whole[:-1] if image.rgb else whole


def layout(image: Image, choice: Choice = "") -> Layout:
    """Return what the image's axes are, by their labels and by what a person chose."""
    return layout_of(pixels(image).shape, image.axis_labels, rgb=image.rgb, choice=choice)


def picture(image: Image, source: Hashable, choice: Choice = "") -> Picture:
    """Return an image as the engine reads it."""
    axes = layout(image, choice)
    return Picture(pixels(image), source, axes, voxel_size(image, axes))


def voxel_size(image: Image, axes: Layout) -> tuple[float, ...] | None:
    """Return the edges of a voxel in units of the shortest, or None if all are equal.

    The planes of a volume often lie farther apart than its pixels; a scale of 2 must not mean
    two planes then. All that places the image in the world counts: scale, affine, units.
    """
    return relative(_edges(image)[list(axes.space)])


def relative(edges: Any) -> tuple[float, ...] | None:
    """Return lengths in units of the shortest, or None if all are equal."""
    edges = np.asarray(edges, float)
    if not edges.min() > 0 or np.allclose(edges, edges.min(), rtol=1e-3):
        return None
    return tuple(np.round(edges / edges.min(), 6).tolist())


def view(viewer: napari.Viewer, image: Image, axes: Layout) -> Region:
    """Return the part of an image's sites that the window shows."""
    dims = viewer.dims
    # A viewer may have more axes than the layer; they stand in front.
    offset = dims.ndim - image.ndim
    displayed = [axis - offset for axis in dims.displayed if axis >= offset]
    corners = np.asarray(image.corner_pixels)
    if image.multiscale:
        corners = corners * image.downsample_factors[image.data_level]
    region = visible(corners, shape(image), image.world_to_data(dims.point), displayed)
    return tuple(part for axis, part in enumerate(region) if axis in axes.site_axes)


def coarse(viewer: napari.Viewer, image: Image) -> int:
    """Return how many pixels of the image lie in one of the screen, along an axis; at least 1."""
    edge = _edges(image, in_units=False)[-2:].min()
    return max(1, int(1 / max(camera(viewer).zoom * edge, 1e-3)))


def camera(viewer: napari.Viewer) -> Any:
    """Return the viewer's camera, which napari moved into the scene with version 0.9."""
    return (getattr(viewer, "scene", None) or viewer).camera


def _edges(image: Image, *, in_units: bool = True) -> np.ndarray:
    """Return the length of a pixel's edge along each axis of the layer, in the world."""
    origin = np.asarray(image.data_to_world((0,) * image.ndim))
    steps = [np.asarray(image.data_to_world(step)) - origin for step in np.eye(image.ndim)]
    factors = np.ones(image.ndim)
    if in_units and len({str(unit.dimensionality) for unit in image.units}) == 1:
        factors = np.array([float((1 * unit).to_base_units().magnitude) for unit in image.units])
    return np.array([np.linalg.norm(step * factors) for step in steps])
