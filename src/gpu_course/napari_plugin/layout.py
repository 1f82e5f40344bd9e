"""What the axes of an array are: space, colours, or something that is neither, such as time.

An array does not say what its axes are. Their labels do, where somebody wrote them, and else a
person must choose: a stack of planes may be a volume, or a movie whose frames have nothing to do
with one another. Pixels of a movie are classified frame by frame.

*Sites* are what gets one answer each: all axes but the colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gpu_course.pixel_classification.tiles import Window

Choice = Literal["", "volume", "planes", "channels"]
CHANNEL = {"c", "ch", "channel", "channels", "colour", "color"}
SPACE = {"z", "y", "x", "depth", "height", "width", "plane", "row", "column"}
MOST_CHANNELS = 64


@dataclass(frozen=True)
class Layout:
    """What the axes of an array are.

    Attributes
    ----------
    axes : int
        Number of axes, colours included.
    space : tuple of int
        Two or three axes of the array, ascending.
    channel : int or None
        The axis of the array that holds colours; each of them becomes features.
    """

    axes: int
    space: tuple[int, ...]
    channel: int | None = None

    @property
    def site_axes(self) -> tuple[int, ...]:
        """The axes of the array that have an answer at each place."""
        return tuple(axis for axis in range(self.axes) if axis != self.channel)

    @property
    def space_of_sites(self) -> tuple[int, ...]:
        """The axes of an array of sites that are space."""
        return tuple(self.site_axes.index(axis) for axis in self.space)

    @property
    def is_volume(self) -> bool:
        """Whether three axes are space."""
        return len(self.space) == 3

    def sites(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Return an array's shape without its colours."""
        return tuple(shape[axis] for axis in self.site_axes)

    def read(self, pixels: Any, region: Window) -> NDArray[Any]:
        """Return a part of one frame, (Y, X) or (Z, Y, X), with a last axis of colours if any.

        Parameters
        ----------
        pixels : array
            Only what is needed is read.
        region : tuple of slice
            Of sites. One frame: along axes that are not space it is one pixel long.
        """
        parts = dict(zip(self.site_axes, region, strict=True))
        index = tuple(
            slice(None) if axis == self.channel
            else parts[axis] if axis in self.space else parts[axis].start
            for axis in range(self.axes)
        )  # fmt: skip
        block = np.asarray(pixels[index])
        if self.channel is None:
            return block
        kept = [axis for axis in range(self.axes) if axis in self.space or axis == self.channel]
        return np.moveaxis(block, kept.index(self.channel), -1)

    def frames(self, pixels: Any) -> list[NDArray[Any]]:
        """Return each frame of an array, as `read` does, in the order of the axes."""
        shape = self.sites(pixels.shape)
        lengths = [1 if axis in self.space_of_sites else n for axis, n in enumerate(shape)]
        return [
            self.read(
                pixels,
                tuple(
                    slice(0, n) if axis in self.space_of_sites else slice(at, at + 1)
                    for axis, (at, n) in enumerate(zip(place, shape, strict=True))
                ),
            )
            for place in np.ndindex(*lengths)
        ]

    def stacked(self, frames: Sequence[NDArray[Any]], shape: Sequence[int]) -> NDArray[Any]:
        """Return an array of sites from one answer per frame.

        Parameters
        ----------
        frames : sequence of ndarray
            In the order of `frames`.
        shape : sequence of int
            Of the whole array.
        """
        sites = self.sites(shape)
        others = [axis for axis in range(len(sites)) if axis not in self.space_of_sites]
        stack = np.stack(frames).reshape(
            *(sites[axis] for axis in others), *(sites[axis] for axis in self.space_of_sites)
        )
        return np.moveaxis(stack, range(stack.ndim), (*others, *self.space_of_sites))

    def spread(self, sites: NDArray[Any], shape: Sequence[int]) -> NDArray[Any]:
        """Return an array of sites in a layer's shape: the same numbers under each colour.

        No copy: what is written into one is seen in the other.

        Parameters
        ----------
        sites : ndarray
        shape : sequence of int
            Of the layer; that of `sites` if colours are no axis of the layer.
        """
        if self.channel is None or len(shape) == sites.ndim:
            return sites
        apart = np.expand_dims(sites, self.channel)
        strides = list(apart.strides)
        strides[self.channel] = 0
        return np.lib.stride_tricks.as_strided(apart, tuple(shape), strides)

    def gathered(self, marks: Any, shape: Sequence[int]) -> NDArray[Any]:
        """Return strokes as an array of sites, also where they were painted under each colour.

        Parameters
        ----------
        marks : array of int
            Of the shape of the sites, or of the whole array.
        shape : sequence of int
            Of the whole array.
        """
        found = np.asarray(marks)
        if self.channel is None or found.shape != tuple(shape):
            return found
        if found.strides[self.channel] == 0:
            return found.take(0, self.channel)
        return np.asarray(found.max(axis=self.channel))


