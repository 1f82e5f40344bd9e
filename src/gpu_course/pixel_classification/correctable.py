"""A classifier that can be corrected, because what it learned from comes with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gpu_course.errors import CourseError
from gpu_course.pixel_classification import storage
from gpu_course.pixel_classification.classifier import PixelClassifier
from gpu_course.pixel_classification.stroke_table import StrokeTable


@dataclass(frozen=True, eq=False)
class CorrectableClassifier:
    """A fitted classifier and its strokes.

    Attributes
    ----------
    classifier : PixelClassifier
        It learned something.
    strokes : StrokeTable or None
        What it learned from; None if nobody kept it, as :meth:`PixelClassifier.save` does not.
    class_names : dict of int to str
        What a person calls the classes; those without a name are missing.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from gpu_course.pixel_classification import PixelClassifier, Recipe, training
    >>> from gpu_course.pixel_classification.correctable import CorrectableClassifier
    >>> from gpu_course.pixel_classification.stroke_table import StrokeTable
    >>> image = np.tile(np.repeat([0.0, 9.0], 16), (16, 1))
    >>> scribbles = np.zeros(image.shape, int)
    >>> scribbles[4, 2:9], scribbles[4, 22:29] = 1, 2
    >>> recipe = Recipe(sigmas=(1, 4))
    >>> strokes = StrokeTable(*training.painted([image], [scribbles], recipe)[:2])
    >>> forest = PixelClassifier(recipe, trees=5).fit_table(strokes.features, strokes.labels)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = CorrectableClassifier(forest, strokes, {2: "light"}).save(f"{folder}/model.npz")
    ...     again = CorrectableClassifier.load(path)
    >>> again.strokes.counts(), again.class_names
    ({1: 7, 2: 7}, {2: 'light'})
    """

    classifier: PixelClassifier
    strokes: StrokeTable | None
    class_names: dict[int, str]

    def save(self, path: Path | str) -> Path:
        """Write classifier and strokes to a file; see :func:`storage.save`.

        :meth:`PixelClassifier.load` reads it, too, without the strokes.

        Raises
        ------
        CourseError
            If nothing was learned yet, or the file cannot be written.
        """
        one = self.classifier
        if one.forest is None or one.ndim is None:
            raise CourseError("This classifier has learned nothing yet. Fit it before you save it.")
        names = tuple(self.class_names.get(number, "") for number in one.classes)
        trained = storage.Trained(
            one.recipe, one.trees, one.depth, one.seed, one.forest, one.classes, one.ndim,
            tuple(one.importances(ordered=False).values()),
            self.strokes, names if any(names) else (), one.seen,
        )  # fmt: skip
        return storage.save(trained, path)

    @classmethod
    def load(cls, path: Path | str) -> CorrectableClassifier:
        """Read a classifier, and its strokes if the file holds them; see :func:`storage.load`.

        Raises
        ------
        CourseError
            If there is no such file, or it is damaged, or is something else.
        """
        read = storage.load(path)
        names = dict(zip(read.classes, read.class_names, strict=True)) if read.class_names else {}
        return cls(PixelClassifier.load(path), read.strokes, {n: t for n, t in names.items() if t})
