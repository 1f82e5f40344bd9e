"""What deconvolution asks of images and PSFs: a library, a dtype, and values that make sense."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import array_api_compat
import numpy as np

from gpu_course.devices import to_numpy
from gpu_course.errors import CourseError

Array = Any  # of NumPy, CuPy or PyTorch
Shape = tuple[int, ...]

#: Below, float32 has fewer digits than elsewhere.
SMALL = 1e-36
#: Numbers between can be squared and summed, and divided by a millionth, in float32.
MODERATE = (1e-6, 1e9)


def namespace(array: Array) -> ModuleType:
    """Return the array API namespace of an array: NumPy's, CuPy's or PyTorch's."""
    return array_api_compat.array_namespace(array)


def device_of(array: Array) -> Any:
    """Return where an array lies, as its own library names it."""
    return array_api_compat.device(array)


def wide(array: Array) -> Any:
    """Return the dtype for sums over many voxels: float64, unless the device has none (MPS)."""
    xp = namespace(array)
    return xp.float32 if "mps" in str(device_of(array)) else xp.float64


def known(what: str, value: object, *choices: object) -> None:
    """Raise a CourseError unless a parameter has one of its possible values."""
    if not any(value is c or (isinstance(value, str) and value == c) for c in choices):
        listed = ", ".join(repr(c) for c in choices)
        raise CourseError(f"{what}={value!r} is unknown. Choose from: {listed}.")


def as_float32(array: Any, what: str = "image") -> Array:
    """Return an array as float32, in the library and the memory in which it lies.

    Parameters
    ----------
    array : array
        Of NumPy, CuPy or PyTorch, integer or floating; anything else (lists, Dask, Zarr) becomes
        a NumPy array.
    what : str
        What to call it in an error.

    Raises
    ------
    CourseError
        If it is not 2D or 3D, is empty, is complex or no number, is masked, or holds NaN or
        infinity, or numbers that float32 does not.
    """
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise CourseError(
            f"The {what} is a masked array, and an FFT has no place for what is missing. Fill it "
            "first: image.filled(value)."
        )
    if not is_computed(array):
        try:
            # A table has a `get` of its own, which is not that of a GPU.
            array = np.asarray(array) if hasattr(array, "columns") else to_numpy(array)
        except (TypeError, ValueError) as error:  # lists of unequal length
            raise CourseError(
                f"The {what} is {type(array).__name__} that makes no array. Give numbers, in rows "
                "of equal length."
            ) from error
    if isinstance(array, np.ndarray):
        # Nothing is masked; and the products of a matrix would be those of matrices.
        array = np.asarray(array)
    if hasattr(array, "detach"):
        array = array.detach()
        if array.device.type == "mps":
            # To look for NaN in a view of an image of gigabytes writes beside the result there:
            # https://github.com/pytorch/pytorch/issues/183419
            array = array.contiguous()
    xp = namespace(array)
    refuse_shape(tuple(array.shape), what)
    if not xp.isdtype(array.dtype, ("bool", "integral", "real floating")):
        raise CourseError(
            f"The {what} is {array.dtype}, but real numbers are needed. "
            "Take its absolute value or its real part first."
        )
    given, array = array, xp.astype(array, xp.float32, copy=False)
    if not bool(xp.all(xp.isfinite(array))):
        if bool(xp.all(xp.isfinite(given))):
            raise CourseError(
                f"The {what} holds values above 3e38, more than float32 can. Divide it by its "
                "maximum."
            )
        raise CourseError(
            f"The {what} holds NaN or infinite values, which an FFT would spread over all of it. "
            "Replace them first, for instance by the median of their neighbours."
        )
    small = xp.isdtype(given.dtype, "real floating") and float(xp.max(xp.abs(array))) < SMALL
    if small and bool(xp.any(given != 0)):
        raise CourseError(
            f"The {what} holds nothing above {SMALL}, less than float32 can tell apart. Divide it "
            "by its maximum."
        )
    return array


def refuse_shape(shape: Shape, what: str) -> None:
    """Raise a CourseError for what is not 2D or 3D, or has no voxel."""
    if len(shape) not in (2, 3) or 0 in shape:
        raise CourseError(
            f"The {what} has shape {shape}, but (y, x) or (z, y, x) is needed. "
            "Give one channel and one time point at a time."
        )


def is_computed(array: Any) -> bool:
    """Return whether an array is of a library that deconvolution computes with."""
    compat = array_api_compat
    kinds = (compat.is_numpy_array, compat.is_cupy_array, compat.is_torch_array)
    return any(is_of(array) for is_of in kinds)


def moderate(image: Array) -> tuple[Array, float]:
    """Return a float32 image with numbers that can be squared and summed in float32, and its unit.

    It is the same where its highest value is moderate; else it is divided by the unit, a power of
    two: nothing is rounded.
    """
    highest = float(namespace(image).max(namespace(image).abs(image)))
    if highest == 0 or MODERATE[0] <= highest <= MODERATE[1]:
        return image, 1.0
    unit = 2.0 ** math.floor(math.log2(highest))
    return image / unit, unit


def refuse_constant(result: Array, image: Array, cure: str) -> Array:
    """Return a result, unless it is the same everywhere and the image is not.

    Raises
    ------
    CourseError
        If a filter has left nothing but the mean; `cure` says what the user may do.
    """
    if _variation(result) < 1e-6 and _variation(image) > 1e-3:
        raise CourseError(f"The result is the same in every voxel, and the image is not. {cure}")
    return result


def _variation(array: Array) -> float:
    """Return the range of an array relative to its highest absolute value."""
    xp = namespace(array)
    low, high = float(xp.min(array)), float(xp.max(array))
    return (high - low) / (max(abs(low), abs(high)) or 1.0)


def like(values: Any, array: Array) -> Array:
    """Return values in the library and the memory of another array."""
    if getattr(device_of(array), "type", "") == "mps":
        from gpu_course.devices import apple

        values = apple.storable(values)
    if array_api_compat.is_array_api_obj(values) and namespace(values) is namespace(array):
        return array_api_compat.to_device(values, device_of(array))
    return namespace(array).asarray(np.array(to_numpy(values)), device=device_of(array))


def as_psf(psf: Any, image: Array) -> Array:
    """Return a PSF as float32 beside an image, with a sum of 1.

    Parameters
    ----------
    psf : array
        As many axes as the image and nowhere larger; its centre is voxel ``n // 2`` of each axis
        of n. It may lie in other memory than the image.
    image : array
        Float32, of any of the libraries.

    Raises
    ------
    CourseError
        If the number of axes differs, the PSF is larger than the image, is negative somewhere, or
        is 0 everywhere.
    """
    # Counted by the photon or by millions: the sum must not outgrow float32.
    psf, _ = moderate(like(as_float32(psf, "PSF"), image))
    xp = namespace(psf)
    if psf.ndim != image.ndim:
        raise CourseError(
            f"The PSF has {psf.ndim} axes and the image {image.ndim}. "
            "Give both as (y, x) or both as (z, y, x)."
        )
    if any(p > n for p, n in zip(psf.shape, image.shape, strict=True)):
        raise CourseError(
            f"The PSF {tuple(psf.shape)} is larger than the image {tuple(image.shape)}. "
            "Crop the PSF around its centre, n // 2, to at most the size of the image."
        )
    total = float(xp.sum(psf, dtype=wide(psf)))
    if float(xp.min(psf)) < 0 or total <= 0:
        raise CourseError(
            "The PSF must hold shares of light: none negative, and not all of them 0. "
            "Subtract its background and clip it at 0."
        )
    return psf / total
