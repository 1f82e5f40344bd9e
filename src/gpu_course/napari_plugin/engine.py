"""What the plugin computes, and what it keeps for the next stroke. It knows nothing of windows.

Features cost the most and change the least: a new stroke changes the forest, not the image. So
the engine works tile by tile and keeps the features of the tiles it has seen. A tile is also the
unit of progress, and the place where work can be cancelled. Asking twice for the same thing costs
nothing: what is still true is not computed again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.napari_plugin.tiles import Region, grid, meet, nearest_first

if TYPE_CHECKING:
    from gpu_course.pixel_classification.classifier import PixelClassifier
    from gpu_course.pixel_classification.recipe import Recipe

MEMORY = 1_000_000_000
"""Bytes of features that are kept; the tiles used longest ago go first."""

SEED = 0


@dataclass(frozen=True)
class Request:
    """Everything a job needs to know, read from the window before the job begins.

    Attributes
    ----------
    image : array (Y, X) or (Z, Y, X), or with a last axis of channels
        Only the parts that are needed are read.
    source : hashable
        Changes whenever the image does; features of another source are forgotten.
    scribbles : array of int, the image's spatial shape, or None
        0 where nothing is painted, else the class.
    recipe : Recipe
    trees : int
    view : region
        What the window shows.
    goal : "view", "whole" or "objects"
    object_class : int
        The class whose pixels become objects.
    """

    image: Any
    source: Hashable
    scribbles: Any
    recipe: Recipe
    trees: int
    view: Region
    goal: Literal["view", "whole", "objects"] = "view"
    object_class: int = 2


@dataclass(frozen=True)
class Ready:
    """A forest is there, and these arrays will hold what it predicts.

    Attributes
    ----------
    painted : dict
        Class → number of painted pixels.
    known : tuple of int
        The classes of the forest, in the order of `probabilities`.
    classes : ndarray of uint8, the image's spatial shape
    probabilities : ndarray of float32 (class, …spatial)
    """

    painted: dict[int, int]
    known: tuple[int, ...]
    classes: NDArray[np.uint8]
    probabilities: NDArray[np.float32]


@dataclass(frozen=True)
class Predicted:
    """A tile was written into the arrays: number `done` of `total`."""

    done: int
    total: int


@dataclass(frozen=True)
class Objects:
    """The objects of one class, int32 labels in the image's spatial shape."""

    labels: NDArray[np.int32]


Step = Ready | Predicted | Objects


