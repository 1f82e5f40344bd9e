"""How far an estimated image is from the true one."""

from typing import Any

import array_api_compat
import numpy as np

from gpu_course.errors import CourseError

Array = Any  # of NumPy, CuPy or PyTorch


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
    found, true = _wide(estimate, "estimate"), _wide(truth, "truth")
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
    # In units of the largest number, so that no square is too large or too small.
    unit = max(float(xp.max(xp.abs(found))), float(xp.max(xp.abs(true)))) or 1.0
    found, true = found / unit, true / unit
    wrong = float(xp.sum((found - true) ** 2))
    size = float(xp.sum(true**2))
    if wrong and not size:
        raise CourseError(
            "The truth is 0 everywhere, and an error relative to that has no size. Give the image "
            "that the estimate should be."
        )
    return (wrong / size) ** 0.5 if wrong else 0.0


def _wide(image: Array, what: str) -> Array:
    """Return finite real numbers as float64, or as float32 on a device that has no more."""
    if np.ma.is_masked(image):
        raise CourseError(f"The {what} is a masked array. Leave out what is masked on both sides.")
    if not array_api_compat.is_array_api_obj(image) or isinstance(image, np.ndarray):
        try:
            image = np.asarray(image)
        except (TypeError, ValueError):  # lists of unequal length
            image = np.asarray(None)
    xp = array_api_compat.array_namespace(image)
    numeric = xp.isdtype(image.dtype, ("bool", "integral", "real floating"))
    if not numeric or 0 in image.shape:
        raise CourseError(
            f"The {what} is {image.dtype} of shape {tuple(image.shape)}. Give an array of real "
            "numbers."
        )
    single = "mps" in str(array_api_compat.device(image))
    image = xp.astype(image, xp.float32 if single else xp.float64)
    if not bool(xp.all(xp.isfinite(image))):
        raise CourseError(f"The {what} holds NaN or infinite values. Find the step that made them.")
    return image
