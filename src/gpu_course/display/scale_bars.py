"""Round lengths for scale bars."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class ScaleBar:
    """A bar of a round length.

    Attributes
    ----------
    length : float
        In µm: 1, 2 or 5 times a power of ten.
    pixels : float
        The same length in image pixels along X.
    label : str
        The length as text, in µm (in mm from 1000 µm up).
    """

    length: float
    pixels: float
    label: str


def scale_bar(width: int, pixel_size: float) -> ScaleBar:
    """Choose the longest round bar that takes at most a quarter of the picture's width in pixels.

    A pixel is `pixel_size` µm wide.
    """
    longest = width * pixel_size / 4
    power = 10.0 ** math.floor(math.log10(longest))
    # A little tolerance: 4.9999999 is five.
    factor = max(f for f in (1, 2, 5) if f * power <= longest * (1 + 1e-9))
    length = factor * power
    label = f"{length / 1000:g} mm" if length >= 1000 else f"{length:g} µm"
    return ScaleBar(length, length / pixel_size, label)