class Engine:
    """Fit and predict for one image after the other. One job at a time may run.

    Attributes
    ----------
    classifier : PixelClassifier or None
        The newest one that was fitted or adopted.
    adopted : bool
        Whether it was adopted.
    """

    def __init__(self) -> None:
        self.classifier: PixelClassifier | None = None
        self.adopted = False
        self._settled = True
        self._fitted_to: Hashable = None
        self._features_of: Hashable = None
        self._features: OrderedDict[Any, NDArray[np.float32]] = OrderedDict()
        self._arrays_of: Hashable = None
        self._classes = np.zeros(0, np.uint8)
        self._probabilities = np.zeros(0, np.float32)
        self._fresh: set[Any] = set()

    def adopt(self, classifier: PixelClassifier) -> None:
        """Predict with this one, as read from a file, until the strokes change."""
        self.classifier, self.adopted, self._settled = classifier, True, False

    def run(self, request: Request) -> Iterator[Step]:
        """Do what is asked, a tile at a time.

        Yields
        ------
        Ready, then Predicted for each tile, and Objects at the end if they are the goal

        Raises
        ------
        CourseError
            If the strokes do not fit the image, or there is nothing to learn from.
        """
        shape = request.recipe.spatial(tuple(request.image.shape))
        painted = self._painted(request, shape)
        classifier = self._fitted(request, shape, painted)
        self._make_arrays(request, shape, classifier)
        numbers = {} if painted is None else dict(zip(*_counts(painted[1]), strict=True))
        yield Ready(numbers, classifier.classes, self._classes, self._probabilities)
        tiles = nearest_first(grid(shape), request.view)
        wanted = [t for t in tiles if request.goal != "view" or meet(t, request.view)]
        for done, tile in enumerate(wanted, 1):
            if _key(tile) not in self._fresh:
                self._predict(request, classifier, tile)
            yield Predicted(done, len(wanted))
        if request.goal == "objects":
            yield self._objects(request)

    def _painted(self, request: Request, shape: tuple[int, ...]) -> Any:
        """Return the painted pixels, as indices into the flat image, and their classes."""
        if request.scribbles is None:
            return None
        if tuple(request.scribbles.shape) != shape:
            raise CourseError(
                f"The scribbles are {_size(request.scribbles.shape)} pixels and the image is "
                f"{_size(shape)}. Press New for scribbles that fit."
            )
        flat = np.asarray(request.scribbles).reshape(-1)
        where = np.flatnonzero(flat)
        values = flat[where]
        if len(values) and not 0 < values.min() <= values.max() <= 255:
            wrong = values.max() if values.max() > 255 else values.min()
            raise CourseError(
                f"There is a stroke with label {wrong}. Paint with labels from 1 to 255."
            )
        return (where, values.astype(np.uint8)) if len(values) else None

    def _fitted(self, request: Request, shape: tuple[int, ...], painted: Any) -> PixelClassifier:
        """Return a forest fitted to the strokes: the one at hand, if it was fitted to the same."""
        strokes = None if painted is None else (painted[0].tobytes(), painted[1].tobytes())
        wanted = (request.source, request.recipe, request.trees, strokes)
        if not self._settled:
            self._settled, self._fitted_to = True, wanted
            self._fresh.clear()
        if painted is None:
            if self.classifier is None:
                raise CourseError("Nothing is painted yet. Paint a stroke of each class.")
            return self.classifier
        if self.classifier is not None and self._fitted_to == wanted:
            return self.classifier
        where, values = painted
        classes = np.unique(values)
        if len(classes) < 2:
            raise CourseError(
                f"Only class {classes[0]} is painted. Paint a stroke of another class, too."
            )
        features = np.empty((len(where), 0), np.float32)
        places = np.unravel_index(where, shape)
        for tile in grid(shape):
            inside = np.logical_and.reduce(
                [(p >= s.start) & (p < s.stop) for p, s in zip(places, tile, strict=True)]
            )
            if not inside.any():
                continue
            block = self._features_at(request, request.recipe, tile)
            if not features.shape[1]:
                features = np.empty((len(where), len(block)), np.float32)
            local = tuple(p[inside] - s.start for p, s in zip(places, tile, strict=True))
            features[inside] = block[(slice(None), *local)].T
        from gpu_course.pixel_classification.classifier import PixelClassifier

        classifier = PixelClassifier(request.recipe, trees=request.trees, seed=SEED)
        classifier.fit_table(features, values, ndim=len(shape))
        self.classifier, self.adopted, self._fitted_to = classifier, False, wanted
        self._fresh.clear()
        return classifier

    def _make_arrays(
        self, request: Request, shape: tuple[int, ...], classifier: PixelClassifier
    ) -> None:
        """Begin with empty arrays where the old ones belong to another image."""
        if classifier.ndim not in (None, len(shape)):
            raise CourseError(
                f"The model learned from images of {classifier.ndim} axes and this one has "
                f"{len(shape)}. Paint on it, or load another model."
            )
        if classifier.recipe.spatial(tuple(request.image.shape)) != shape:
            raise CourseError(
                "The model learned from grey images and this one has colours, or the other way "
                "round. Paint on it, or load another model."
            )
        wanted = (request.source, shape, classifier.classes)
        if self._arrays_of != wanted:
            self._classes = np.zeros(shape, np.uint8)
            self._probabilities = np.zeros((len(classifier.classes), *shape), np.float32)
            self._arrays_of = wanted
            self._fresh.clear()

    def _predict(self, request: Request, classifier: PixelClassifier, tile: Region) -> None:
        features = self._features_at(request, classifier.recipe, tile)
        labels, probabilities = classifier.predict_features(features)
        self._probabilities[(slice(None), *tile)] = probabilities
        self._classes[tile] = labels
        self._fresh.add(_key(tile))

    def _features_at(self, request: Request, recipe: Recipe, tile: Region) -> NDArray[np.float32]:
        """Return the features of a tile, from memory if it was seen before."""
        from gpu_course.pixel_classification import features
        from gpu_course.pixel_classification.tiles import grown, inside

        if self._features_of != (request.source, recipe):
            self._features.clear()
            self._features_of = (request.source, recipe)
        key = _key(tile)
        if key not in self._features:
            shape = recipe.spatial(tuple(request.image.shape))
            # Read the tile and its surroundings only: the image may be larger than memory.
            around = grown(tile, recipe.halo(len(shape)), shape)
            pixels = np.asarray(request.image[around])
            inner = inside(tile, around)
            self._features[key] = features.compute(pixels, recipe, window=inner)
        self._features.move_to_end(key)
        while len(self._features) > 1 and sum(f.nbytes for f in self._features.values()) > MEMORY:
            self._features.popitem(last=False)
        return self._features[key]

    def _objects(self, request: Request) -> Objects:
        from gpu_course.pixel_classification.objects import to_objects

        assert self.classifier is not None
        known = self.classifier.classes
        if request.object_class not in known:
            raise CourseError(
                f"There is no class {request.object_class}. The classes are "
                f"{', '.join(map(str, known))}: choose one under “Class shown”."
            )
        row = known.index(request.object_class)
        return Objects(np.asarray(to_objects(self._probabilities[row])))


def warm_up() -> None:
    """Load the libraries before the first stroke, and not in its way."""
    from gpu_course.pixel_classification.classifier import PixelClassifier
    from gpu_course.pixel_classification.objects import to_objects
    from gpu_course.pixel_classification.recipe import Recipe

    image = np.random.default_rng(0).random((16, 16), np.float32)
    marks = (1 + np.indices((16, 16))[0] // 8).astype(np.uint8)
    tiny = PixelClassifier(Recipe((1.0,)), trees=2).fit(image, marks)
    to_objects(tiny.predict_proba(image)[1])


def _key(tile: Region) -> tuple[tuple[int, int], ...]:
    return tuple((part.start, part.stop) for part in tile)


def _counts(values: NDArray[np.uint8]) -> tuple[list[int], list[int]]:
    classes, counts = np.unique(values, return_counts=True)
    return classes.tolist(), counts.tolist()


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
