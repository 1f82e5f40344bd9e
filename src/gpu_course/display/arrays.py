"""Turn whatever a cell holds into an array that can be drawn, or say plainly why it cannot."""

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError

Range: TypeAlias = Literal["shared"] | tuple[float, float] | None
VoxelSize: TypeAlias = float | tuple[float, ...] | None


def to_numpy(array: Any) -> NDArray[Any]:
    """Copy an image to the CPU, wherever it lives.

    Parameters
    ----------
    array : array-like
        NumPy array, clEsperanto image, CuPy array or torch tensor.

    Returns
    -------
    ndarray
        The same values, shape and dtype in the computer's own memory.
    """
    if hasattr(array, "detach"):  # torch: gradients cannot be drawn
        array = array.detach().cpu()
    elif type(array).__module__.startswith("cupy"):  # CuPy never copies unasked
        array = array.get()
    return np.asarray(array)


def _drawable(array: Any, what: str) -> NDArray[Any]:
    """Return the array on the CPU, checked for everything that does not depend on its axes."""
    pixels = to_numpy(array)
    if pixels.dtype != bool and not (
        np.issubdtype(pixels.dtype, np.integer) or np.issubdtype(pixels.dtype, np.floating)
    ):
        raise CourseError(
            f"{what} has dtype {pixels.dtype}, which has no grey values. "
            "Give an array of booleans, integers or floats."
        )
    if pixels.size == 0:
        raise CourseError(f"{what} is empty (shape {pixels.shape}). Check the slice that made it.")
    if np.issubdtype(pixels.dtype, np.floating) and not np.isfinite(pixels).all():
        raise CourseError(
            f"{what} holds NaN or infinite values. Find the step that made them, "
            "or replace them with numpy.nan_to_num(image)."
        )
    return pixels


def check_image(image: Any, what: str = "The image") -> NDArray[Any]:
    """Return a grey (Y, X) or colour (Y, X, 3) array fit for drawing.

    An alpha channel is dropped.

    Raises
    ------
    CourseError
        If the array is empty, not numeric, holds NaN, or is neither 2D nor RGB.
    """
    pixels = _drawable(image, what)
    if pixels.ndim == 3 and pixels.shape[-1] in (3, 4):
        return pixels[..., :3]
    if pixels.ndim != 2:
        raise CourseError(
            f"{what} has shape {pixels.shape}, but a picture is (Y, X) or (Y, X, 3). "
            "Show one slice (volume[z]), a projection (volume.max(axis=0)) or z_scrubber(volume)."
        )
    return pixels


def check_volume(volume: Any, what: str = "The volume") -> NDArray[Any]:
    """Return a grey (Z, Y, X) or colour (Z, Y, X, 3) array fit for drawing.

    Raises
    ------
    CourseError
        If the array is empty, not numeric, holds NaN, or has no z-axis.
    """
    voxels = _drawable(volume, what)
    if voxels.ndim == 4 and voxels.shape[-1] in (3, 4):
        return voxels[..., :3]
    if voxels.ndim != 3:
        raise CourseError(
            f"{what} has shape {voxels.shape}, but a volume is (Z, Y, X) or (Z, Y, X, 3). "
            "Use show(image) for a single picture."
        )
    return voxels


def check_labels(labels: Any, shape: tuple[int, ...], what: str = "The label image") -> NDArray:
    """Return an integer label image of the given shape; a mask counts as one label.

    Raises
    ------
    CourseError
        If the values are not whole numbers from 0 up, or the shape differs.
    """
    numbers = to_numpy(labels)
    if numbers.shape != tuple(shape):
        raise CourseError(
            f"{what} has shape {numbers.shape}, its image {tuple(shape)}. "
            "Cut both with the same slice."
        )
    _drawable(numbers, what)
    if numbers.dtype == bool:
        return numbers.astype(np.int32)
    # clEsperanto hands label images back as float32: whole numbers all the same.
    if (numbers != np.floor(numbers)).any() or (numbers < 0).any():
        raise CourseError(
            f"{what} must hold whole numbers from 0 (background) up; "
            "this one looks like a grey image. Segment it first."
        )
    return numbers.astype(np.int64)


