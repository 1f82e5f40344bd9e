"""A Gaussian blur as a matrix product.

Blurring one line of n pixels is a sum of weights times pixels for every pixel: a matrix times a
vector. For a whole image it is a matrix times a matrix, once for each axis. Most of the weights
are 0, so that looks wasteful; but the product of matrices is what processors and GPUs do faster
than anything else, and every array library has it. On tiles of a few hundred pixels it is several
times faster than a loop over the weights.
"""

from functools import lru_cache
from typing import Any

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from gpu_course.pixel_classification.recipe import REACH

Array = Any  # of any library


def weights(sigma: float) -> NDArray[np.float64]:
    """Return the weights of a Gaussian blur, from −r to r pixels, with r = ⌊4 σ⌋; their sum is 1.

    They are the same as clesperanto's. Where r is 0 nothing is blurred.
    """
    radius = int(REACH * sigma)
    if radius == 0:
        return np.ones(1)
    offsets = np.arange(-radius, radius + 1)
    kernel = np.exp(-(offsets**2) / (2 * sigma**2))
    return kernel / kernel.sum()


@lru_cache(maxsize=128)
def matrix(
    sigma: float, length: int, rows: tuple[int, int], columns: tuple[int, int]
) -> NDArray[np.float64]:
    """Return the matrix (wanted, given) that blurs a part of a line of `length` pixels.

    `sigma` is in pixels. `rows` are the first pixel wanted and the first not wanted; pixels outside
    the line are wanted as copies of its end. `columns` are likewise the pixels given, all inside
    the line; they must reach as far as the blur does. Beyond its ends the line goes on with its
    last value. Do not write into the matrix: it is kept.
    """
    kernel = weights(sigma)
    radius = len(kernel) // 2
    result = np.zeros((rows[1] - rows[0], columns[1] - columns[0]))
    wanted = np.clip(np.arange(*rows), 0, length - 1)
    for offset, weight in zip(range(-radius, radius + 1), kernel, strict=True):
        source = np.clip(wanted + offset, 0, length - 1) - columns[0]
        result[np.arange(len(wanted)), source] += weight
    result.flags.writeable = False
    return result


def multiplied(xp: Any, image: Array, operators: list[NDArray[np.float64]]) -> Array:
    """Multiply all lines along every axis by that axis' matrix, (after, before); answer in float32.

    `xp` is the image's array API namespace. The result has `after` pixels in place of `before`
    along each axis.

    Every processor adds up a product in an order of its own, and so ends with other last digits.
    A forest asks whether a value is above or below, and a teacher who corrects its mistakes goes
    on from the answer: single digits become other scores. With NumPy the sums are therefore done
    in float64 and rounded once, at the end. What differs between processors is then rounded away,
    and all of them answer the same. A GPU stays with float32: many have hardly any float64.
    """
    processor = xp.__name__.endswith("numpy")
    if processor:
        image = xp.astype(image, xp.float64)
    for axis, operator in enumerate(operators):
        # A GPU gets a copy, as the kept matrix must not be written into.
        there = (
            operator
            if processor
            else xp.asarray(operator.astype(np.float32), device=array_api_compat.device(image))
        )
        image = _along(xp, image, there, axis)
    return xp.astype(image, xp.float32, copy=False)


def _along(xp: Any, image: Array, operator: Array, axis: int) -> Array:
    """Multiply every line along one axis by a matrix of the image's own library."""
    shape = tuple(image.shape)
    if axis == len(shape) - 1:
        return xp.matmul(image, operator.T)
    before = int(np.prod(shape[:axis], dtype=int))
    after = int(np.prod(shape[axis + 1 :], dtype=int))
    lines = xp.reshape(image, (before, shape[axis], after))
    return xp.reshape(
        xp.matmul(operator, lines), (*shape[:axis], operator.shape[0], *shape[axis + 1 :])
    )
