"""Features of every pixel, at several scales: what a forest gets to see of an image.

The image is blurred once for every width. All else is differences between neighbours of the
blurred image: of first order for the gradient, of second order for Laplacian and Hessian. Beyond
its border an image goes on with its last pixel, and so does the blurred image.

:func:`compute` takes arrays of NumPy, CuPy or PyTorch and answers in kind.
`clesperanto.with_clesperanto` gives the same numbers through OpenCL.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations_with_replacement
from typing import Any

import array_api_compat

from gpu_course.devices import hardware
from gpu_course.errors import CourseError
from gpu_course.pixel_classification import eigenvalues, inputs
from gpu_course.pixel_classification.blur import matrix, multiplied
from gpu_course.pixel_classification.recipe import Recipe, names, outer
from gpu_course.pixel_classification.tiles import Window, grown, whole, windows

__all__ = ["compute", "names"]

Array = Any  # of any library
#: Edge of a tile in pixels, in 2D and in 3D. Blocks of that size fit a processor's cache.
TILE = {2: 256, 3: 64}
#: A GPU wants more work at a time.
GPU_TILE = {2: 1024, 3: 128}


def compute(
    image: Array,
    recipe: Recipe | None = None,
    *,
    window: Window | None = None,
    tile: int | tuple[int, ...] | None = None,
) -> Array:
    """Compute the features of every pixel.

    Parameters
    ----------
    image : array, (Y, X), (Z, Y, X), or either with a last axis of channels
        Of NumPy, CuPy or PyTorch, of any real type; without missing values.
    recipe : Recipe, optional
        Which features at which scales.
    window : tuple of slice, optional
        One per spatial axis: compute this part only. What lies around it is taken into account.
    tile : int or tuple of int, optional
        Edge of the tiles that are computed at once. It changes the speed and the memory needed,
        not the result (but for rounding).

    Returns
    -------
    array of float32, (feature, Y, X) or (feature, Z, Y, X)
        In the image's own library and memory; grey values, or grey values per unit of length
        and per unit squared for differences of first and second order. The structure tensor is
        in squared grey values per unit squared. :func:`names` names them.

    Raises
    ------
    CourseError
        If the image does not fit the recipe or holds missing values.
    """
    recipe = recipe or Recipe()
    xp, channels = inputs.channels(image, recipe)
    shape = tuple(channels[0].shape)
    if tile is not None:
        edges = tile if isinstance(tile, tuple) else (tile,) * len(shape)
        if len(edges) != len(shape):
            raise CourseError(
                f"tile={tile!r}. Give one edge, or one for each of {len(shape)} axes."
            )
        tile = tuple(inputs.whole_number("tile", edge, 1, 2**31) for edge in edges)
    window = whole(shape) if window is None else inputs.window(window, shape)
    size = tuple(part.stop - part.start for part in window)
    result = xp.empty(
        (len(names(recipe, len(shape))), *size),
        dtype=xp.float32,
        device=array_api_compat.device(channels[0]),
    )

    def keep(piece: Window, values: list[Array]) -> None:
        for number, feature in enumerate(values):
            result[(number, *piece)] = feature

    tile_by_tile(keep, xp, channels, recipe, window, tile)
    return result


def tile_by_tile(
    use: Callable[[Window, list[Array]], object],
    xp: Any,
    channels: list[Array],
    recipe: Recipe,
    window: Window,
    tile: int | tuple[int, ...] | None = None,
    wanted: Callable[[Window], bool] = lambda piece: True,
) -> None:
    """Compute the features of one tile after another, and hand them on.

    On a processor each core works on a tile of its own. `use` takes the tile's place within the
    window and its features, one array each; `xp` and `channels` are those of
    :func:`inputs.channels`; the window has all ends written out, and `tile` is the edge of a tile.
    A tile for whose place `wanted` is False is left out.
    """
    size = tuple(part.stop - part.start for part in window)

    def work(piece: Window) -> None:
        there = tuple(
            slice(part.start + a.start, part.start + a.stop)
            for part, a in zip(window, piece, strict=True)
        )
        values = [
            feature
            for channel in channels
            for sigma in recipe.sigmas
            for feature in _at_scale(xp, channel, recipe, sigma, there)
        ]
        use(piece, values)

    on_processor = xp.__name__.endswith("numpy")
    edge = tile or (TILE if on_processor else GPU_TILE)[len(size)]
    pieces = [piece for piece in windows(size, edge) if wanted(piece)]
    if on_processor and len(pieces) > 1:
        _in_threads(work, pieces)
    else:
        for piece in pieces:
            work(piece)


def _in_threads(work: Any, pieces: list[Window]) -> None:
    """Do the pieces on all cores, each piece on one."""
    from threadpoolctl import threadpool_limits

    # A product uses all cores by itself; on small tiles they would only wait for each other.
    with threadpool_limits(1), ThreadPoolExecutor(hardware.cores()) as pool:
        list(pool.map(work, pieces))


def _blurred(
    xp: Any, image: Array, recipe: Recipe, sigma: float, window: Window, *, border: int
) -> Array:
    """Return a window of the blurred image with `border` pixels around it."""
    shape = tuple(image.shape)
    ndim = len(shape)
    reach = tuple(recipe.radius(sigma, axis, ndim) + border for axis in range(ndim))
    given = grown(window, reach, shape)
    operators = [
        matrix(
            sigma / recipe.spacing(ndim)[axis],
            shape[axis],
            (part.start - border, part.stop + border),
            (given[axis].start, given[axis].stop),
        )
        for axis, part in enumerate(window)
    ]
    return multiplied(xp, image[given], operators)


def _at_scale(xp: Any, image: Array, recipe: Recipe, sigma: float, window: Window) -> list[Array]:
    """Return all features of one width inside a window."""
    shape = tuple(image.shape)
    ndim = len(shape)
    spacing = recipe.spacing(ndim)
    wanted = set(recipe.features)
    border = 0 if wanted == {"gaussian"} else 1
    smooth = _blurred(xp, image, recipe, sigma, window, border=border)
    result = []
    if "gaussian" in wanted:
        result.append(_shifted(smooth, (0,) * ndim) if border else smooth)
    if "gradient" in wanted:
        slopes = gradient(smooth, spacing)
        result.append(xp.sqrt(sum(slope * slope for slope in slopes)))
    if wanted & {"laplacian", "hessian"}:
        curved = hessian(smooth, spacing, mixed="hessian" in wanted)
        if "laplacian" in wanted:
            result.append(sum(curved[axis, axis] for axis in range(ndim)))
        if "hessian" in wanted:
            result += eigenvalues.of_symmetric(xp, list(curved.values()))
    if "structure" in wanted:
        result += eigenvalues.of_symmetric(xp, _structure(xp, image, recipe, sigma, window))
    return result


def _structure(xp: Any, image: Array, recipe: Recipe, sigma: float, window: Window) -> list[Array]:
    """Return the structure tensor's upper triangle: blurred products of the gradient's parts."""
    shape = tuple(image.shape)
    ndim = len(shape)
    width = outer(sigma)
    around = grown(window, tuple(recipe.radius(width, a, ndim) for a in range(ndim)), shape)
    smooth = _blurred(xp, image, recipe, sigma, around, border=1)
    slopes = gradient(smooth, recipe.spacing(ndim))
    operators = [
        matrix(
            width / recipe.spacing(ndim)[axis],
            shape[axis],
            (part.start, part.stop),
            (given.start, given.stop),
        )
        for axis, (part, given) in enumerate(zip(window, around, strict=True))
    ]
    return [
        multiplied(xp, one * other, operators)
        for one, other in combinations_with_replacement(slopes, 2)
    ]


def _shifted(image: Array, by: tuple[int, ...]) -> Array:
    """Return an image without its outermost pixels, seen `by` −1, 0 or 1 pixels further on."""
    return image[tuple(slice(1 + d, image.shape[a] - 1 + d) for a, d in enumerate(by))]


def _step(axis: int, ndim: int, by: int = 1) -> tuple[int, ...]:
    return tuple(by if a == axis else 0 for a in range(ndim))


def gradient(image: Array, spacing: tuple[float, ...]) -> list[Array]:
    """Return the central differences along each axis, ½ (next − previous), per unit of length.

    The image has a border of one pixel, which the result has no more; `spacing` is the distance of
    neighbours along each axis.
    """
    n = image.ndim
    return [
        (_shifted(image, _step(a, n)) - _shifted(image, _step(a, n, -1))) * (0.5 / spacing[a])
        for a in range(n)
    ]


def hessian(
    image: Array, spacing: tuple[float, ...], *, mixed: bool = True
) -> dict[tuple[int, int], Array]:
    """Return the second differences for each pair of axes, per unit of length squared.

    The image has a border of one pixel, which the result has no more; `spacing` is the distance of
    neighbours along each axis. Pairs of two different axes are left out unless `mixed`. The arrays
    are the upper triangle of the Hessian matrix, row by row.
    """
    n = image.ndim
    centre = _shifted(image, (0,) * n)
    result = {}
    for a, b in combinations_with_replacement(range(n), 2):
        if a == b:
            ends = _shifted(image, _step(a, n)) + _shifted(image, _step(a, n, -1))
            result[a, b] = (ends - 2.0 * centre) * (1 / spacing[a] ** 2)
        elif mixed:
            corners = {
                (i, j): _shifted(image, tuple(i * (d == a) + j * (d == b) for d in range(n)))
                for i in (-1, 1)
                for j in (-1, 1)
            }
            total = corners[1, 1] + corners[-1, -1] - corners[1, -1] - corners[-1, 1]
            result[a, b] = total * (0.25 / (spacing[a] * spacing[b]))
    return result
