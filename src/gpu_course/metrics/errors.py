"""How far an estimated image is from the true one."""

import math
from typing import Any

import array_api_compat
import numpy as np

from gpu_course.errors import CourseError

Array = Any  # of NumPy, CuPy or PyTorch
BLOCK = 2**22
"""So many voxels at a time are widened, whatever the size of the images."""


def nrmse(estimate: Array, truth: Array) -> float:
    """Return the root mean square error of an estimate, relative to the truth's own size.

    Parameters
    ----------
    estimate, truth : array
        Of one shape and one library, any real dtype; lists and tables are NumPy's. Computed in
        float64, where the device has it: bytes would wrap around.

    Returns
    -------
    float
        0 for the truth itself, 1 for an image that is black everywhere, and no upper limit.

    Raises
    ------
    CourseError
        If the two differ in shape or library, are empty, masked or no finite real numbers, or the
        truth is 0 everywhere and the estimate is not.

    Examples
    --------
    >>> from gpu_course.metrics.errors import nrmse
    >>> nrmse(np.array([3.0, 3.0]), np.array([3.0, 4.0]))
    0.2
    """
    found, true = _real(estimate, "estimate"), _real(truth, "truth")
    try:
        xp = array_api_compat.array_namespace(found, true)
    except TypeError as error:
        raise CourseError(
            "Estimate and truth are arrays of two libraries. Bring both to NumPy, with to_numpy()."
        ) from error
    if tuple(found.shape) != tuple(true.shape):
        raise CourseError(
            f"The estimate has shape {tuple(found.shape)} and the truth {tuple(true.shape)}. "
            "Compare images of the same shape."
        )
    wide = xp.float32 if "mps" in str(array_api_compat.device(true)) else xp.float64
    # In units of the largest number, so that no square is too large or too small.
    ends = [float(end(one)) for one in (found, true) for end in (xp.max, xp.min)]
    unit = max(map(abs, ends)) or 1.0
    found, true = (xp.reshape(one, (-1, *one.shape[1:])) for one in (found, true))
    step = max(1, BLOCK // math.prod(true.shape[1:]))
    wrong = size = 0.0
    for first in range(0, true.shape[0], step):
        rows = slice(first, first + step)
        seen, meant = (xp.astype(one[rows], wide) / unit for one in (found, true))
        wrong += float(xp.sum((seen - meant) ** 2))
        size += float(xp.sum(meant**2))
    if wrong and not size:
        raise CourseError(
            "The truth is 0 everywhere, and an error relative to that has no size. Give the image "
            "that the estimate should be."
        )
    return (wrong / size) ** 0.5 if wrong else 0.0


def _real(image: Array, what: str) -> Array:
    """Return finite real numbers, in the type they have."""
    if np.ma.is_masked(image):
        raise CourseError(f"The {what} is a masked array. Leave out what is masked on both sides.")
    if not array_api_compat.is_array_api_obj(image) or isinstance(image, np.ndarray):
        try:
            image = np.asarray(image)
        except (TypeError, ValueError):  # lists of unequal length
            image = np.asarray(None)
    xp = array_api_compat.array_namespace(image)
    if getattr(array_api_compat.device(image), "type", "") == "mps":
        # To look for NaN in a view of an image of gigabytes writes beside the result there:
        # https://github.com/pytorch/pytorch/issues/183419
        image = image.contiguous()
    numeric = xp.isdtype(image.dtype, ("bool", "integral", "real floating"))
    if not numeric or 0 in image.shape:
        raise CourseError(
            f"The {what} is {image.dtype} of shape {tuple(image.shape)}. Give an array of real "
            "numbers."
        )
    if xp.isdtype(image.dtype, "bool"):
        image = xp.astype(image, xp.uint8)
    if not bool(xp.all(xp.isfinite(image))):
        raise CourseError(f"The {what} holds NaN or infinite values. Find the step that made them.")
    return image
