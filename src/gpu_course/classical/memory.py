"""How much device memory a pipeline needs, whether it fits, and what to do where it does not."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from gpu_course.classical._image_sizes import each, itemsize, lengths, number
from gpu_course.classical.device_facts import GIB, USABLE, Facts, facts_in_use
from gpu_course.errors import CourseError

Image = NDArray[Any]


@dataclass(frozen=True)
class Peak:
    """What a pipeline took from the device while it ran.

    Attributes
    ----------
    peak : int
        The most bytes in use at one moment, the input included.
    buffers : float
        The same in float32 arrays of the input's shape: the number to multiply with.
    history : list of int
        Bytes in use after every allocation and release.
    """

    peak: int
    buffers: float
    history: list[int]


def measure_peak(pipeline: Callable[[Any], Any], image: Image) -> Peak:
    """Run a pipeline once on the device and count the memory it takes.

    Parameters
    ----------
    pipeline : callable
        Takes an array on the device (float32, shape of `image`) and returns one.
    image : ndarray
        A small example; it is pushed, and the pushed array counts.

    Returns
    -------
    Peak

    Raises
    ------
    gpu_course.errors.CourseError
        As :func:`~gpu_course.classical.count_buffers`: the prototype alone can be counted.
    """
    from gpu_course import cle
    from gpu_course.classical.buffers import count_buffers

    with count_buffers() as used:
        source = cle.push(image)
        result = pipeline(source)
        history = list(used.history)
        peak = used.peak
    del result
    return Peak(peak, peak / source.nbytes, history)


def estimate_bytes(shape: Sequence[int], dtype: DTypeLike, buffers: float) -> int:
    """Return the bytes that a number of arrays of one shape and dtype take.

    Parameters
    ----------
    shape : sequence of int
        In pixels, any number of axes.
    dtype : dtype
        What the device stores: float32 for all that :func:`gpu_course.cle.push` made.
    buffers : float
        How many such arrays exist at the same time, as :func:`measure_peak` counts them.

    Raises
    ------
    CourseError
        If a length is not whole, the dtype is unknown, or buffers are no number from 0 up.

    Examples
    --------
    >>> from gpu_course.classical import estimate_bytes
    >>> estimate_bytes((1024, 1024), "float32", buffers=5) / 2**20
    20.0
    """
    # Numbers of Python: those of NumPy end at 2³¹ or 2⁶³ and go on below 0.
    pixels = math.prod(lengths(shape))
    return math.ceil(pixels * itemsize(dtype) * number(buffers, "buffers"))


def usable_bytes(device: Facts) -> int:
    """Return the bytes that a job may plan with: most of what the device has.

    Where the device shares main memory, what other programs left free counts too.
    """
    if not device.shared:
        return int(USABLE * device.memory)
    import psutil

    return int(USABLE * min(device.memory, psutil.virtual_memory().available))


def largest_edge(dtype: DTypeLike, buffers: float, device: Facts) -> int:
    """Return the edge, in pixels, of the largest square whose pipeline fits.

    Parameters
    ----------
    dtype, buffers
        As for :func:`estimate_bytes`.
    device : Facts
        Both of its limits count: all buffers together, and each by itself.

    Raises
    ------
    CourseError
        If one of the numbers is none, or buffers are 0.

    Examples
    --------
    >>> from gpu_course.classical import Facts, largest_edge
    >>> card = Facts("CUDA", "a card", "GPU", None, None, memory=2**32, max_allocation=2**32)
    >>> largest_edge("float32", buffers=5, device=card)
    13107
    """
    return math.isqrt(_pixels_that_fit(dtype, buffers, device))


def _pixels_that_fit(dtype: DTypeLike, buffers: float, device: Facts) -> int:
    """Return the pixels of the largest image of any shape whose pipeline fits."""
    if not number(buffers, "buffers"):
        raise CourseError("A pipeline without a buffer has no limit. Count them: measure_peak().")
    one = min(usable_bytes(device) / buffers, device.max_allocation)
    return int(one / itemsize(dtype))


def _widest_tile(shape: Sequence[int], pixels: int) -> list[int]:
    """Return the largest tile of at most so many pixels, as deep as a thin stack is.

    No side is longer than the image's; the others are as long as one another.
    """
    low, high = 1, max(shape)
    while low < high:  # the longest side that fits, found by halving
        middle = (low + high + 1) // 2
        if math.prod(min(middle, length) for length in shape) <= pixels:
            low = middle
        else:
            high = middle - 1
    return [min(low, length) for length in shape]


def check_fits(
    shape: Sequence[int], dtype: DTypeLike, buffers: float, device: Facts | None = None
) -> int:
    """Return the bytes a pipeline will take, or say before it starts that it cannot.

    A driver may promise memory that it does not have, and end the notebook's kernel once the
    memory is used. So the question is answered by arithmetic, and nothing is allocated.

    Parameters
    ----------
    shape, dtype, buffers
        As for :func:`estimate_bytes`.
    device : Facts, optional
        Of another device than the one clesperanto uses.

    Raises
    ------
    gpu_course.errors.CourseError
        If it does not fit, with the estimate, the limit, a tile that fits, and how far to shrink
        the image instead.

    Examples
    --------
    >>> from gpu_course.classical import Facts, check_fits
    >>> card = Facts("CUDA", "a card", "GPU", None, None, memory=2**32, max_allocation=2**32)
    >>> check_fits((1024, 1024), "float32", buffers=5, device=card)
    20971520
    """
    device = device or facts_in_use()
    shape = lengths(shape)
    one, all_ = estimate_bytes(shape, dtype, 1), estimate_bytes(shape, dtype, buffers)
    usable = usable_bytes(device)
    if one <= device.max_allocation and all_ <= usable:
        return all_
    pixels = _pixels_that_fit(dtype, buffers, device)
    tile = _widest_tile(shape, pixels)
    tiles = math.prod(-(-length // max(side, 1)) for length, side in zip(shape, tile, strict=True))
    excess = max(all_ / usable, one / device.max_allocation)
    factor = math.ceil(excess ** (1 / len(shape)))
    needs = f"needs about {_gib(all_)} ({buffers:.3g} buffers of {_gib(one)})"
    limit = (
        f"{device.name} has about {_gib(usable)} to use, in arrays of "
        f"{_gib(device.max_allocation)} at most"
    )
    raise CourseError(
        f"An image of {_times(shape)} pixels {needs}, and {limit}. Cut it into tiles of at most "
        f"{_times(tile)} pixels, overlap included (about {tiles} of them), or make it "
        f"{factor} times smaller along every axis."
    )


def _gib(nbytes: float) -> str:
    return f"{nbytes / GIB:.2f} GiB"


def _times(numbers: Sequence[int]) -> str:
    return " × ".join(str(number) for number in numbers)


def in_tiles(
    pipeline: Callable[[Any], Any],
    image: Image,
    tile: int | Sequence[int],
    overlap: int | Sequence[int],
) -> Image:
    """Run a pipeline tile by tile, with no more than one tile in the device's memory.

    Parameters
    ----------
    pipeline : callable
        Takes an array on the device and returns one of the same shape. Each pixel of its result
        may depend on pixels up to `overlap` away, and on nothing else: no Otsu threshold, no
        labels.
    image : ndarray
        Any number of axes, in main memory (or memory-mapped from disk).
    tile : int or sequence of int
        Pixels of a tile along each axis, without its overlap.
    overlap : int or sequence of int
        Pixels added on every side. They are computed as well and thrown away.

    Returns
    -------
    ndarray
        What the pipeline would return for the whole image, in main memory.

    Raises
    ------
    CourseError
        If tile and overlap do not fit the image, which has a pixel at least and none masked, or the
        pipeline returns anything but an array of the same shape.

    Examples
    --------
    >>> from gpu_course import cle
    >>> from gpu_course.classical import in_tiles
    >>> image = np.arange(64.0, dtype=np.float32).reshape(8, 8)
    >>> blur = lambda pixels: cle.mean_filter(pixels, radius_x=1, radius_y=1)
    >>> whole = cle.pull(blur(cle.push(image)))
    >>> np.allclose(in_tiles(blur, image, tile=4, overlap=1), whole)
    True
    """
    from gpu_course import cle

    if np.ma.is_masked(image):
        raise CourseError(
            "The image is a masked array, and a device keeps no mask. Fill it: image.filled(value)."
        )
    if not callable(pipeline):
        raise CourseError(f"The pipeline is {pipeline!r}. Give a function of one array.")
    if not hasattr(image, "shape"):
        image = np.asarray(image)
    sides = each(tile, len(image.shape), "tile", 1)
    margins = each(overlap, len(image.shape), "overlap", 0)
    out: Image | None = None
    starts = [range(0, length, side) for length, side in zip(image.shape, sides, strict=True)]
    for corner in product(*starts):
        read, keep, write = [], [], []
        for start, side, margin, length in zip(corner, sides, margins, image.shape, strict=True):
            stop = min(start + side, length)
            first = max(start - margin, 0)
            read.append(slice(first, min(stop + margin, length)))
            keep.append(slice(start - first, stop - first))
            write.append(slice(start, stop))
        # A copy, because a tile cut from a wider image is not one piece of memory.
        given = np.ascontiguousarray(image[tuple(read)])
        result = np.asarray(cle.pull(pipeline(cle.push(given))))
        if result.shape != given.shape or result.dtype.kind not in "buif":
            raise CourseError(
                f"The pipeline made {result.dtype} of shape {result.shape} from a tile of "
                f"{given.shape}. It must return an array of the same shape."
            )
        if out is None:
            out = np.empty(image.shape, dtype=result.dtype)
        out[tuple(write)] = result[tuple(keep)]
    if out is None:
        raise CourseError("The image has no pixels. Give one that has.")
    return out
