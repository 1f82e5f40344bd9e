"""Look at what a user gives: the image, a window of it, scribbles painted on it, and settings."""

import operator
from typing import Any

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.pixel_classification.recipe import Recipe
from gpu_course.pixel_classification.tiles import Window

Array = Any  # of any library
#: Labels come back as uint8.
MOST_CLASSES = 255


def channels(image: Array, recipe: Recipe) -> tuple[Any, list[Array]]:
    """Return an image's array namespace and its channels as float32 arrays.

    Raises
    ------
    CourseError
        If the image does not fit the recipe or holds missing values.
    """
    if np.ma.is_masked(image):
        raise CourseError("The image is a masked array. Fill what is masked: image.filled(value).")
    if array_api_compat.is_dask_array(image) or not array_api_compat.is_array_api_obj(image):
        image = np.asarray(image)  # lists, Zarr
    if isinstance(image, np.ndarray):
        image = np.asarray(image)  # no masked array, though nothing be masked
    xp = array_api_compat.array_namespace(image)
    recipe.spatial(tuple(image.shape))
    if not xp.isdtype(image.dtype, ("bool", "integral", "real floating")):
        raise CourseError(
            f"The image holds {image.dtype}, and no real numbers. Give numbers, of complex ones "
            "the real part or the size."
        )
    image = xp.astype(image, xp.float32)
    if not bool(xp.all(xp.isfinite(image))):
        raise CourseError(
            "The image holds missing or infinite values. Replace them first, "
            "for instance with numpy.nan_to_num()."
        )
    if recipe.channels is None:
        return xp, [image]
    return xp, [image[..., channel] for channel in range(recipe.channels)]


def window(wanted: Window, shape: tuple[int, ...]) -> Window:
    """Return a window with all its ends written out.

    Raises
    ------
    CourseError
        If it is empty, has steps, or not one slice per axis.
    """
    slices = isinstance(wanted, tuple) and all(isinstance(part, slice) for part in wanted)
    if not slices or len(wanted) != len(shape) or any(p.step not in (None, 1) for p in wanted):
        raise CourseError(f"A window needs {len(shape)} slices without a step, one per axis.")
    ends = [part.indices(length) for part, length in zip(wanted, shape, strict=True)]
    if any(stop <= start for start, stop, _ in ends):
        raise CourseError("The window is empty. Check its slices against the image's shape.")
    return tuple(slice(start, stop) for start, stop, _ in ends)


def marks(scribbles: Any, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return scribbles as a NumPy array of uint8.

    Parameters
    ----------
    scribbles : array of int
        0 is not painted, 1 to 255 the classes.
    shape : tuple of int
        Spatial shape of the image they were painted on.

    Raises
    ------
    CourseError
        If the shapes differ or the values are no classes.
    """
    from gpu_course.devices import to_numpy

    if np.ma.is_masked(scribbles):
        raise CourseError("The scribbles are a masked array. Give 0 where nothing is painted.")
    labels = to_numpy(scribbles)
    if tuple(labels.shape) != tuple(shape):
        raise CourseError(
            f"The scribbles have the shape {tuple(labels.shape)} and the image {tuple(shape)}. "
            "Paint on a layer of the image's size."
        )
    if labels.dtype.kind not in "iub":
        raise CourseError(
            f"The scribbles are {labels.dtype} numbers. Give integers: 0 where nothing is painted."
        )
    if labels.size and (labels.min() < 0 or labels.max() > MOST_CLASSES):
        raise CourseError(
            f"The scribbles go from {labels.min()} to {labels.max()}. "
            f"Use 0 for not painted and 1 to {MOST_CLASSES} for the classes."
        )
    return labels.astype(np.uint8)


def strokes(scribbles: NDArray[Any]) -> NDArray[np.int32]:
    """Give each stroke a number from 1: connected pixels of one class, diagonals included.

    0 is where nothing is painted.
    """
    from skimage.measure import label

    return label(scribbles, background=0, connectivity=scribbles.ndim).astype(np.int32)


def listed(image: Any, scribbles: Any) -> tuple[Any, Any]:
    """Return images and scribbles as two lists, also where there is one of each."""
    # Lists of rows are one image as well.
    rows = isinstance(image, (list, tuple)) and not (len(image) and np.ndim(image[0]) > 1)
    if isinstance(image, (list, tuple)) and not rows:
        return image, scribbles
    return [np.asarray(image) if rows else image], [scribbles]


def whole_number(name: str, value: Any, least: int, most: int) -> int:
    """Return a whole number within its limits, whatever kind of integer it came as."""
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or not least <= number <= most:
        raise CourseError(f"{name}={value!r}. Give a whole number from {least} to {most}.")
    return number
