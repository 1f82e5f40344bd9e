"""Teach a pixel classifier as a person does: paint, look where it is wrong, paint there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.pixel_classification.classifier import PixelClassifier
from gpu_course.pixel_classification.painter import paint
from gpu_course.pixel_classification.recipe import Recipe

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Hand:
    """How the simulated hand paints a scene.

    Attributes
    ----------
    strokes : int
        In each class and scene, at first and at each correction.
    length : int
        Most pixels of a stroke.
    background : int
        Width of the brush on the background at first; all other strokes are 3 pixels wide.
    margin : float
        How far strokes on the foreground keep away from the background.
    """

    strokes: int = 6
    length: int = 60
    background: int = 5
    margin: float = 2.0

    def begin(self, truth: Mask, seed: int) -> NDArray[np.uint8]:
        """Return the first strokes: 1 on background, 2 on foreground, 0 elsewhere."""
        return self._both(truth, seed, None, None, width=self.background, length=2 * self.length)

    def correct(
        self, truth: Mask, found: Mask, scribbles: NDArray[np.uint8], seed: int
    ) -> NDArray[np.uint8]:
        """Return the strokes with some more, which begin where `found` is wrong."""
        more = self._both(truth, seed, found & ~truth, truth & ~found, width=3, length=self.length)
        return np.where(scribbles > 0, scribbles, more)

    def _both(
        self,
        truth: Mask,
        seed: int,
        invented: Mask | None,
        missed: Mask | None,
        *,
        width: int,
        length: int,
    ) -> NDArray[np.uint8]:
        outside = paint(
            np.where(truth, 0, 1),
            strokes=self.strokes, length=length, width=width, where=invented, seed=seed,
        )  # fmt: skip
        inside = paint(
            np.where(truth, 2, 0),
            strokes=self.strokes, length=self.length, margin=self.margin, where=missed, seed=seed,
        )  # fmt: skip
        return np.maximum(outside, inside)


def teach(
    images: Sequence[Any],
    truths: Sequence[Mask],
    recipe: Recipe,
    *,
    hand: Hand | None = None,
    turns: int = 1,
    trees: int = 50,
) -> PixelClassifier:
    """Paint train scenes, learn, look where the answer is wrong, paint there, learn again.

    Parameters
    ----------
    images : sequence of arrays
        Train scenes, as the recipe wants them.
    truths : sequence of bool arrays (Y, X)
        What the hand knows. The classifier sees the strokes alone.
    recipe : Recipe
    hand : Hand, optional
        How it paints.
    turns : int
        How often it corrects.
    trees : int

    Returns
    -------
    PixelClassifier
        Of the classes 1 (background) and 2 (foreground).
    """
    hand = hand or Hand()
    images = list(images)
    scribbles = [hand.begin(truth, seed) for seed, truth in enumerate(truths)]
    classifier = PixelClassifier(recipe, trees=trees).fit(images, scribbles)
    for turn in range(1, turns + 1):
        scribbles = [
            hand.correct(truth, foreground(classifier, image) > 0.5, marks, 1000 * turn + number)
            for number, (image, truth, marks) in enumerate(
                zip(images, truths, scribbles, strict=True)
            )
        ]
        classifier.fit(images, scribbles)
    return classifier


def foreground(classifier: PixelClassifier, image: Any) -> NDArray[np.float32]:
    """Return the probability of class 2, float32 (Y, X), as a NumPy array.

    Examples
    --------
    >>> from gpu_course.pixel_classification import PixelClassifier, Recipe, foreground
    >>> image = np.tile(np.repeat([0.0, 9.0], 16), (16, 1))
    >>> strokes = np.zeros(image.shape, int)
    >>> strokes[4, 2:9], strokes[4, 22:29] = 1, 2
    >>> forest = PixelClassifier(Recipe(sigmas=(1,)), trees=5).fit(image, strokes)
    >>> foreground(forest, image)[8, [0, 31]].round()
    array([0., 1.], dtype=float32)
    """
    from gpu_course.devices import to_numpy

    probability = classifier.predict_proba(image)
    return to_numpy(probability[classifier.classes.index(2)])


def scenes_of(
    name: str, split: str, count: int, *, size: str | None = "small"
) -> tuple[list[NDArray[Any]], list[Mask], list[Any]]:
    """Return pictures, masks and samples of the first scenes of a split.

    Parameters
    ----------
    name, split, size
        As `gpu_course.images.load` takes them. Without another size, the scenes are small ones:
        many small scenes teach more than few large ones.
    count : int

    Returns
    -------
    tuple of three lists
    """
    from gpu_course import images

    samples = [images.load(name, split, index=index, size=size) for index in range(count)]
    masks = [s.mask if s.mask is not None else np.asarray(s.labels) > 0 for s in samples]
    return [s.image for s in samples], masks, samples
