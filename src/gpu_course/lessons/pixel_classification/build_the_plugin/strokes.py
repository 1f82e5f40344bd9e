"""Take painted strokes apart, and paint them again with napari's own brush."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari.layers import Labels


def strokes_of(marks: NDArray[Any]) -> list[tuple[NDArray[np.intp], int]]:
    """Return the pixels (n, axes) and the class of each stroke.

    Parameters
    ----------
    marks : array of int
        0 where nothing is painted, else the class. Strokes do not touch.
    """
    from skimage.measure import label

    numbers = label(marks, connectivity=marks.ndim)
    found = []
    for number in range(1, int(numbers.max()) + 1):
        pixels = np.argwhere(numbers == number)
        found.append((pixels, int(marks[tuple(pixels[0])])))
    return found


def stroke(layer: Labels, pixels: NDArray[np.intp], number: int) -> None:
    """Paint one stroke, pixels (n, axes) of a class, with napari's own brush.

    It is one step for undo, and one paint event.
    """
    layer.brush_size = 1
    with layer.block_history():
        for pixel in pixels:
            layer.paint(tuple(pixel.tolist()), number, refresh=False)
    layer.refresh()