def layout_of(
    shape: Sequence[int], labels: Sequence[str] = (), *, rgb: bool = False, choice: Choice = ""
) -> Layout:
    """Return what the axes of an array are, as far as their labels say.

    Parameters
    ----------
    shape : sequence of int
        Of the array, with its colours.
    labels : sequence of str
        One for each axis, as napari keeps them (without that of RGB colours); "z", "y" and "x" are
        space, "c" is colours, any other word is neither. Empty ones and numbers say nothing.
    rgb : bool
        Whether the last axis is colours.
    choice : "", "volume", "planes" or "channels"
        What a person says: that three axes are space, or two, or that the shortest axis, of those
        without a name if there are any, holds colours. Empty: what the labels say; without them a
        stack is a volume.
    """
    axes = len(shape)
    words = [str(label).strip().lower() for label in labels][: axes - rgb]
    words += [""] * (axes - len(words))
    channel = axes - 1 if rgb else None
    if not rgb:
        named = [a for a, w in enumerate(words) if w in CHANNEL and shape[a] <= MOST_CHANNELS]
        channel = named[0] if len(named) == 1 and axes > 2 else None
        if choice == "channels" and channel is None:
            channel = _shortest(shape, words)
    free = [axis for axis in range(axes) if axis != channel]
    space = [axis for axis in free if words[axis] in SPACE]
    if len(space) < 2:
        space = [axis for axis in free if words[axis] in SPACE or _says_nothing(words[axis])]
        # One plane is no volume.
        long = [axis for axis in space if shape[axis] > 1 or axis in space[-2:]]
        space = long if len(long) >= 2 else free
    space = space[-3:]
    if choice in ("planes", "channels"):
        space = space[-2:]
    elif choice == "volume" and len(space) < 3:
        more = [axis for axis in free if axis not in space]
        space = sorted(space + more[-1:])
    return Layout(axes, tuple(space), channel)


def is_guess(layout: Layout, labels: Sequence[str]) -> bool:
    """Return whether an array is read as a volume though its labels do not say so.

    Parameters
    ----------
    layout : Layout
        Without a person's choice.
    labels : sequence of str
    """
    first = layout.space[0]
    named = first < len(labels) and not _says_nothing(str(labels[first]).strip().lower())
    return layout.is_volume and not named


def _shortest(shape: Sequence[int], words: Sequence[str]) -> int | None:
    """Return the axis of a stack that may hold colours, or None."""
    unnamed = [axis for axis, word in enumerate(words) if _says_nothing(word)]
    axis = min(unnamed or range(len(shape)), key=lambda axis: shape[axis])
    return axis if len(shape) > 2 and 1 < shape[axis] <= MOST_CHANNELS else None


def _says_nothing(word: str) -> bool:
    """Return whether it is empty, or a number as napari gives to axes without a name."""
    return not word or word.removeprefix("axis").strip().lstrip("-").isdigit()
