"""A pixel classifier: paint a few pixels of each class, and it labels all others."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.pixel_classification import features as pixel_features
from gpu_course.pixel_classification import inputs, prediction, seen, training
from gpu_course.pixel_classification.forest import Forest
from gpu_course.pixel_classification.recipe import Recipe
from gpu_course.pixel_classification.seen import Seen
from gpu_course.pixel_classification.tiles import Window

Array = Any  # of any library
#: Each tree draws at most so many painted pixels, so that learning stays fast however much is
#: painted. Trees draw differently, so that together they see far more.
DRAWN = 5000


class PixelClassifier:
    """A random forest on features of pixels, in the manner of scikit-learn's estimators.

    Parameters
    ----------
    recipe : Recipe, optional
        Features and scales.
    trees : int
        Trees of the forest. More are steadier and slower.
    depth : int, optional
        Most questions a tree may ask on the way to a leaf. None: until it has no more doubt.
    seed : int
        The forest draws at random; the same seed draws the same.

    Attributes
    ----------
    classes : tuple of int
        The labels that were painted, ascending. Empty before :meth:`fit`.
    forest : Forest or None
        The fitted trees.
    ndim : int or None
        Spatial axes of the images it learned from.

    Examples
    --------
    >>> from gpu_course.pixel_classification import PixelClassifier, Recipe
    >>> image = np.tile(np.repeat([0.0, 9.0], 16), (16, 1))
    >>> scribbles = np.zeros(image.shape, int)
    >>> scribbles[4, 2:9], scribbles[4, 22:29] = 1, 2
    >>> classifier = PixelClassifier(Recipe(sigmas=(1, 4)), trees=5).fit(image, scribbles)
    >>> classifier.predict(image)[8, [0, 31]]
    array([1, 2], dtype=uint8)
    """

    def __init__(
        self,
        recipe: Recipe | None = None,
        *,
        trees: int = 100,
        depth: int | None = None,
        seed: int = 0,
    ) -> None:
        if recipe is not None and not isinstance(recipe, Recipe):
            raise CourseError(f"{recipe!r} is no recipe. Give Recipe(sigmas=…, features=…).")
        self.recipe = recipe or Recipe()
        self.trees = inputs.whole_number("trees", trees, 1, 10_000)
        self.depth = None if depth is None else inputs.whole_number("depth", depth, 1, 1000)
        self.seed = inputs.whole_number("seed", seed, 0, 2**32 - 1)
        self.classes: tuple[int, ...] = ()
        self.forest: Forest | None = None
        self.ndim: int | None = None
        self.seen: Seen | None = None
        self._importance: NDArray[np.float64] | None = None

    def fit(self, image: Any, scribbles: Any) -> PixelClassifier:
        """Learn from painted pixels.

        Parameters
        ----------
        image : array, or list of arrays
            As :func:`features.compute` takes it.
        scribbles : array of int, or list of arrays
            Of the image's spatial shape: 0 where nothing is painted, 1, 2, … the classes.

        Returns
        -------
        PixelClassifier
            Itself.

        Raises
        ------
        CourseError
            If fewer than two classes are painted, or image, scribbles and recipe do not fit.
        """
        images, paints = inputs.listed(image, scribbles)
        table, labels, _ = training.painted(images, paints, self.recipe)
        self.fit_table(table, labels, ndim=len(self.recipe.spatial(tuple(images[0].shape))))
        self.seen = seen.of(images)
        return self

    def fit_features(self, features: Array, scribbles: Any) -> PixelClassifier:
        """Learn from painted pixels of an image whose features are at hand.

        `features`, float32 (feature, …), are those of :func:`features.compute`; `scribbles` are as
        in :meth:`fit`, of the image's spatial shape.
        """
        from gpu_course.devices import to_numpy

        marks = inputs.marks(scribbles, tuple(features.shape[1:]))
        where = np.nonzero(marks)
        xp, device = array_api_compat.array_namespace(features), array_api_compat.device(features)
        there = (xp.asarray(indices, device=device) for indices in where)
        table = to_numpy(features[(slice(None), *there)]).T
        return self.fit_table(table, marks[where], ndim=marks.ndim)

    def fit_table(
        self, table: NDArray[np.float32], labels: NDArray[np.uint8], *, ndim: int = 2
    ) -> PixelClassifier:
        """Learn from a table of pixels, float32 (pixel, feature), and their labels, int (pixel,).

        `ndim` is the number of spatial axes of the images they come from.
        """
        if len(np.unique(labels)) < 2:
            raise CourseError("Paint at least two classes: what you look for, and what is not it.")
        if table.shape[1] != len(pixel_features.names(self.recipe, ndim)):
            raise CourseError("These features are of another recipe. Compute them with this one.")
        # scikit-learn takes differences below 1e-7 for none. A power of two rounds nothing, and the
        # thresholds are brought back, so that features need no scaling when something is predicted.
        spread = np.abs(table).max(axis=0).astype(np.float64)
        if not np.isfinite(spread).all():
            raise CourseError(
                "Features of this image are beyond what float32 holds. Divide it by its maximum."
            )
        unit = 2.0 ** np.floor(np.log2(np.where(spread > 0, spread, 1)))
        fitted = self.estimator(len(labels)).fit((table / unit).astype(np.float32), labels)
        if not any(tree.tree_.node_count > 1 for tree in fitted.estimators_):
            raise CourseError(
                "No feature tells the painted classes apart: the forest would paint one class. "
                "Paint other pixels, or choose other features."
            )
        for tree in fitted.estimators_:
            inner = tree.tree_.feature >= 0
            tree.tree_.threshold[inner] *= unit[tree.tree_.feature[inner]]
        self.forest = Forest.from_sklearn(fitted)
        self.classes = tuple(int(value) for value in fitted.classes_)
        self.ndim, self.seen = ndim, None  # of images, a table says nothing
        self._importance = fitted.feature_importances_
        return self

    def estimator(self, pixels: int) -> Any:
        """Return scikit-learn's forest, ready to learn from so many pixels."""
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(
            self.trees,
            max_depth=self.depth,
            max_samples=min(pixels, DRAWN),
            random_state=self.seed,
            n_jobs=-1,
        )

    def predict(self, image: Array, *, window: Window | None = None) -> Array:
        """Label every pixel.

        Parameters
        ----------
        image, window
            As :meth:`predict_proba` takes them.

        Returns
        -------
        array of uint8, (Y, X) or (Z, Y, X)
            In the image's own library: the most probable of the painted classes.
        """
        return self._over(image, window, None, self.label_features)

    def predict_proba(self, image: Array, *, window: Window | None = None) -> Array:
        """Return the probability of each painted class for every pixel.

        Tile by tile, so that the features of the whole image are never in memory at once.

        Parameters
        ----------
        image : array
            As :func:`features.compute` takes it.
        window : tuple of slice, optional
            Predict this part of the image only.

        Returns
        -------
        array of float32, (class, Y, X) or (class, Z, Y, X)
            In the image's own library; classes in the order of `classes`.

        Raises
        ------
        CourseError
            If nothing was learned yet, or the image does not fit the recipe.

        Warns
        -----
        UserWarning
            If the grey values of the image are far from those of the images it learned from.
        """
        forest = self._fitted()
        return self._over(image, window, len(self.classes), forest.predict_proba)

    def label_features(self, features: Array) -> Array:
        """Label every pixel, uint8 (…), whose features, float32 (feature, …), are at hand.

        They are those of :func:`features.compute`. The fastest answer after a new stroke, where
        probabilities are not asked for.
        """
        return prediction.named(self._fitted().predict(features), self.classes)

    def predict_features(self, features: Array) -> tuple[Array, Array]:
        """Return labels, uint8 (…), and probabilities, float32 (class, …), of features at hand.

        These are float32, (feature, …).
        """
        probability = self._fitted().predict_proba(features)
        xp = array_api_compat.array_namespace(probability)
        labels = prediction.named(xp.argmax(probability, axis=0), self.classes)
        return labels, xp.astype(probability, xp.float32)

    def _over(
        self, image: Array, window: Window | None, values: int | None, ask: prediction.Ask
    ) -> Array:
        self._fitted()
        assert self.ndim is not None  # set with the forest
        doubt = None
        if self.seen is not None and window is None:
            doubt = seen.doubt(self.seen, image)
        if doubt is not None:
            warnings.warn(doubt, stacklevel=3)
        return prediction.over_tiles(image, self.recipe, self.ndim, window, values, ask)

    def _fitted(self) -> Forest:
        if self.forest is None:
            raise CourseError("This classifier has learned nothing yet. Call fit() or load().")
        return self.forest

    def importances(self, *, ordered: bool = True) -> dict[str, float]:
        """Return name → share of each feature in the forest's gain in purity; they add up to 1.

        With `ordered` the most helpful comes first; else they are in the order of
        :func:`features.compute`.
        """
        self._fitted()
        assert self._importance is not None  # set with the forest
        assert self.ndim is not None
        names = pixel_features.names(self.recipe, self.ndim)
        share = list(zip(names, self._importance.tolist(), strict=True))
        return dict(sorted(share, key=lambda item: -item[1]) if ordered else share)

    def save(self, path: Path | str) -> Path:
        """Write recipe and forest to a file; see :func:`storage.save`.

        Raises
        ------
        CourseError
            If nothing was learned yet, or the file cannot be written.
        """
        from gpu_course.pixel_classification import storage

        if self.forest is None or self.ndim is None:
            raise CourseError("This classifier has learned nothing yet. Call fit() before save().")
        importances = tuple(self.importances(ordered=False).values())
        trained = storage.Trained(
            self.recipe, self.trees, self.depth, self.seed,
            self.forest, self.classes, self.ndim, importances, seen=self.seen,
        )  # fmt: skip
        return storage.save(trained, path)

    @classmethod
    def load(cls, path: Path | str) -> PixelClassifier:
        """Read a classifier that :meth:`save` wrote; see :func:`storage.load`.

        Returns
        -------
        PixelClassifier
            It predicts as the saved one did, to the last label.

        Raises
        ------
        CourseError
            If there is no such file, or it is damaged, or is something else.
        """
        from gpu_course.pixel_classification import storage

        read = storage.load(path)
        loaded = cls(read.recipe, trees=read.trees, depth=read.depth, seed=read.seed)
        loaded.forest, loaded.classes, loaded.ndim = read.forest, read.classes, read.ndim
        loaded._importance, loaded.seen = np.array(read.importances), read.seen
        return loaded
