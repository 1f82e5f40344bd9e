"""Which forest follows from what is there: a loaded model, strokes, and what was learned before.

Nothing learned is dropped without being asked: strokes on one picture do not replace those on
another, and a loaded model is refitted from its own strokes and the new ones. So a correction adds.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from gpu_course.errors import CourseError
from gpu_course.napari_plugin.grey_values import together
from gpu_course.napari_plugin.painted import PaintedTables
from gpu_course.napari_plugin.requests import Kept, Kind, Picture, Request
from gpu_course.pixel_classification.classifier import PixelClassifier
from gpu_course.pixel_classification.correctable import CorrectableClassifier
from gpu_course.pixel_classification.recipe import Recipe
from gpu_course.pixel_classification.seen import Seen
from gpu_course.pixel_classification.stroke_table import StrokeTable, corrected, joined

SEED = 0


class NothingLearnedError(CourseError):
    """There are no strokes, or of one class only."""


@dataclass(frozen=True, eq=False)
class Learned:
    """What a forest can learn from, for pictures of one kind."""

    recipe: Recipe  # of the forest
    base: CorrectableClassifier | None  # the loaded model, if it is of this kind
    kept: tuple[StrokeTable, ...]  # the loaded model's and those of closed pictures
    tables: tuple[StrokeTable, ...]  # of the strokes on open pictures
    painted: dict[int, int]  # class → number of pixels painted on the picture to predict
    pictures: int  # how many other pictures there are
    note: str  # what the user should know, or empty
    seen: Seen | None  # of all pictures that were painted on; None if nobody knows


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model, and what it was fitted to."""

    model: CorrectableClassifier
    learned: Learned
    trees: int

    def still_true(self, learned: Learned, trees: int) -> bool:
        """Return whether fitting again would give the same."""
        mine = self.learned
        return (
            trees == self.trees
            and learned.recipe == mine.recipe
            and learned.base is mine.base
            and learned.seen == mine.seen
            and _same(learned.kept, mine.kept)
            and _same(learned.tables, mine.tables)
        )


def own(recipe: Recipe, picture: Picture) -> Recipe:
    """Return a recipe with the colours and the voxel size of a picture."""
    return dataclasses.replace(
        recipe, channels=picture.kind.channels, voxel_size=picture.voxel_size
    )


def gather(request: Request, tables: PaintedTables) -> Learned:
    """Return what there is to learn from for the picture that is asked for.

    Raises
    ------
    CourseError
        If strokes do not fit their picture.
    """
    kind = request.picture.kind
    base = request.base if request.base is not None and _kind(request.base) == kind else None
    kept: list[Kept] = [
        one for one in request.kept
        if one.kind == kind and _settings(one.recipe) == _settings(request.recipe)
    ]  # fmt: skip
    found: list[StrokeTable] = []
    first: list[Recipe] = [] if base is None else [base.classifier.recipe]
    first += [one.recipe for one in kept]
    greys: list[Seen | None] = [] if base is None else [base.classifier.seen]
    greys += [one.seen for one in kept]
    painted: dict[int, int] = {}
    others: set[object] = set()
    for lesson in request.lessons:
        if lesson.picture.kind != kind:
            continue
        recipe = own(request.recipe, lesson.picture)
        table = tables.table(lesson, recipe)
        if table is None:
            continue
        found.append(table)
        first.append(recipe)
        greys.append(tables.greys.of(lesson.picture))
        if lesson.picture.identity != request.picture.identity:
            others.add(lesson.picture.identity)
        else:
            for number, count in table.counts().items():
                painted[number] = painted.get(number, 0) + count
    strokes = None if base is None else base.strokes
    return Learned(
        recipe=first[0] if first else own(request.recipe, request.picture),
        base=base,
        kept=(*(() if strokes is None else (strokes,)), *(one.table for one in kept)),
        tables=tuple(found),
        painted=painted,
        pictures=len(others) + len({one.source for one in kept}) + (strokes is not None),
        note=_note(request, base, bool(found)),
        seen=together(greys),
    )


