"""Cut an image into tiles, so that what is computed at once stays small."""

from collections.abc import Iterator
from itertools import pairwise, product

Window = tuple[slice, ...]


def windows(shape: tuple[int, ...], edge: int | tuple[int, ...]) -> Iterator[Window]:
    """Yield the tiles of an image: together they cover it, and none overlaps another.

    The shape is that of space, the edge in pixels, along each axis or for all. Where it does not
    divide the image, tiles are as equal as can be, and none is larger.
    """
    edges = (edge,) * len(shape) if isinstance(edge, int) else edge
    axes = []
    for length, wanted in zip(shape, edges, strict=True):
        count = -(-length // max(1, wanted))
        cuts = [length * n // count for n in range(count + 1)]
        axes.append([slice(a, b) for a, b in pairwise(cuts)])
    yield from product(*axes)


def whole(shape: tuple[int, ...]) -> Window:
    """Return the window that is the image itself."""
    return tuple(slice(0, length) for length in shape)


def inside(window: Window, around: Window) -> Window:
    """Return where a window lies within a larger one that holds it."""
    return tuple(
        slice(part.start - whole.start, part.stop - whole.start)
        for part, whole in zip(window, around, strict=True)
    )


def grown(window: Window, halo: tuple[int, ...], shape: tuple[int, ...]) -> Window:
    """Return a window and what lies around it, as far as the image goes."""
    return tuple(
        slice(max(0, part.start - reach), min(length, part.stop + reach))
        for part, reach, length in zip(window, halo, shape, strict=True)
    )
