"""Encode a picture for a notebook, light enough for a page."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

LIGHT = 45_000
"""Bytes above which a picture is no longer light: a page of a dozen has 800 KB for all."""


def light_picture(
    pixels: NDArray[np.uint8],
    *,
    dpi: int = 96,
    qualities: Sequence[int] = (90, 80, 70, 60, 50),
) -> tuple[str, bytes]:
    """Return a picture's MIME type and bytes.

    A PNG keeps every pixel. A noisy picture would take megabytes so; it becomes a JPEG whose loss
    is far below the noise.

    Parameters
    ----------
    pixels : ndarray, uint8 (Y, X, 3)
    dpi : int
        Dots per inch, from which programs choose the size on paper.
    qualities : sequence of int
        JPEG qualities to try, best first; the last is taken even if it is not light.
    """
    from PIL import Image

    is_grey = bool((pixels == pixels[..., :1]).all())
    picture = Image.fromarray(np.ascontiguousarray(pixels[..., 0] if is_grey else pixels))
    data = _saved(picture, "png", dpi, optimize=True)
    if len(data) <= LIGHT:
        return "image/png", data
    for quality in qualities:
        # Colours at full resolution: label outlines are a pixel wide.
        data = _saved(picture, "jpeg", dpi, quality=quality, subsampling=0)
        if len(data) <= LIGHT:
            break
    return "image/jpeg", data


def _saved(picture: Any, kind: str, dpi: int, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, dpi=(dpi, dpi), **options)
    return file.getvalue()
