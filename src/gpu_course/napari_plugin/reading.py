"""What the engine must know of layers and of the view, read in the window's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_course.napari_plugin.tiles import Region, visible

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels, Layer

RESULT = "gpu-course result"
"""Key in the metadata of layers that the plugin made; they are not offered as input."""

PLACE = ("scale", "translate", "rotate", "shear", "units", "axis_labels")


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


def place(layer: Layer) -> dict[str, Any]:
    """Return where a layer lies in the world, as arguments for another layer."""
    return {name: getattr(layer, name) for name in PLACE}


def pixels(layer: Image | Labels) -> Any:
    """Return a layer's array; of a pyramid, the finest level."""
    return layer.data[0] if layer.multiscale else layer.data


def shape(image: Image) -> tuple[int, ...]:
    """Return an image's shape without its colours."""
    whole = tuple(pixels(image).shape)
    return whole[:-1] if image.rgb else whole


def channels(image: Image) -> int | None:
    """Return the number of colours, or None for a grey image."""
    return int(pixels(image).shape[-1]) if image.rgb else None


def voxel_size(image: Image) -> tuple[float, ...] | None:
    """Return the edges of a voxel in units of the shortest, or None if all are equal.

    The planes of a volume often lie farther apart than its pixels; a scale of 2 must not mean
    two planes then.
    """
    edges = np.abs(np.asarray(image.scale, float))
    if np.allclose(edges, edges.min(), rtol=1e-3):
        return None
    return tuple(np.round(edges / edges.min(), 6).tolist())


def view(viewer: napari.Viewer, image: Image) -> Region:
    """Return the part of an image that the window shows."""
    dims = viewer.dims
    # A viewer may have more axes than the layer; they stand in front.
    offset = dims.ndim - image.ndim
    displayed = [axis - offset for axis in dims.displayed if axis >= offset]
    corners = np.asarray(image.corner_pixels)
    if image.multiscale:
        corners = corners * image.downsample_factors[image.data_level]
    return visible(corners, shape(image), image.world_to_data(dims.point), displayed)
