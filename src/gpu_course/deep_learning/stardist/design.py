"""A StarDist network derived from the objects it must find, before anything is built."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_course.deep_learning.receptive_field import Layer, ReceptiveField, field_of
from gpu_course.deep_learning.stardist.extent import Extent, enough_rays, measure
from gpu_course.errors import CourseError

LIMITS = {
    "rays": (3, 256),
    "grid": (1, 16),
    "depth": (1, 6),
    "width": (1, 256),
    "features": (1, 512),
    "patch": (8, 4096),
    "channels": (1, 16),
}
"""Smallest and largest value of every part of a design."""

RAYS_FROM = 4
"""Redrawing takes a moment: this many label images must be enough to choose the rays by."""


class Convolution(NamedTuple):
    """One convolution: its weights, and at which of the scales 1, 2, 4… it works."""

    name: str
    kernel: int
    channels_in: int
    channels_out: int
    scale: int


@dataclasses.dataclass(frozen=True)
class Design:
    """All that decides what a StarDist network is.

    Attributes
    ----------
    rays : int
        Directions in which every pixel says how far it is to the outline.
    grid : int
        Only every so many-th pixel along rows and columns says it; a power of two.
    depth : int
        How often the U-Net halves the image, after the grid has.
    width : int
        Channels of the first convolutions; they double with every halving of the U-Net.
    features : int
        Channels of the last convolution, from which probability and distances are read.
    patch : int
        Rows and columns of a training patch, a multiple of `stride`.
    channels : int
        Of the image.

    Examples
    --------
    >>> from gpu_course.deep_learning.stardist import Design
    >>> design = Design(rays=16, grid=2, depth=3, patch=64)
    >>> design.stride, len(design.convolutions)
    (16, 19)
    """

    rays: int = 32
    grid: int = 2
    depth: int = 3
    width: int = 32
    features: int = 128
    patch: int = 256
    channels: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise CourseError(f"{name}={value!r} is not possible. Choose {least} to {most}.")
        if self.grid & (self.grid - 1):
            raise CourseError(f"grid={self.grid} is not possible. Choose 1, 2, 4, 8 or 16.")
        if self.patch % self.stride:
            raise CourseError(
                f"A patch of {self.patch} pixels does not fit a network that shrinks the image by "
                f"{self.stride} (grid × 2^depth). Choose a multiple of {self.stride}."
            )

    @property
    def stride(self) -> int:
        """By how much the network shrinks an image on its way: sides must be multiples of it."""
        return self.grid * 2**self.depth

    @property
    def convolutions(self) -> list[Convolution]:
        """The convolutions in the order of StarDist's weights."""
        found: list[Convolution] = []
        channels = self.channels

        def add(name: str, out: int, scale: int, kernel: int = 3) -> None:
            nonlocal channels
            found.append(Convolution(name, kernel, channels, out, scale))
            channels = out

        scale = 1
        while scale < self.grid:
            add(f"grid_{scale}_0", self.width, scale)
            add(f"grid_{scale}_1", self.width, scale)
            scale *= 2
        skipped = []
        for level in range(self.depth):
            add(f"down_{level}_0", self.width * 2**level, scale)
            add(f"down_{level}_1", self.width * 2**level, scale)
            skipped.append(channels)
            scale *= 2
        add("middle_0", self.width * 2**self.depth, scale)
        add("middle_1", self.width * 2 ** (self.depth - 1), scale)
        for level in reversed(range(self.depth)):
            scale //= 2
            channels += skipped[level]
            add(f"up_{level}_0", self.width * 2**level, scale)
            add(f"up_{level}_1", self.width * 2 ** max(0, level - 1), scale)
        add("features", self.features, scale)
        add("probability", 1, scale, kernel=1)
        channels = self.features
        add("distances", self.rays, scale, kernel=1)
        return found

    @property
    def weights(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of all weights, in StarDist's order."""
        shapes: dict[str, tuple[int, ...]] = {}
        for name, kernel, channels_in, channels_out, _ in self.convolutions:
            shapes[f"{name}/kernel"] = (kernel, kernel, channels_in, channels_out)
            shapes[f"{name}/bias"] = (channels_out,)
        return shapes

    @property
    def field(self) -> ReceptiveField:
        """How far the network sees, from its layers by arithmetic."""
        twice = [Layer("window", 3, 1, 1)] * 2
        halve = [*twice, Layer("window", 2, 2)]
        double = [Layer("nearest", stride=2), *twice]
        halvings = self.grid.bit_length() - 1 + self.depth
        return field_of([*halve * halvings, *twice, *double * self.depth, twice[0]])

    @property
    def bytes_per_pixel(self) -> float:
        """Main or device memory that prediction takes for a pixel of the image, in bytes.

        All results of all convolutions in 32 bits. TensorFlow lets go of some in between and
        needs room to work in for others, so this is a fair guess and no promise.
        """
        return sum(4 * c.channels_out / c.scale**2 for c in self.convolutions)

    def judge(self, extent: Extent) -> str:
        """Say in a sentence or two whether the network sees enough of the objects."""
        reach = self.field.radius
        text = (
            f"The network sees {reach} pixels to every side; the objects are up to "
            f"{extent.length:.0f} pixels long."
        )
        if reach < extent.length:
            return f"{text} From one end it cannot see the other: choose a larger depth or grid."
        if reach < 2 * extent.length:
            return f"{text} That is enough to see all of them, with little around them."
        return f"{text} That is enough to see all of them and their neighbours."


def design_for(
    labels: Sequence[NDArray[np.integer[Any]]],
    *,
    width: int = 32,
    features: int = 128,
    channels: int = 1,
    largest_patch: int | None = None,
    in_pieces: bool = False,
) -> Design:
    """Derive a design from the labelled objects.

    * Grid: the largest power of two, up to 8, that still puts four points across the narrowest
      objects. Large steps cost less and see farther.
    * Depth: the smallest with which the network sees to every side twice as far as the objects are
      long. Once would be enough to see the far end, but what lies at the edge of the field counts
      little, and neighbours should be seen too.
    * Rays: the fewest that redraw the objects with a mean IoU of 0.9 (see `extent.enough_rays`).
    * Patch: three times as long as the objects, so that most of them are whole.

    Parameters
    ----------
    labels : sequence of ndarray, integer (Y, X)
        Of training scenes.
    width, features : int
        As in `Design`: what you can afford, not a question of the objects' size.
    channels : int
        Of the images.
    largest_patch : int, optional
        None: the smallest side of all label images.
    in_pieces : bool
        Let a single object in several pieces pass, which otherwise is taken for a mask.

    Returns
    -------
    Design

    Raises
    ------
    CourseError
        If there is no object, the images are too small for any patch, or one is a mask.

    Examples
    --------
    >>> from gpu_course.deep_learning.stardist import design_for
    >>> y, x = np.mgrid[:128, :128]
    >>> design = design_for([(np.hypot(y - 64, x - 64) < 20.5).astype(int)])
    >>> design.grid, design.patch
    (8, 128)
    """
    extent = measure(labels, in_pieces=in_pieces)
    grid = 1
    while grid < 8 and 8 * grid <= extent.width:
        grid *= 2
    rays = enough_rays(labels[:RAYS_FROM], in_pieces=in_pieces)
    room = largest_patch or min(min(image.shape) for image in labels)
    for depth in range(1, LIMITS["depth"][1] + 1):
        stride = grid * 2**depth
        patch = min(-(-3 * extent.length // stride), room // stride) * stride
        if patch < stride:
            raise CourseError(
                f"Objects {extent.length:.0f} pixels long need patches of at least {stride} "
                f"pixels, and there is room for {room}. Take larger scenes, or shrink the images."
            )
        design = Design(rays, grid, depth, width, features, max(int(patch), 8), channels)
        if design.field.radius >= 2 * extent.length:
            break
    return design
