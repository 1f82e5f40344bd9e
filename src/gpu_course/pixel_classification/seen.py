"""Which grey values a classifier learned from, so that it can say when an image is far from them.

Features are made of grey values as they are. A forest that learned on one background knows nothing
of another, and answers all the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import array_api_compat
import numpy as np

FAR = 1.0
"""The middle grey value may lie off by so many ranges of the images that were learned from…"""
FACTOR = 4.0
"""…and the range may be so many times larger or smaller."""
LOOKED_AT = 1 << 20
"""Of an image, about so many values are looked at, in even steps."""


@dataclasses.dataclass(frozen=True)
class Seen:
    """Grey values of images: percentiles 1, 50 and 99, the median over the images.

    Attributes
    ----------
    low, middle, high : float
    """

    low: float
    middle: float
    high: float


def of(images: Sequence[Any]) -> Seen:
    """Return what grey values images have.

    Parameters
    ----------
    images : sequence of arrays
        Of any shape and library.
    """
    rows = []
    for image in images:
        if array_api_compat.is_dask_array(image) or not array_api_compat.is_array_api_obj(image):
            image = np.asarray(image)  # lists, Zarr
        xp = array_api_compat.array_namespace(image)
        values = xp.reshape(xp.astype(image, xp.float32), (-1,))
        if getattr(array_api_compat.device(values), "type", "") == "mps":
            # There a view with steps is sorted as if it had none, which leaves the end of the image
            # out: https://github.com/pytorch/pytorch/issues/175187
            values = values[:: max(1, values.shape[0] // LOOKED_AT)].contiguous()
        values = xp.sort(values[:: max(1, values.shape[0] // LOOKED_AT)])
        last = values.shape[0] - 1
        rows.append([float(values[round(last * share)]) for share in (0.01, 0.5, 0.99)])
    return Seen(*(float(value) for value in np.median(rows, axis=0)))


def doubt(seen: Seen, image: Any) -> str | None:
    """Say in one sentence that an image is far from those that were learned from.

    None if it is not far, or if either is constant.
    """
    here = of([image])
    known, found = seen.high - seen.low, here.high - here.low
    if not (known > 0 and found > 0):
        return None
    shifted = abs(here.middle - seen.middle) > FAR * max(known, found)
    if not shifted and 1 / FACTOR <= found / known <= FACTOR:
        return None
    return (
        f"The classifier learned from grey values of {seen.low:.4g} to {seen.high:.4g}, and this "
        f"image has {here.low:.4g} to {here.high:.4g}: its answer may be nonsense. Bring the image "
        "to the same brightness first (gpu_course.brightness.match), or paint on it."
    )
