"""What the window asks of the engine, and what it gets back."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_course.napari_plugin.layout import Layout
from gpu_course.napari_plugin.tiles import Region

if TYPE_CHECKING:
    from gpu_course.pixel_classification.correctable import CorrectableClassifier
    from gpu_course.pixel_classification.recipe import Recipe
    from gpu_course.pixel_classification.seen import Seen
    from gpu_course.pixel_classification.stroke_table import StrokeTable

Goal = Literal["view", "whole", "objects"]


class Kind(NamedTuple):
    """What pictures must have in common to train one forest."""

    space: int
    channels: int | None


@dataclass(frozen=True)
class Picture:
    """An image, and how it is read."""

    pixels: Any  # an array, of which only the parts that are needed are read
    source: Hashable  # changes whenever the pixels do
    layout: Layout
    # Edges of a pixel along the axes of space, in units of the shortest; None if equal.
    voxel_size: tuple[float, ...] | None = None

    @property
    def identity(self) -> tuple[Hashable, Layout]:
        """Other pixels, or other axes, are another picture."""
        return self.source, self.layout

    @property
    def kind(self) -> Kind:
        """How many axes are space, and how many colours there are."""
        channel = self.layout.channel
        return Kind(
            len(self.layout.space),
            None if channel is None else int(self.pixels.shape[channel]),
        )


@dataclass(frozen=True)
class Lesson:
    """A picture and what is painted on it."""

    key: Hashable  # the same for the same strokes layer on the same image
    picture: Picture
    # Whole numbers of the picture's sites: 0 where nothing is painted, else the class.
    scribbles: Any


@dataclass(frozen=True, eq=False)
class Kept:
    """What was learned from a picture that is no more: closed, or with other pixels."""

    table: StrokeTable
    recipe: Recipe  # of its features
    kind: Kind
    source: Hashable  # the picture's
    seen: Seen | None  # its grey values


@dataclass(frozen=True)
class ObjectSettings:
    """How pixels of a class become objects; see :func:`to_objects`. Lengths are in pixels."""

    number: int = 2
    threshold: float = 0.5
    smoothing: float = 1.0
    smallest: float = 30
    spacing: float = 5.0


@dataclass(frozen=True)
class Request:
    """Everything a job needs to know, read from the window before the job begins."""

    picture: Picture  # the one to predict
    # All pictures that are painted on; the one to predict may be among them.
    lessons: tuple[Lesson, ...]
    recipe: Recipe  # features and scales; colours and voxel size come from each picture
    trees: int
    view: Region  # what the window shows of the picture's sites
    base: CorrectableClassifier | None = None  # a loaded model, which the strokes correct
    kept: tuple[Kept, ...] = ()  # what was learned from pictures that are no more
    goal: Goal = "view"
    objects: ObjectSettings = field(default_factory=ObjectSettings)
    # Pixels of the image in a pixel of the screen, along an axis. Where that is 2 or more, a large
    # view is first answered with every so manieth pixel.
    coarse: int = 1
    # The sources of all open images; what is kept of others is forgotten.
    open: frozenset[Hashable] = frozenset()


@dataclass(frozen=True)
class Ready:
    """A forest is there, and these arrays will hold what it predicts."""

    forest: object  # another one for each forest
    painted: dict[int, int]  # class → number of pixels painted on this picture
    # How many other pictures the forest learned from: open, closed, or in the loaded model.
    pictures: int
    note: str  # a sentence that the user should know, or empty
    doubt: str  # that the picture's grey values are far from those of the forest, or empty
    known: tuple[int, ...]  # the classes of the forest, in the order of `probabilities`
    classes: NDArray[np.uint8]  # the picture's sites
    probabilities: NDArray[np.float32]  # (class, …sites)
    # Sites: 0 where the forest is sure, 1 where two classes are equally probable.
    uncertainty: NDArray[np.float32]


@dataclass(frozen=True)
class Cleared:
    """There is nothing to learn from any more, so what was answered before is taken back."""


@dataclass(frozen=True)
class Predicted:
    """A tile was written into the arrays: number `done` of `total`."""

    done: int
    total: int


@dataclass(frozen=True)
class Objects:
    """The objects of one class, int32 labels of the picture's sites.

    No two frames share a number.
    """

    labels: NDArray[np.int32]


Step = Ready | Cleared | Predicted | Objects
