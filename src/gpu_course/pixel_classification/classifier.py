"""A pixel classifier: paint a few pixels of each class, and it labels all others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.pixel_classification import features as pixel_features
from gpu_course.pixel_classification.features import Recipe
from gpu_course.pixel_classification.forest import Forest
from gpu_course.pixel_classification.scribbles import checked, strokes
from gpu_course.pixel_classification.tiles import Window, whole

Array = Any  # of any library


class PixelClassifier:
    """A random forest on features of pixels, in the manner of scikit-learn's estimators.

    Parameters
    ----------
    recipe : Recipe
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

    Examples
    --------
    >>> classifier = PixelClassifier(Recipe(sigmas=(1, 4)))
    >>> classifier.fit(image, scribbles)  # doctest: +SKIP
    >>> labels = classifier.predict(image)  # doctest: +SKIP
    """

    def __init__(
        self,
        recipe: Recipe | None = None,
        *,
        trees: int = 100,
        depth: int | None = None,
        seed: int = 0,
    ) -> None:
        self.recipe = recipe or Recipe()
        self.trees = trees
        self.depth = depth
        self.seed = seed
        self.classes: tuple[int, ...] = ()
        self.forest: Forest | None = None
        self.ndim: int | None = None
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
        self.ndim = None
        table, labels, _ = self.painted(image, scribbles)
        return self.fit_table(table, labels)

    def painted(
        self, image: Any, scribbles: Any
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.int32]]:
        """Return features, class and stroke of every painted pixel.

        Parameters
        ----------
        image, scribbles : array, or lists of arrays
            As :meth:`fit` takes them.

        Returns
        -------
        table : ndarray of float32, (pixel, feature)
        labels : ndarray of uint8, (pixel,)
        groups : ndarray of int32, (pixel,)
            The same number for pixels of one stroke.
        """
        several = isinstance(image, (list, tuple))
        images, painted = (image, scribbles) if several else ([image], [scribbles])
        if len(images) != len(painted):
            raise CourseError(
                f"There are {len(images)} images and {len(painted)} scribbles. Give one each."
            )
        rows, labels, groups = [], [], []
        strokes_before = 0
        for one, paint in zip(images, painted, strict=True):
            shape = self.recipe.spatial(tuple(one.shape))
            if self.ndim is None:
                self.ndim = len(shape)
            marks = checked(paint, shape)
            numbers = strokes(marks)
            where = np.nonzero(marks)
            rows.append(_table(one, self.recipe, where))
            labels.append(marks[where])
            groups.append(numbers[where] + strokes_before)
            strokes_before += int(numbers.max(initial=0))
        return np.concatenate(rows), np.concatenate(labels), np.concatenate(groups)

    def fit_table(self, table: NDArray[np.float32], labels: NDArray[np.uint8]) -> PixelClassifier:
        """Learn from features that are computed already.

        Parameters
        ----------
        table : ndarray of float32, (pixel, feature)
        labels : ndarray of int, (pixel,)
        """
        if len(np.unique(labels)) < 2:
            raise CourseError("Paint at least two classes: what you look for, and what is not it.")
        fitted = self._estimator().fit(table, labels)
        self.forest = Forest.from_sklearn(fitted)
        self.classes = tuple(int(value) for value in fitted.classes_)
        self._importance = fitted.feature_importances_
        return self

    def _estimator(self) -> Any:
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(
            self.trees, max_depth=self.depth, random_state=self.seed, n_jobs=-1
        )

    def predict_proba(self, image: Array, *, window: Window | None = None) -> Array:
        """Return the probability of each painted class for every pixel.

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
        """
        xp, channels, window = self._ready(image, window)
        shape = tuple(part.stop - part.start for part in window)
        result = xp.empty(
            (len(self.classes), *shape), dtype=xp.float32, device=_device(channels[0])
        )

        def keep(piece: Window, values: list[Array]) -> None:
            probability = self._forest.predict_proba(xp.stack(values))
            result[(slice(None), *piece)] = xp.astype(probability, xp.float32)

        pixel_features.tile_by_tile(keep, xp, channels, self.recipe, window)
        return result

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
        xp, channels, window = self._ready(image, window)
        shape = tuple(part.stop - part.start for part in window)
        result = xp.empty(shape, dtype=xp.uint8, device=_device(channels[0]))

        def keep(piece: Window, values: list[Array]) -> None:
            result[piece] = self._labels(self._forest.predict_proba(xp.stack(values)))

        pixel_features.tile_by_tile(keep, xp, channels, self.recipe, window)
        return result

    def predict_features(self, features: Array) -> tuple[Array, Array]:
        """Label every pixel whose features are at hand, as :func:`features.compute` gives them.

        Parameters
        ----------
        features : array of float32, (feature, …)

        Returns
        -------
        labels : array of uint8, (…)
        probability : array of float32, (class, …)
        """
        import array_api_compat

        xp = array_api_compat.array_namespace(features)
        probability = self._forest.predict_proba(features)
        return self._labels(probability), xp.astype(probability, xp.float32)

    def fit_features(self, features: Array, scribbles: Any) -> PixelClassifier:
        """Learn from painted pixels of an image whose features are at hand.

        Parameters
        ----------
        features : array of float32, (feature, …)
            As :func:`features.compute` gives them.
        scribbles : array of int
            Of the image's spatial shape.
        """
        from gpu_course.devices import to_numpy

        marks = checked(scribbles, tuple(features.shape[1:]))
        self.ndim = marks.ndim
        where = np.nonzero(marks)
        return self.fit_table(to_numpy(features[(slice(None), *where)]).T, marks[where])

    @property
    def _forest(self) -> Forest:
        if self.forest is None:
            raise _untrained()
        return self.forest

    def _labels(self, probability: Array) -> Array:
        import array_api_compat

        xp = array_api_compat.array_namespace(probability)
        best = xp.argmax(probability, axis=0)
        classes = xp.asarray(self.classes, dtype=xp.uint8, device=_device(probability))
        return xp.reshape(xp.take(classes, xp.reshape(best, (-1,)), axis=0), best.shape)

    def _ready(self, image: Array, window: Window | None) -> tuple[Any, list[Array], Window]:
        """Return namespace, channels and full window of an image to predict."""
        _ = self._forest
        xp, channels = pixel_features.checked(image, self.recipe)
        shape = tuple(channels[0].shape)
        if self.ndim is not None and len(shape) != self.ndim:
            raise CourseError(
                f"This classifier learned from images of {self.ndim} axes and the image has "
                f"{len(shape)}. Train one for such images."
            )
        return (
            xp,
            channels,
            whole(shape) if window is None else pixel_features.inside(window, shape),
        )

    def importances(self, *, ordered: bool = True) -> dict[str, float]:
        """Return how much each feature helped the forest, by name.

        Parameters
        ----------
        ordered : bool
            The most helpful first; else in the order of :func:`features.compute`.

        Returns
        -------
        dict
            Name → share of the forest's gain in purity; the shares add up to 1.
        """
        if self._importance is None or self.ndim is None:
            raise _untrained()
        own = dict(
            zip(
                pixel_features.names(self.recipe, self.ndim), self._importance.tolist(), strict=True
            )
        )
        return {n: own[n] for n in sorted(own, key=lambda n: -own[n])} if ordered else own

    def cross_validate(self, image: Any, scribbles: Any, *, folds: int = 5) -> dict[str, Any]:
        """Ask how well pixels of one stroke are labelled by a forest that never saw that stroke.

        Neighbouring pixels are alike. A forest that has seen a pixel's neighbours is asked nothing
        new, so pixels of one stroke are never split between training and test.

        Parameters
        ----------
        image, scribbles
            As :meth:`fit` takes them.
        folds : int
            Into how many groups the strokes are dealt; each is the test once.

        Returns
        -------
        dict
            ``accuracy``: share of right pixels per fold; ``f1``: per class, over all folds;
            ``strokes``: how many there are.

        Raises
        ------
        CourseError
            If a class has fewer than two strokes.
        """
        from sklearn.metrics import f1_score
        from sklearn.model_selection import StratifiedGroupKFold

        table, labels, groups = self.painted(image, scribbles)
        fewest = min(
            (len(np.unique(groups[labels == value])) for value in np.unique(labels)), default=0
        )
        if fewest < 2 or len(np.unique(labels)) < 2:
            raise CourseError("Paint at least two separate strokes of each of two classes or more.")
        deal = StratifiedGroupKFold(min(folds, fewest), shuffle=True, random_state=self.seed)
        predicted = np.zeros_like(labels)
        accuracy = []
        for train, test in deal.split(table, labels, groups):
            fitted = self._estimator().fit(table[train], labels[train])
            predicted[test] = fitted.predict(table[test])
            accuracy.append(float(np.mean(predicted[test] == labels[test])))
        classes = np.unique(labels)
        f1 = f1_score(labels, predicted, labels=classes, average=None)
        return {
            "accuracy": accuracy,
            "f1": {int(value): float(score) for value, score in zip(classes, f1, strict=True)},
            "strokes": len(np.unique(groups)),
        }

    def save(self, path: Path | str) -> Path:
        """Write recipe and forest to a file; see :mod:`gpu_course.pixel_classification.storage`."""
        from gpu_course.pixel_classification.storage import save

        return save(self, path)

    @classmethod
    def load(cls, path: Path | str) -> PixelClassifier:
        """Read a classifier from a file that :meth:`save` wrote. Nothing in it is executed."""
        from gpu_course.pixel_classification.storage import load

        return load(path)

    def restore(
        self,
        forest: Forest,
        classes: tuple[int, ...],
        ndim: int,
        importance: NDArray[np.float64],
    ) -> None:
        """Take over what another classifier has learned; the storage checks that it fits."""
        self.forest = forest
        self.classes = classes
        self.ndim = ndim
        self._importance = importance


def _device(array: Array) -> Any:
    import array_api_compat

    return array_api_compat.device(array)


def _table(image: Any, recipe: Recipe, where: tuple[NDArray[np.intp], ...]) -> NDArray[np.float32]:
    """Return the features of some pixels, (pixel, feature), computed on tiles that hold one."""
    from gpu_course.devices import to_numpy

    shape = recipe.spatial(tuple(image.shape))
    table = np.empty(
        (len(where[0]), len(pixel_features.names(recipe, len(shape)))), dtype=np.float32
    )
    if not len(where[0]):
        return table
    box = tuple(slice(int(a.min()), int(a.max()) + 1) for a in where)
    values = pixel_features.compute(image, recipe, window=box)
    at = tuple(a - part.start for a, part in zip(where, box, strict=True))
    table[:] = to_numpy(values[(slice(None), *at)]).T
    return table


def _untrained() -> CourseError:
    return CourseError("This classifier has learned nothing yet. Call fit() or load().")