def plane_size(voxel_size: VoxelSize) -> tuple[float, float] | None:
    """Return the size of a pixel along Y and X, in µm, or None where it is unknown.

    Parameters
    ----------
    voxel_size : float, tuple of float, or None
        Edge of a voxel in µm: one number, or one per axis with Y and X last.
    """
    if voxel_size is None:
        return None
    sizes = np.atleast_1d(np.asarray(voxel_size, dtype=float))
    if sizes.ndim != 1 or not np.isfinite(sizes).all() or (sizes <= 0).any():
        raise CourseError(
            f"The voxel size {voxel_size!r} must hold lengths above 0, in µm. "
            "Give None where it is unknown."
        )
    return float(sizes[-2:][0]), float(sizes[-1])


def grey_range(image: NDArray[Any]) -> tuple[float, float]:
    """Return the grey values drawn as black and white: all but the 0.1 % at either end.

    A single hot pixel would otherwise turn the whole picture black.
    """
    if image.dtype == bool:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(image, (0.1, 99.9)))
    if high <= low:  # a few bright pixels on nothing, or a constant image
        low, high = float(image.min()), float(image.max())
    return (low, high) if high > low else (low, low + 1.0)


def grey_limits(
    pictures: list[NDArray[Any]], choice: Range, grey_axes: int = 2
) -> list[tuple[float, float] | None]:
    """Return the grey values for black and white of every picture; None for colour.

    Parameters
    ----------
    pictures : list of ndarray
        Checked images or volumes.
    choice : None, "shared" or (black, white)
        Of each picture by itself, the same for all, or given.
    grey_axes : int
        Axes of a grey picture; a colour one has one more.
    """
    is_grey = [picture.ndim == grey_axes for picture in pictures]
    each = [
        grey_range(picture) if grey else None
        for picture, grey in zip(pictures, is_grey, strict=True)
    ]
    if choice is None:
        return each
    if choice == "shared":
        known = [limits for limits in each if limits is not None]
        if not known:
            return each
        choice = (min(low for low, _ in known), max(high for _, high in known))
    if not isinstance(choice, tuple) or len(choice) != 2 or not choice[0] < choice[1]:
        raise CourseError(
            f'The range is {choice!r}, but must be None, "shared", or (black, white) '
            "with black < white."
        )
    return [choice if grey else None for grey in is_grey]


def _colour_top(image: NDArray[Any]) -> float:
    """Return the value of full colour: 255, 65535 or 1, by dtype."""
    if image.dtype == bool:
        return 1.0
    if np.issubdtype(image.dtype, np.floating):
        if image.min() < -0.01 or image.max() > 1.01:
            raise CourseError(
                f"The colours go from {image.min():g} to {image.max():g}, but floats must lie "
                "between 0 and 1. Divide by the highest value, or convert to uint8."
            )
        return 1.0
    # Arithmetic turns uint8 into wider integers without changing their scale.
    return 255.0 if image.max() <= 255 and image.dtype != np.uint16 else 65535.0


def to_uint8(image: NDArray[Any], limits: tuple[float, float] | None = None) -> NDArray[np.uint8]:
    """Scale to 0 to 255. Grey is stretched between its limits; colour keeps its own scale.

    The limits are the grey values for black and white; without them, the image is in colours.
    """
    if limits is None:
        if image.dtype == np.uint8:
            return image
        limits = (0.0, _colour_top(image))
    low, high = limits
    scaled = (image.astype(np.float32) - low) * (255.0 / (high - low))
    return np.clip(np.round(scaled), 0, 255).astype(np.uint8)


def to_rgb(image: NDArray[Any], limits: tuple[float, float] | None = None) -> NDArray[np.uint8]:
    """Return (Y, X, 3) uint8 from a checked grey or colour picture."""
    if image.ndim == 3:
        return to_uint8(image)
    grey = to_uint8(image, limits or grey_range(image))
    return np.repeat(grey[..., None], 3, axis=-1)
