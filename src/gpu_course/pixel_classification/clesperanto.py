"""The same features through OpenCL, with clesperanto's own operations where it has them.

clesperanto's blur looks ⌊4 σ⌋ pixels to each side and goes on with the last pixel beyond the
border: the course's definition follows it, so that both give the same numbers. Its eigenvalues
know no voxel size and lose digits in 3D; two kernels of our own stand in.
"""

from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import cle
from gpu_course.pixel_classification import inputs
from gpu_course.pixel_classification.recipe import Recipe, names, outer
from gpu_course.pixel_classification.tiles import grown, inside, windows

DeviceImage = Any
#: Edge of a tile in pixels: about 15 of them are on the device at once.
TILE = {2: 2048, 3: 192}


def with_clesperanto(
    image: Any, recipe: Recipe | None = None, *, tile: int | tuple[int, ...] | None = None
) -> NDArray[np.float32]:
    """Compute the features of every pixel with clesperanto.

    Parameters
    ----------
    image : array
        As :func:`features.compute` takes it.
    recipe : Recipe, optional
        Which features at which scales.
    tile : int or tuple of int, optional
        Edge of the tiles that are on the device at once.

    Returns
    -------
    ndarray of float32, (feature, Y, X) or (feature, Z, Y, X)
        The numbers of :func:`features.compute`, within 1e-4 of the image's range.

    Raises
    ------
    CourseError
        If the image does not fit the recipe or holds missing values.
    """
    from gpu_course.devices import to_numpy

    recipe = recipe or Recipe()
    _, channels = inputs.channels(to_numpy(image), recipe)
    shape = channels[0].shape
    result = np.empty((len(names(recipe, len(shape))), *shape), np.float32)
    halo = recipe.halo(len(shape))
    for piece in windows(shape, tile or TILE[len(shape)]):
        around = grown(piece, halo, shape)
        middle = inside(piece, around)
        number = 0
        for channel in channels:
            block = cle.push(np.ascontiguousarray(channel[around]))
            for sigma in recipe.sigmas:
                for feature in _at_scale(block, recipe, sigma):
                    result[number][piece] = cle.pull(feature)[middle]
                    number += 1
    return result


def _at_scale(image: DeviceImage, recipe: Recipe, sigma: float) -> list[DeviceImage]:
    """Return all features of one width."""
    ndim = len(image.shape)
    spacing = recipe.spacing(ndim)
    wanted = set(recipe.features)
    smooth = _blurred(image, sigma, spacing)
    result = []
    if "gaussian" in wanted:
        result.append(smooth)
    if wanted & {"gradient", "structure"}:
        slopes = [_slope(smooth, axis, spacing) for axis in range(ndim)]
    if "gradient" in wanted:
        squares = [slope * slope for slope in slopes]
        total = squares[0]
        for square in squares[1:]:
            total = total + square
        result.append(cle.power(total, scalar=0.5))
    if wanted & {"laplacian", "hessian"}:
        curved = {(axis, axis): _curvature(smooth, axis, spacing) for axis in range(ndim)}
        if "laplacian" in wanted:
            total = curved[0, 0]
            for axis in range(1, ndim):
                total = total + curved[axis, axis]
            result.append(total)
        if "hessian" in wanted:
            pairs = combinations_with_replacement(range(ndim), 2)
            result += eigenvalues(
                [
                    curved[a, b] if a == b else _slope(_slope(smooth, a, spacing), b, spacing)
                    for a, b in pairs
                ]
            )
    if "structure" in wanted:
        result += eigenvalues(
            [
                _blurred(one * other, outer(sigma), spacing)
                for one, other in combinations_with_replacement(slopes, 2)
            ]
        )
    return result


def _blurred(image: DeviceImage, sigma: float, spacing: tuple[float, ...]) -> DeviceImage:
    widths = dict(zip("xyz", (sigma / length for length in reversed(spacing)), strict=False))
    return cle.gaussian_blur(image, **{f"sigma_{axis}": widths[axis] for axis in widths})


def _slope(image: DeviceImage, axis: int, spacing: tuple[float, ...]) -> DeviceImage:
    """Return the central difference along an axis, per unit of length.

    Not with `gradient_x` and its like: the two libraries differ on whether it divides by two.
    """
    return _stencil(image, (-0.5, 0.0, 0.5), axis, spacing[axis], len(spacing))


def _curvature(image: DeviceImage, axis: int, spacing: tuple[float, ...]) -> DeviceImage:
    """Return the second difference along an axis, per unit of length squared."""
    return _stencil(image, (1.0, -2.0, 1.0), axis, spacing[axis] ** 2, len(spacing))


def _stencil(
    image: DeviceImage, weights: tuple[float, ...], axis: int, unit: float, ndim: int
) -> DeviceImage:
    """Return each pixel's and its two neighbours' weighted sum along an axis, over a unit."""
    values = np.array(weights, np.float32) / np.float32(unit)
    shape = [3 if a == axis else 1 for a in range(ndim)]
    return cle.convolve(image, cle.push(values.reshape(shape)))


def eigenvalues(entries: list[DeviceImage]) -> list[DeviceImage]:
    """Return the eigenvalues of the matrix with this upper triangle, the largest first.

    Parameters
    ----------
    entries : list of clesperanto images
        Three in 2D, six in 3D, row by row.
    """
    ndim = len(entries[0].shape)
    inputs = ("a", "b", "c") if ndim == 2 else ("zz", "zy", "zx", "yy", "yx", "xx")
    outputs = ("large", "small") if ndim == 2 else ("large", "middle", "small")
    parameters = dict(zip(inputs, entries, strict=True))
    parameters |= {name: cle.create_like(entries[0]) for name in outputs}
    name = f"eigenvalues_{ndim}d"
    cle.execute(
        __file__,
        f"{name}.cl",
        name,
        global_size=entries[0].shape,
        parameters=parameters,
    )
    return [parameters[output] for output in outputs]
