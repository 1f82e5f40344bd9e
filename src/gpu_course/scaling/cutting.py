"""Blocks of a volume: what one task computes, and what it must see for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import Any

from gpu_course.deconvolution.units import number, wholes
from gpu_course.errors import CourseError

Shape = tuple[int, ...]
Box = tuple[slice, ...]

MOST_PIECES = 64
"""Into so many pieces block_size() cuts an axis at most."""


@dataclasses.dataclass(frozen=True)
class Block:
    """One block of a volume, with what an operation must see around it.

    Attributes
    ----------
    index : tuple of int
        Its number along each axis.
    inner : tuple of slice
        The voxels it is responsible for, in the volume.
    outer : tuple of slice
        The same and the reach on every side, cut at the border of the volume.
    """

    index: tuple[int, ...]
    inner: Box
    outer: Box

    @property
    def own(self) -> Box:
        """Where its own voxels lie in the outer box."""
        return tuple(
            slice(i.start - o.start, i.stop - o.start)
            for i, o in zip(self.inner, self.outer, strict=True)
        )

    @property
    def corner(self) -> tuple[int, ...]:
        """The first voxel of the outer box, in the volume."""
        return tuple(o.start for o in self.outer)

    @property
    def name(self) -> str:
        """Its index as the name of a file: ``"0-2-1"``."""
        return "-".join(map(str, self.index))


def blocks(shape: Shape, size: Sequence[int], reach: Sequence[int] | None = None) -> list[Block]:
    """Cut a volume into blocks.

    Parameters
    ----------
    shape, size : tuple of int
        Of the volume and of a block, in voxels; blocks at the far border are smaller.
    reach : tuple of int, optional
        Voxels that an operation must see beyond a block, along each axis; 0 unless given.

    Returns
    -------
    list of Block
        In the order of their index.

    Raises
    ------
    CourseError
        If the three do not fit together.

    Examples
    --------
    >>> from gpu_course.scaling import blocks
    >>> first, second = blocks((8, 8), size=(8, 4), reach=(2, 2))
    >>> second.inner[1], second.outer[1], second.own[1]
    (slice(4, 8, None), slice(2, 8, None), slice(2, 6, None))
    """
    shape, size, reach = _fitting(shape, size, reach)
    found = []
    for index in product(*(range(-(-n // s)) for n, s in zip(shape, size, strict=True))):
        inner = tuple(
            slice(k * s, min((k + 1) * s, n)) for k, s, n in zip(index, size, shape, strict=True)
        )
        outer = tuple(
            slice(max(i.start - r, 0), min(i.stop + r, n))
            for i, r, n in zip(inner, reach, shape, strict=True)
        )
        found.append(Block(index, inner, outer))
    return found


def _fitting(shape: Any, size: Any, reach: Any) -> tuple[Shape, Shape, Shape]:
    """Return shape, size and reach as whole numbers, as many of each."""
    try:
        axes = max(1, len(shape))
    except TypeError:  # a number, an array without axes, or nothing
        axes = 1
    reach = (0,) * axes if reach is None else reach
    try:
        return (
            wholes(shape, axes, "shape"),
            wholes(size, axes, "size"),
            wholes(reach, axes, "reach", least=0),
        )
    except CourseError as error:
        raise CourseError(
            f"Blocks of {size} with a reach of {reach} do not fit a volume of {shape} voxels. "
            "Give whole numbers for each axis: at least 1, and a reach of at least 0."
        ) from error


def largest_window(shape: Shape, size: Sequence[int], reach: Sequence[int]) -> Shape:
    """Return the shape of the largest outer box of a cut.

    Raises
    ------
    CourseError
        If the three do not fit together.

    Examples
    --------
    >>> from gpu_course.scaling import largest_window
    >>> largest_window((64, 512), (64, 128), (8, 10))
    (64, 148)
    """
    return _largest(*_fitting(shape, size, reach))


def _largest(shape: Shape, size: Shape, reach: Shape) -> Shape:
    return tuple(
        min(s + min(-(-n // s) - 1, 2) * r, n) for n, s, r in zip(shape, size, reach, strict=True)
    )


def overlap_work(shape: Shape, size: Sequence[int], reach: Sequence[int]) -> float:
    """Return how many voxels all blocks together see, for each voxel of the volume.

    Raises
    ------
    CourseError
        If the three do not fit together.

    Examples
    --------
    >>> from gpu_course.scaling import overlap_work
    >>> overlap_work((100,), (50,), (5,))
    1.1
    """
    shape, size, reach = _fitting(shape, size, reach)
    work = 1.0
    for n, s, r in zip(shape, size, reach, strict=True):
        line = blocks((n,), (s,), (r,))
        work *= sum(b.outer[0].stop - b.outer[0].start for b in line) / n
    return work


def block_size(
    shape: Shape,
    reach: Sequence[int],
    needed: Callable[[Shape], int],
    memory: float,
    *,
    multiple: Sequence[int] | None = None,
) -> Shape:
    """Choose the blocks that cost the least work and fit into a memory.

    Parameters
    ----------
    shape : tuple of int
        Of the volume.
    reach : tuple of int
        Voxels that the operation must see beyond a block.
    needed : callable
        Shape of a window → bytes that the operation needs for it.
    memory : float
        Bytes that one task may take.
    multiple : tuple of int, optional
        Where an axis is cut, a block's edge is a multiple of this, such as a chunk's in a store.

    Returns
    -------
    tuple of int

    Raises
    ------
    CourseError
        If not even the smallest block fits, or shape, reach and multiple do not belong together.

    Examples
    --------
    >>> from math import prod
    >>> from gpu_course.scaling import block_size
    >>> block_size((64, 512, 512), (8, 8, 8), lambda shape: 40 * prod(shape), 250e6)
    (64, 171, 512)
    """
    shape, steps, reach = _fitting(shape, shape if multiple is None else multiple, reach)
    steps = (1,) * len(shape) if multiple is None else steps
    memory = number(memory, "memory", "in bytes")

    def sizes(n: int, step: int, far: int) -> list[tuple[int, float]]:
        pieces = range(2, min(-(-n // step), MOST_PIECES) + 1)
        cut = {-(-n // (k * step)) * step for k in pieces}
        each = [n, *sorted((c for c in cut if c < n), reverse=True)]
        return [(c, overlap_work((n,), (c,), (far,))) for c in each]

    found = [
        (prod(work for _, work in axes), tuple(c for c, _ in axes))
        for axes in product(*map(sizes, shape, steps, reach))
    ]
    # Where two cuts cost the same, the last axis stays whole: its voxels lie side by side.
    for _, size in sorted(found, key=lambda each: (each[0], [-c for c in each[1][::-1]])):
        if needed(_largest(shape, size, reach)) <= memory:
            return size
    raise CourseError(
        f"No block of {tuple(shape)} with a reach of {tuple(reach)} fits into "
        f"{memory / 2**20:.3g} MiB. Give more memory, or shorten the reach: crop the PSF, or set "
        "largest to the longest object."
    )
