"""Normalisation: images of every camera and exposure brought to the same range of values."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError


@dataclasses.dataclass(frozen=True)
class Normalisation:
    """Map two percentiles of an image to 0 and 1, each channel by itself.

    Percentiles, not the smallest and largest value: one hot pixel or one glint would otherwise
    decide the range. They are taken over a whole image, never over a patch: in a patch of plain
    soil the noise would be stretched until it looks like something.

    Attributes
    ----------
    low, high : float
        The percentiles that become 0 and 1, in percent. Values beyond them are kept, not cut.

    Examples
    --------
    >>> from gpu_course.deep_learning import Normalisation
    >>> image = np.array([[[100, 150, 200]]])
    >>> Normalisation(low=0, high=100)(image)
    array([[[0. , 0.5, 1. ]]], dtype=float32)
    """

    low: float = 1.0
    high: float = 99.8

    def __post_init__(self) -> None:
        """Refuse percentiles in the wrong order."""
        numbers = all(
            isinstance(p, int | float | np.number) and not isinstance(p, bool)
            for p in (self.low, self.high)
        )
        if not numbers or not 0 <= self.low < self.high <= 100:
            raise CourseError(
                f"The percentiles {self.low} and {self.high} span nothing. "
                "Choose 0 ≤ low < high ≤ 100."
            )

    def __call__(self, image: NDArray[Any]) -> NDArray[np.float32]:
        """Return the normalised image.

        Parameters
        ----------
        image : ndarray (C, Y, X)
            Any real dtype. Use `channels_first` for images with axes YX or YXC.

        Returns
        -------
        ndarray, float32 (C, Y, X)
            An image of one single value becomes 0 everywhere. Where nearly all pixels have one
            value and both percentiles are equal, the smallest and largest value take their place,
            with a warning.

        Raises
        ------
        CourseError
            If the image is masked, holds missing or infinite values, or has other axes.
        """
        image = _real(image)
        low, high = np.percentile(image, [self.low, self.high], axis=(1, 2), keepdims=True)
        flat = high <= low
        if flat.any():
            least, most = (f(image, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
            low, high = np.where(flat, least, low), np.where(flat, most, high)
            if (flat & (most > least)).any():
                warnings.warn(
                    f"So much of the image has one value that its percentiles {self.low} and "
                    f"{self.high} are equal, so it is brought to 0 and 1 by its smallest and "
                    "largest value: cut the empty frame away.",
                    stacklevel=2,
                )
        span = np.where(high > low, high - low, 1)
        return ((image - low) / span).astype(np.float32)


@dataclasses.dataclass(frozen=True)
class FixedRange:
    """Map two given grey values to 0 and 1, the same two in every image.

    For images that were brought to known levels before (`gpu_course.fitted.fit`). Percentiles would
    measure brightness a second time, and worse: they depend on how much of an image is background.

    Attributes
    ----------
    dark, bright : float
        The grey values that become 0 and 1. Values beyond them are kept, not cut.

    Examples
    --------
    >>> from gpu_course.deep_learning.normalisation import FixedRange
    >>> FixedRange(100, 200)(np.array([[[100, 150, 300]]]))
    array([[[0. , 0.5, 2. ]]], dtype=float32)
    """

    dark: float
    bright: float

    def __post_init__(self) -> None:
        """Refuse a range that spans nothing."""
        if not (np.isfinite([self.dark, self.bright]).all() and self.dark < self.bright):
            raise CourseError(
                f"The grey values {self.dark} and {self.bright} span nothing. Choose dark < bright."
            )

    def __call__(self, image: NDArray[Any]) -> NDArray[np.float32]:
        """Return the image, float32 (C, Y, X) as it came, with `dark` at 0 and `bright` at 1.

        Raises
        ------
        CourseError
            As `Normalisation`.
        """
        image = _real(image)
        if image.dtype.kind != "f":  # else 8 bits would stay 8 bits, and below `dark` is 255
            image = image.astype(np.float64)
        return ((image - self.dark) / (self.bright - self.dark)).astype(np.float32)


def _real(image: Any) -> NDArray[Any]:
    """Return an image (C, Y, X) as an array of finite real numbers, or say why it is none."""
    if np.ma.is_masked(image):
        raise CourseError("The image is a masked array. Fill what is masked: image.filled(value).")
    image = np.asarray(image)
    if image.ndim != 3 or not image.size or image.dtype.kind not in "biuf":
        raise CourseError(
            f"The image is {image.dtype} of shape {image.shape}, but real numbers (C, Y, X) "
            "with at least one pixel are needed. Use channels_first."
        )
    if image.dtype == bool:
        image = image.astype(np.uint8)
    if not np.isfinite(image).all():
        raise CourseError(
            "The image holds missing or infinite values (NaN, inf), which would spread through "
            "the whole network. Replace them first, for instance with numpy.nan_to_num."
        )
    return image


Scale = Normalisation | FixedRange
"""What an image may go through before a network."""


def scale_of(about: dict[str, Any]) -> Scale:
    """Return the scale that a model file tells of.

    Parameters
    ----------
    about : dict
        ``{"low": …, "high": …}`` or ``{"dark": …, "bright": …}``, as `dataclasses.asdict` made it.
    """
    return FixedRange(**about) if "dark" in about else Normalisation(**about)


def channels_first(image: NDArray[Any], axes: str | None = None) -> NDArray[Any]:
    """Return an image as PyTorch wants it: channels first, also if there is only one.

    Parameters
    ----------
    image : ndarray (Y, X) or (Y, X, C)
    axes : {"YX", "YXC"}, optional
        As in `gpu_course.images.Sample`. None: by the number of axes.

    Returns
    -------
    ndarray (C, Y, X)
        A view of the image.

    Raises
    ------
    CourseError
        If the image has other axes.

    Examples
    --------
    >>> from gpu_course.deep_learning.normalisation import channels_first
    >>> channels_first(np.zeros((16, 32, 3))).shape, channels_first(np.zeros((16, 32))).shape
    ((3, 16, 32), (1, 16, 32))
    """
    if isinstance(image, list | tuple):
        image = np.asarray(image)
    axes = axes or {2: "YX", 3: "YXC"}.get(image.ndim, "")
    if axes == "YX" and image.ndim == 2:
        return image[None]
    if axes == "YXC" and image.ndim == 3:
        return np.moveaxis(image, -1, 0)
    raise CourseError(
        f"This network sees 2D images with axes YX or YXC; the shape {image.shape} is neither. "
        "Give it one plane of a stack at a time."
    )
