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
    """An image, and how it is read.

    Attributes
    ----------
    pixels : array
        Only the parts that are needed are read.
    source : hashable
        Changes whenever the pixels do.
    layout : Layout
    voxel_size : tuple of float or None
        Edges of a pixel along the axes of space, in units of the shortest; None if all are equal.
    """

    pixels: Any
    source: Hashable
    layout: Layout
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
    """A picture and what is painted on it.

    Attributes
    ----------
    key : hashable
        The same for the same strokes layer on the same image.
    picture : Picture
    scribbles : array of int
        Of the picture's sites: 0 where nothing is painted, else the class.
    """

    key: Hashable
    picture: Picture
    scribbles: Any


@dataclass(frozen=True, eq=False)
class Kept:
    """What was learned from a picture that is no more: closed, or with other pixels.

    Attributes
    ----------
    table : StrokeTable
    recipe : Recipe
        Of its features.
    kind : Kind
    source : hashable
        The picture's.
    seen : Seen or None
        Its grey values.
    """

    table: StrokeTable
    recipe: Recipe
    kind: Kind
    source: Hashable
    seen: Seen | None


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
    """Everything a job needs to know, read from the window before the job begins.

    Attributes
    ----------
    picture : Picture
        The one to predict.
    lessons : tuple of Lesson
        All pictures that are painted on; the one to predict may be among them.
    recipe : Recipe
        Features and scales; colours and voxel size come from each picture.
    trees : int
    view : region
        What the window shows of the picture's sites.
    base : CorrectableClassifier or None
        A loaded model, which the strokes correct.
    kept : tuple of Kept
        What was learned from pictures that are no more.
    goal : "view", "whole" or "objects"
    objects : ObjectSettings
    coarse : int
        Pixels of the image in a pixel of the screen, along an axis. Where that is 2 or more, a
        large view is first answered with every so manieth pixel.
    open : frozenset
        The sources of all images that are open; what is kept of others is forgotten.
    """

    picture: Picture
    lessons: tuple[Lesson, ...]
    recipe: Recipe
    trees: int
    view: Region
    base: CorrectableClassifier | None = None
    kept: tuple[Kept, ...] = ()
    goal: Goal = "view"
    objects: ObjectSettings = field(default_factory=ObjectSettings)
    coarse: int = 1
    open: frozenset[Hashable] = frozenset()


@dataclass(frozen=True)
class Ready:
    """A forest is there, and these arrays will hold what it predicts.

    Attributes
    ----------
    forest : object
        Another one for each forest.
    painted : dict
        Class → number of pixels painted on this picture.
    pictures : int
        How many other pictures the forest learned from: open, closed, or in the loaded model.
    note : str
        A sentence that the user should know, or empty.
    doubt : str
        That the picture's grey values are far from those that the forest learned from, or empty.
    known : tuple of int
        The classes of the forest, in the order of `probabilities`.
    classes : ndarray of uint8, the picture's sites
    probabilities : ndarray of float32 (class, …sites)
    uncertainty : ndarray of float32, the picture's sites
        0 where the forest is sure, 1 where two classes are equally probable.
    """

    forest: object
    painted: dict[int, int]
    pictures: int
    note: str
    doubt: str
    known: tuple[int, ...]
    classes: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
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
