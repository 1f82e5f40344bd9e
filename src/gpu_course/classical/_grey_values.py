"""Images at the door of a recipe: on the device, and in grey values of an 8-bit picture.

The recipes were made on 8-bit pictures. The same picture may come with 10, 12, 14 or 16 bits, in
any dtype, or as 0…1. Its values say which, its dtype does not: a camera of 12 bits writes uint16.
"""

from typing import Any

import numpy as np

from gpu_course import cle
from gpu_course.errors import CourseError

# The class of a clesperanto image depends on the library and its version.
DeviceImage = Any

EIGHT_BITS = 255
FILTERED = 1.5 * EIGHT_BITS
"""Floats may go so far beyond it where an 8-bit picture was filtered or made brighter."""
BITS = (10, 12, 14, 16)
"""Of cameras, beside 8."""


def pushed(image: Any) -> DeviceImage:
    """Return the image on the device as float32; an image that is there already stays there."""
    if cle.is_image(image):
        if len(image.shape) != 2:
            raise CourseError(
                f"The image has shape {tuple(image.shape)}, but rows and columns are needed. Give "
                "one plane."
            )
        return image
    if np.ma.is_masked(image):
        raise CourseError("The image is a masked array. Fill what is masked: image.filled(value).")
    array = np.asarray(image)
    if array.ndim != 2 or array.size == 0:
        raise CourseError(
            f"The image has shape {array.shape}, but rows and columns are needed. "
            "Give one plane, or one colour channel."
        )
    if array.dtype.kind not in "buif" or not np.isfinite(array).all() or array.min() < 0:
        raise CourseError(
            "The image holds values that are negative or no numbers. "
            "Subtract its minimum, or replace missing values first."
        )
    return cle.push(array.astype(np.float32))


def unit(image: Any) -> float:
    """Return what one grey value of an 8-bit picture is in an image's own values."""
    if cle.is_image(image):  # nobody knows any more where it came from
        return 1.0
    array = np.asarray(image)
    highest = float(array.max(initial=0))
    floats = array.dtype.kind == "f"
    if floats and 0 < highest <= 1:
        return 1 / EIGHT_BITS
    if highest <= (FILTERED if floats else EIGHT_BITS):
        return 1.0
    for bits in BITS:
        if highest < 2**bits:
            return (2**bits - 1) / EIGHT_BITS
    raise CourseError(
        f"The brightest pixel is {highest:g}, and no camera of up to 16 bits has such grey values. "
        "Divide the image by a number that brings it to 0…65535 at most."
    )


def logarithm(image: Any) -> DeviceImage:
    """Return log(image + 1) in 8-bit grey values; 1 keeps a pixel of 0 from minus infinity."""
    values, one = pushed(image), unit(image)
    if one != 1:
        values = cle.multiply_image_and_scalar(values, scalar=1 / one)
    return cle.logarithm(cle.add_image_and_scalar(values, scalar=1))
