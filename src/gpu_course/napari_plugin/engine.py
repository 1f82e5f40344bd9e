"""What the plugin computes, and what it keeps for the next stroke. It knows nothing of windows.

Features cost the most and change the least: a new stroke changes the forest, not the image. So
the engine works tile by tile and keeps the features of the tiles it has seen. A tile is also the
unit of progress, and the place where work can be cancelled. Asking twice for the same thing costs
nothing: what is still true is not computed again.

The forest is a function of what is there: the loaded model, the strokes on all open pictures, and
what was learned from closed ones. Take a stroke back, and the forest from before it is back.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.napari_plugin import forests
from gpu_course.napari_plugin.feature_cache import FeatureCache
from gpu_course.napari_plugin.frame_objects import objects_of
from gpu_course.napari_plugin.painted import PaintedTables
from gpu_course.napari_plugin.requests import (
    Cleared,
    Objects,
    Picture,
    Predicted,
    Ready,
    Request,
    Step,
)
from gpu_course.napari_plugin.tiles import Region, grid, meet, nearest_first

if TYPE_CHECKING:
    from gpu_course.pixel_classification.classifier import PixelClassifier
    from gpu_course.pixel_classification.correctable import CorrectableClassifier

FEW = 4
"""So many tiles are soon predicted pixel by pixel; more are first predicted coarsely."""


@dataclass(eq=False)
class _Answer:
    """What was predicted of a picture; `fresh` tiles by the newest forest."""

    known: tuple[int, ...]
    classes: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    uncertainty: NDArray[np.float32]
    model: CorrectableClassifier | None = None
    fresh: set[Hashable] = field(default_factory=set)


class Engine:
    """Fit and predict for one picture after the other. One job at a time may run.

    Attributes
    ----------
    model : CorrectableClassifier or None
        The newest one that predicted: the loaded one, or one that was fitted.
    cache : FeatureCache
    tables : PaintedTables
    """

    def __init__(self) -> None:
        self.model: CorrectableClassifier | None = None
        self.cache = FeatureCache()
        self.tables = PaintedTables(self.cache)
        self._fitted: forests.Fitted | None = None
        self._answers: dict[Hashable, _Answer] = {}

    @property
    def classifier(self) -> PixelClassifier | None:
        """The newest classifier."""
        return None if self.model is None else self.model.classifier

    def run(self, request: Request) -> Iterator[Step]:
        """Do what is asked, a tile at a time.

        Yields
        ------
        Ready, then Predicted for each tile, and Objects at the end if they are the goal

        Raises
        ------
        CourseError
            If the strokes do not fit the image, or there is nothing to learn from; then Cleared
            comes first.
        """
        picture = request.picture
        request.recipe.spatial(tuple(picture.pixels.shape[axis] for axis in picture.layout.space))
        self.cache.look_at(picture, request.view)
        self._forget(request)
        learned = forests.gather(request, self.tables)
        try:
            self._fitted = forests.fitted(request, learned, self._fitted)
        except forests.NothingLearnedError:
            self._clear(picture)
            yield Cleared()
            raise
        self.model = model = self._fitted.model
        answer = self._answer(picture, model)
        yield Ready(
            model,
            learned.painted,
            learned.pictures,
            learned.note,
            self._doubt(request, learned, model),
            answer.known,
            answer.classes,
            answer.probabilities,
            answer.uncertainty,
        )
        yield from self._tiles(request, model.classifier, answer)
        if request.goal == "objects":
            yield from _objects(request, answer)

    def _doubt(
        self, request: Request, learned: forests.Learned, model: CorrectableClassifier
    ) -> str:
        """Say that the picture is far from what was learned from; it is not if it is painted on."""
        if learned.painted and model is not learned.base:
            return ""
        return self.tables.greys.doubt(model.classifier.seen, request.picture)

    def _tiles(
        self, request: Request, classifier: PixelClassifier, answer: _Answer
    ) -> Iterator[Step]:
        """Predict what is wanted, nearest to the view first."""
        layout = request.picture.layout
        tiles = grid(answer.classes.shape, layout.space_of_sites)
        if request.goal == "view":
            tiles = [tile for tile in tiles if meet(tile, request.view)]
        tiles = nearest_first(tiles, request.view)
        total = len(tiles)
        stale = [tile for tile in tiles if _key(tile) not in answer.fresh]
        done = total - len(stale)
        if not stale:
            yield Predicted(done, total)
        if request.goal == "view" and request.coarse > 1 and len(stale) > FEW:
            for tile in stale:
                # Where there is no room to keep features, they are used to the full at once.
                fine = not self._predict(request, classifier, answer, tile, request.coarse)
                done += fine
                yield Predicted(done, total)
            stale = [tile for tile in stale if _key(tile) not in answer.fresh]
        for tile in stale:
            self._predict(request, classifier, answer, tile, 1)
            done += 1
            yield Predicted(done, total)

    def _predict(
        self,
        request: Request,
        classifier: PixelClassifier,
        answer: _Answer,
        tile: Region,
        step: int,
    ) -> bool:
        """Predict a tile, each or every so manieth pixel; return whether pixels are left out."""
        recipe = forests.own(classifier.recipe, request.picture)
        features = self.cache.features(request.picture, recipe, tile)
        if not self.cache.holds(request.picture, recipe, tile):
            step = 1
        if step > 1:
            every = np.ascontiguousarray(features[..., ::step, ::step])
            _, few = classifier.predict_features(every)
            probability = few.repeat(step, axis=-2).repeat(step, axis=-1)
            probability = probability[..., : features.shape[-2], : features.shape[-1]]
            labels = np.array(answer.known, np.uint8)[probability.argmax(axis=0)]
        else:
            labels, probability = classifier.predict_features(features)
            answer.fresh.add(_key(tile))
        shape = tuple(part.stop - part.start for part in tile)
        answer.probabilities[(slice(None), *tile)] = probability.reshape(-1, *shape)
        two = np.partition(probability, len(probability) - 2, axis=0)[-2:]
        answer.uncertainty[tile] = (1 - (two[1] - two[0])).reshape(shape)
        answer.classes[tile] = labels.reshape(shape)
        return step > 1

    def _answer(self, picture: Picture, model: CorrectableClassifier) -> _Answer:
        """Return the picture's arrays, empty ones if there are none for these classes."""
        known = model.classifier.classes
        answer = self._answers.get(picture.identity)
        if answer is None or answer.known != known:
            shape = picture.layout.sites(picture.pixels.shape)
            answer = _Answer(
                known,
                np.zeros(shape, np.uint8),
                np.zeros((len(known), *shape), np.float32),
                np.zeros(shape, np.float32),
            )
            self._answers[picture.identity] = answer
        if answer.model is not model:
            answer.model = model
            answer.fresh.clear()
        return answer

    def _clear(self, picture: Picture) -> None:
        """Take back what was answered: there is no forest that says so any more."""
        self.model = self._fitted = None
        answer = self._answers.pop(picture.identity, None)
        if answer is not None:
            for array in (answer.classes, answer.probabilities, answer.uncertainty):
                array[...] = 0

    def _forget(self, request: Request) -> None:
        """Forget pictures and strokes that are no more."""
        sources = request.open | {request.picture.source}
        self.cache.keep_only(sources)
        self.tables.greys.keep_only(sources)
        self.tables.keep_only({lesson.key for lesson in request.lessons})
        for identity in [i for i in self._answers if i[0] not in sources]:  # type: ignore[index]
            del self._answers[identity]


def _objects(request: Request, answer: _Answer) -> Iterator[Step]:
    settings, known = request.objects, answer.known
    if settings.number not in known:
        raise CourseError(
            f"There is no class {settings.number}. The classes are "
            f"{', '.join(map(str, known))}: choose one under “Class shown”."
        )
    probability = answer.probabilities[known.index(settings.number)]
    layout = request.picture.layout
    volume = [probability.shape[axis] for axis in layout.space_of_sites]
    frames = probability.size // int(np.prod(volume))
    for done, labels in enumerate(objects_of(probability, layout, settings), 1):
        if frames > 1:
            yield Predicted(done, frames)
        if done == frames:
            yield Objects(labels)


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