def fitted(request: Request, learned: Learned, before: Fitted | None) -> Fitted:
    """Return the forest for what was gathered: the one before, if nothing has changed.

    Raises
    ------
    NothingLearnedError
        If no model is loaded and fewer than two classes are painted.
    CourseError
        If there is only a model of another kind.
    """
    if before is not None and before.still_true(learned, request.trees):
        return before
    return Fitted(_model(request, learned), learned, request.trees)


def _model(request: Request, learned: Learned) -> CorrectableClassifier:
    base = learned.base
    if base is not None and base.strokes is None:
        return base
    painted = joined(learned.tables) if learned.tables else None
    kept = joined(learned.kept) if learned.kept else None
    if base is not None and base.classifier.trees == request.trees and len(learned.kept) == 1:
        if painted is None:
            return base
        assert kept is not None
        kept, painted = corrected(kept, painted)
        if not len(painted.labels) and len(kept.labels) == len(learned.kept[0].labels):
            return base
    elif kept is not None and painted is not None:
        kept, painted = corrected(kept, painted)
    parts = [part for part in (kept, painted) if part is not None and len(part.labels)]
    if not parts:
        if request.base is not None:
            raise CourseError(_other_kind(_kind(request.base), request.picture.kind))
        raise NothingLearnedError("Nothing is painted yet. Paint a stroke of each class.")
    every = joined(parts)
    classes = np.unique(every.labels)
    if len(classes) < 2:
        raise NothingLearnedError(
            f"Only class {classes[0]} is painted. Paint a stroke of another class, too."
        )
    classifier = PixelClassifier(
        learned.recipe,
        trees=request.trees,
        depth=None if base is None else base.classifier.depth,
        seed=SEED if base is None else base.classifier.seed,
    )
    classifier.fit_table(every.features, every.labels, ndim=request.picture.kind.space)
    classifier.seen = learned.seen
    return CorrectableClassifier(classifier, every, {})


def _note(request: Request, base: CorrectableClassifier | None, painted: bool) -> str:
    """Return a sentence where the forest is not what a user may expect."""
    if any(_settings(one.recipe) != _settings(request.recipe) for one in request.kept):
        return "What was learned from closed images had other features, and is left out."
    if request.base is None:
        return ""
    if base is None:
        return "The loaded model is for other images; strokes alone are learned from here."
    if base.strokes is None and painted:
        return (
            "The model file holds no strokes, so yours cannot be added to it: it goes on as it is. "
            "Press Forget to learn from your strokes alone."
        )
    learned, here = base.classifier.recipe.voxel_size, request.picture.voxel_size
    if learned != here:
        return f"The model learned from voxels of {_edges(learned)}, here they are {_edges(here)}."
    return ""


def _other_kind(model: Kind, here: Kind) -> str:
    if model.space != here.space:
        one, other = ("volumes", "planes") if model.space == 3 else ("planes", "volumes")
        return (
            f"The model learned from {one} and this image is read as {other}. "
            "Change that under Axes, paint on it, or load another model."
        )
    return (
        f"The model learned from {_colours(model)} and this image has {_colours(here)}. "
        "Paint on it, or load another model."
    )


def _colours(kind: Kind) -> str:
    return "grey images" if kind.channels is None else f"{kind.channels} channels"


def _kind(model: CorrectableClassifier) -> Kind:
    return Kind(model.classifier.ndim or 2, model.classifier.recipe.channels)


def _settings(recipe: Recipe) -> tuple[tuple[float, ...], tuple[str, ...]]:
    return recipe.sigmas, recipe.features


def _edges(size: tuple[float, ...] | None) -> str:
    return "equal edges" if size is None else " × ".join(f"{edge:g}" for edge in size)


def _same(one: tuple[StrokeTable, ...], other: tuple[StrokeTable, ...]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
