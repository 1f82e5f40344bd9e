"""An image as a method knows it: its brightness and the size of its objects brought to known ones.

Recipe, pixel classifier and network were each made on some images. Here any other image is brought
to the brightness and size of those, in one way for all methods, and what was measured is kept to
be shown.
"""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import brightness, object_size
from gpu_course.brightness import Levels

NUCLEUS = 21.0
"""Diameter in pixels of the nuclei on which the course's methods for nuclei were made."""


@dataclasses.dataclass(frozen=True)
class Fitted:
    """An image at known levels and size.

    Attributes
    ----------
    image : ndarray of float32 (Y', X')
        Levels as `brightness.COURSE`, objects of about the wanted diameter.
    shape : (int, int)
        Rows and columns of the image as it came.
    levels : Levels
        Of the image as it came.
    diameter : float
        Of its objects in its own pixels: given, or measured.
    """

    image: NDArray[np.float32]
    shape: tuple[int, int]
    levels: Levels
    diameter: float

    def back(self, labels: NDArray[Any]) -> NDArray[np.int32]:
        """Return labels found in `image` at the shape of the image as it came, int32 (Y, X)."""
        return object_size.labels_back(labels, self.shape)


def fit(image: NDArray[Any], *, diameter: float | None = None, wanted: float = NUCLEUS) -> Fitted:
    """Bring an image of bright objects to the levels and the size that a method knows.

    Parameters
    ----------
    image : ndarray (Y, X)
        Grey values of any real dtype.
    diameter : float, optional
        Of a typical object, in pixels. None: `object_size.measure_diameter`. Where nothing can be
        measured, the size stays as it is.
    wanted : float
        The diameter that the method knows, in pixels.

    Returns
    -------
    Fitted

    Raises
    ------
    CourseError
        If the image is not one plane of finite real numbers, or the diameter is no size.

    Warns
    -----
    UserWarning
        The sentences of `brightness.warning` and, where the diameter is measured, of
        `object_size.warning`, if there is one.

    Examples
    --------
    >>> from gpu_course.fitted import fit
    >>> y, x = np.mgrid[:200, :200] % 100 - 50
    >>> found = fit(100 + 800 * np.exp(-(((y**2 + x**2) / 400) ** 3)))
    >>> 35 < found.diameter < 45, found.image.shape[0] < 130
    (True, True)
    """
    levels = brightness.measure(image)
    doubts = [brightness.warning(levels)]
    if diameter is None:
        measured = object_size.measure_diameter(image, levels=levels)
        doubts.append(object_size.warning(measured))
        diameter = wanted if np.isnan(measured.diameter) else measured.diameter
    for doubt in filter(None, doubts):
        warnings.warn(doubt, stacklevel=3)
    matched = brightness.match(image, levels=levels)
    shape = matched.shape[0], matched.shape[1]
    return Fitted(object_size.to_diameter(matched, diameter, wanted), shape, levels, diameter)
