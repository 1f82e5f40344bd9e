"""One row for each object of a picture, with all of its channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.own_images.model import Found

if TYPE_CHECKING:
    import pandas as pd


def measured(image: NDArray[Any], found: Found) -> pd.DataFrame:
    """Return one row for each object: size, place, brightness, and how sure the model is.

    Parameters
    ----------
    image : ndarray (Y, X) or (Y, X, C)
        With channels, the columns of brightness come once for each, such as
        ``mean_intensity_channel_0``.
    found : Found

    Returns
    -------
    pandas.DataFrame
        Columns of `gpu_course.classical.measure`, ``diameter`` (of a disc of equal area, in
        pixels), ``on_border`` and ``sure``.
    """
    from gpu_course.classical import measure, on_border

    channels = image[..., None] if image.ndim == 2 else image
    table = measure(channels[..., 0], found.labels, in_pieces=True)
    bright = [name for name in table if name.endswith("_intensity")]
    table["on_border"] = on_border(table, found.labels.shape)
    if channels.shape[-1] > 1:
        table = table.drop(columns=bright)
        for n in range(channels.shape[-1]):
            more = measure(channels[..., n], found.labels, in_pieces=True)
            for name in bright:
                table[f"{name}_channel_{n}"] = more[name]
    table.insert(2, "diameter", np.sqrt(4 * table["area"] / np.pi))
    table["sure"] = found.sure
    return table
