"""Objects of each frame, numbered through."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.napari_plugin.layout import Layout
from gpu_course.napari_plugin.requests import ObjectSettings


def objects_of(
    probability: NDArray[np.float32], layout: Layout, settings: ObjectSettings
) -> Iterator[NDArray[np.int32]]:
    """Yield the numbered objects (int32, sites), frame by frame.

    It is always the same array, with one frame more; no two frames share a number. `probability`
    (sites) is that of the class that objects are made of; `layout` says which axes are space.
    """
    from gpu_course.pixel_classification.objects import to_objects

    labels = np.zeros(probability.shape, np.int32)
    highest = 0
    shape: tuple[int, ...] = probability.shape
    ranges: list[Any] = [
        [slice(None)] if axis in layout.space_of_sites else range(length)
        for axis, length in enumerate(shape)
    ]
    for frame in product(*ranges):
        found = to_objects(
            probability[frame],
            threshold=settings.threshold,
            smoothing=settings.smoothing,
            smallest=settings.smallest,
            spacing=settings.spacing,
        )
        labels[frame] = np.where(found > 0, found + highest, 0)
        highest += int(found.max(initial=0))
        yield labels
