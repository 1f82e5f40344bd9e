"""Turn what is given into arrays of one shape, or say what is wrong with it."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_course.errors import CourseError
from gpu_course.labels import refuse_mask


def ratio(numerator: float, denominator: float, *, empty: float = 1.0) -> float:
    """Return a quotient, and `empty` for 0 / 0."""
    return float(numerator / denominator) if denominator else empty


def same_shape(true: NDArray[Any], predicted: NDArray[Any]) -> None:
    """Make sure that two images can be compared."""
    if true.shape != predicted.shape:
        raise CourseError(
            f"The true image has shape {true.shape} and the predicted one {predicted.shape}. "
            "Compare images of the same shape."
        )


def two_masks(truth: ArrayLike, prediction: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return two masks as bool arrays of one shape."""
    true, predicted = _mask(truth, "true"), _mask(prediction, "predicted")
    same_shape(true, predicted)
    return true, predicted


def _mask(image: ArrayLike, side: str) -> NDArray[np.bool_]:
    array = _unmasked(image, f"The {side} mask")
    if array.dtype.kind not in "buif":
        raise CourseError(f"The {side} mask is no array of numbers. Give a NumPy array.")
    if not _whole(array):
        raise CourseError(
            f"The {side} mask holds numbers that are not whole. Apply a threshold first."
        )
    return array.astype(bool)


def label_image(
    image: ArrayLike, side: str, *, in_pieces: bool = False
) -> NDArray[np.integer[Any]]:
    """Return a label image as an array of integers, 0 or more; refuse what looks like a mask."""
    array = _unmasked(image, f"The {side} label image")
    if array.dtype.kind not in "buif" or not _whole(array):
        raise CourseError(
            f"The {side} label image holds numbers that are not whole. Label the objects first."
        )
    if array.size and array.min() < 0:
        raise CourseError(f"The {side} label image holds negative labels. Use 0 for background.")
    refuse_mask(array, f"The {side} label image", in_pieces=in_pieces)
    return array if array.dtype.kind in "ui" else array.astype(np.int64)


def _unmasked(image: ArrayLike, what: str) -> NDArray[Any]:
    if np.ma.is_masked(image):
        raise CourseError(
            f"{what} is a masked array, and what is masked would count. Give array.filled(0), or "
            "leave it out on both sides."
        )
    return np.asarray(image)


def _whole(array: NDArray[Any]) -> bool:
    """Return whether all numbers are whole; clesperanto may keep labels and masks as floats."""
    return array.dtype.kind != "f" or bool((np.isfinite(array) & (array == np.rint(array))).all())
