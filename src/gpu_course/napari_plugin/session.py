"""Which strokes belong to which image, and what stays learned when one of them goes.

* A strokes layer that *New* made counts until it is deleted. Another labels layer counts while it
  is chosen for its image.
* An image that is closed, or gets other pixels, leaves what was learned from it. Its strokes were
  painted on pixels that are no more: they are not moved to others, unless somebody chooses so.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpu_course.napari_plugin import reading
from gpu_course.napari_plugin.layout import Choice
from gpu_course.napari_plugin.requests import Kept, Lesson, Picture

if TYPE_CHECKING:
    from napari.layers import Image, Labels, Layer

Key = tuple[int, Hashable]


@dataclass
class ImageState:
    """What is known of an open image."""

    number: int  # no other image had it
    revision: int = 0  # how often its pixels were replaced
    choice: Choice = ""  # what a person said of its axes
    scribbles: Labels | None = None  # the strokes layer that is chosen when the image is
    checksum: int | None = None  # of its pixels, when they were last looked at
    status: str = ""  # the sentence about it
    notice: str = ""  # what is added to it until strokes are chosen

    @property
    def source(self) -> tuple[int, int]:
        """Changes whenever the pixels do."""
        return self.number, self.revision


@dataclass
class _Binding:
    image: Image
    number: int
    ours: bool


class Session:
    """The open images, their strokes, and what stays learned from closed ones (`kept`).

    `learned` takes the key of a lesson and returns what was learned from it, or None.
    """

    def __init__(self, learned: Callable[[Hashable], Kept | None]) -> None:
        self._learned = learned
        self._numbers = itertools.count(1)
        self._images: dict[Image, ImageState] = {}
        self._bound: dict[Labels, _Binding] = {}
        self._kept: dict[tuple[int, int], Kept] = {}

    @property
    def kept(self) -> tuple[Kept, ...]:
        """What was learned from images that are no more."""
        return tuple(self._kept.values())

    def state(self, image: Image) -> ImageState:
        """Return what is known of an image, which may be new."""
        if image not in self._images:
            self._images[image] = ImageState(next(self._numbers))
        return self._images[image]

    def sources(self) -> frozenset[Hashable]:
        """Return the sources of all open images."""
        return frozenset(state.source for state in self._images.values())

    def picture(self, image: Image) -> Picture:
        """Return an image as the engine reads it."""
        state = self.state(image)
        return reading.picture(image, state.source, state.choice)

    def belongs(self, scribbles: Labels, image: Image | None) -> bool:
        """Return whether a strokes layer may be chosen for an image: no other one has it."""
        bound = self._bound.get(scribbles)
        return bound is None or bound.image is image

    def choose(self, scribbles: Labels | None, image: Image, *, ours: bool = False) -> None:
        """Let strokes belong to an image from now on, or none."""
        state = self.state(image)
        before, state.scribbles, state.notice = state.scribbles, scribbles, ""
        bound = None if before is None or before is scribbles else self._bound.get(before)
        if before is not None and bound is not None and not bound.ours:
            del self._bound[before]
        if scribbles is None or scribbles in self._bound:
            return
        self._bound[scribbles] = _Binding(image, next(self._numbers), ours)

    def written_into(self, image: Image) -> list[Image]:
        """Return which of an image and the painted ones have other values than at the last call."""
        found = []
        for one in {image, *(bound.image for bound in self._bound.values())}:
            state, now = self.state(one), reading.checksum(one)
            if state.checksum not in (None, now):
                found.append(one)
            state.checksum = now
        return found

    def replaced(self, image: Image) -> None:
        """Tell that an image has other pixels: its strokes were painted on those before."""
        self._leave(image)
        state = self.state(image)
        if state.scribbles is not None:
            state.notice = (
                "The image has other pixels now, and what was learned stays. Choose "
                f"“{state.scribbles.name}” again if it fits them, or press New."
            )
        state.revision += 1
        state.checksum = None
        state.scribbles = None
        state.status = state.notice

    def lessons(self) -> tuple[Lesson, ...]:
        """Return all images that have strokes, and the strokes, the oldest first."""
        found = []
        for layer, bound in self._bound.items():
            picture = self.picture(bound.image)
            marks = picture.layout.gathered(reading.pixels(layer), picture.pixels.shape)
            found.append(Lesson(self._key(bound), picture, marks))
        return tuple(found)

    def pairs(self, *, ours: bool = False) -> list[tuple[Labels, Image]]:
        """Return strokes layers with their images; only those that *New* made, if asked."""
        return [
            (layer, bound.image) for layer, bound in self._bound.items() if bound.ours or not ours
        ]

    def has_strokes(self) -> bool:
        """Return whether any image has a strokes layer."""
        return bool(self._bound)

    def has_paint(self) -> bool:
        """Return whether anything is painted; layers of the user's own count as painted."""
        return any(
            not bound.ours or bool(np.any(reading.pixels(layer)))
            for layer, bound in self._bound.items()
        )

    def sync(self, layers: Iterable[Layer]) -> bool:
        """Look which layers there are still; return whether any went."""
        present = set(layers)
        before = len(self._images) + len(self._bound)
        for image in [image for image in self._images if image not in present]:
            self._leave(image)
            del self._images[image]
        for layer in [layer for layer in self._bound if layer not in present]:
            del self._bound[layer]
        for state in self._images.values():
            if state.scribbles not in present:
                state.scribbles = None
        return len(self._images) + len(self._bound) < before

    def forget(self) -> None:
        """Drop what was learned from images that are no more."""
        self._kept.clear()

    def _leave(self, image: Image) -> None:
        """Keep what was learned from an image's strokes, and let them belong to none."""
        for layer, bound in list(self._bound.items()):
            if bound.image is image:
                learned = self._learned(self._key(bound))
                if learned is not None:
                    self._kept[self.state(image).number, bound.number] = learned
                del self._bound[layer]
                layer.metadata.pop(reading.STROKES, None)

    def _key(self, bound: _Binding) -> Key:
        return bound.number, self.state(bound.image).source
