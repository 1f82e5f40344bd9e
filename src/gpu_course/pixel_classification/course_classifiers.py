"""The course's pixel classifiers of nuclei, bees and roots, from the strokes to the result.

Numbers (strokes, turns, thresholds, spacings) were chosen on validation scenes, for the nuclei by
learning on one part of the train half and judging on the other. No test scene had a say.
Lengths are in pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.labels import labelled_diameter
from gpu_course.pixel_classification.classifier import PixelClassifier
from gpu_course.pixel_classification.objects import to_objects
from gpu_course.pixel_classification.painter import paint
from gpu_course.pixel_classification.recipe import Recipe
from gpu_course.pixel_classification.teaching import Hand, Mask, foreground, teach

NUCLEI = Recipe(sigmas=(0.7, 1, 2, 4, 8), features=("gaussian", "gradient", "hessian"))
BEES = Recipe(sigmas=(1, 2, 4, 8, 16), features=("gaussian", "gradient", "hessian", "structure"))
ROOTS = Recipe(sigmas=(1, 2, 4, 8), features=("gaussian", "gradient", "hessian"))

ROOT_THRESHOLD = 0.3
"""Chosen on validation scenes. The share of root among the strokes is not that of a whole picture,
so 0.5 is no natural choice."""


def seams(labels: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
    """Return classes: 1 background, 2 inside of a nucleus, 3 its rim.

    Where two nuclei touch, the rims of both make a seam. A classifier that knows the seam leaves
    a gap between the insides, and no watershed has to guess it.

    Parameters
    ----------
    labels : integer array (Y, X)
        0 is background, 1…n the nuclei.
    """
    from skimage.segmentation import find_boundaries

    rim = find_boundaries(labels, mode="thick")
    return np.where(rim, 3, np.where(labels > 0, 2, 1)).astype(np.uint8)


def teach_nuclei(
    images: Sequence[NDArray[Any]],
    truths: Sequence[NDArray[np.integer[Any]]],
    *,
    trees: int = 100,
    strokes: int = 25,
) -> PixelClassifier:
    """Learn background, inside and rim of nuclei from strokes on train images.

    Brightness and size of each image are brought to those that the course's methods know, so that
    images of several cameras teach one classifier.

    Parameters
    ----------
    images : sequence of ndarrays (Y, X)
        Grey values; bright nuclei.
    truths : sequence of integer arrays (Y, X)
        What the hand knows: 0 is background, 1…n the nuclei. They also say how large nuclei are.
    trees : int
    strokes : int
        On each image, in each class.

    Returns
    -------
    PixelClassifier
    """
    from gpu_course.fitted import fit
    from gpu_course.object_size import labels_back

    known = [
        fit(image, diameter=labelled_diameter(truth))
        for image, truth in zip(images, truths, strict=True)
    ]
    painted = [
        paint_nuclei(labels_back(truth, image.image.shape), strokes=strokes, seed=number)
        for number, (image, truth) in enumerate(zip(known, truths, strict=True))
    ]
    pictures = [logarithm(image.image) for image in known]
    return PixelClassifier(NUCLEI, trees=trees).fit(pictures, painted)


def paint_nuclei(
    labels: NDArray[np.integer[Any]], *, strokes: int = 25, seed: int = 0
) -> NDArray[np.uint8]:
    """Return strokes on background (1), insides (2) and rims (3) of the nuclei of a train image.

    Parameters
    ----------
    labels : integer array (Y, X)
        0 is background, 1…n the nuclei.
    strokes : int
        On background and on insides each; rims get more, as they are the hardest to tell.
    seed : int
        Same seed, same strokes.
    """
    classes = seams(labels)
    areas = paint(
        np.where(classes == 3, 0, classes), strokes=strokes, length=25, margin=1, seed=seed
    )
    # The rim is thin, so its strokes are as thin as a pixel and follow its middle.
    rims = paint(
        np.where(classes == 3, 3, 0),
        strokes=round(1.6 * strokes), length=30, width=1, margin=1, seed=seed,
    )  # fmt: skip
    return np.maximum(areas, rims)


def logarithm(image: NDArray[Any]) -> NDArray[np.float32]:
    """Return log(image + 1), so that a factor in brightness becomes the same step everywhere.

    Computed in float64 and rounded to float32, whose last digit is then the same everywhere.
    """
    return np.log1p(np.asarray(image, np.float64)).astype(np.float32)


def find_nuclei(
    classifier: PixelClassifier, image: NDArray[Any], *, diameter: float | None = None
) -> NDArray[np.int32]:
    """Label nuclei: the insides are the objects, and grow back over their rims.

    Parameters
    ----------
    classifier : PixelClassifier
        From :func:`teach_nuclei`.
    image : ndarray (Y, X)
        Of any brightness and size.
    diameter : float, optional
        Of a typical nucleus, in pixels. None: it is measured.

    Returns
    -------
    ndarray of int32 (Y, X)
        0 is background, 1…n the nuclei.
    """
    from skimage.segmentation import expand_labels

    from gpu_course.fitted import fit

    known = fit(image, diameter=diameter)
    inside = foreground(classifier, logarithm(known.image))
    objects = to_objects(inside, threshold=0.5, smoothing=0.7, spacing=8, smallest=20)
    return known.back(expand_labels(objects, 2))


def find_bees(probability: NDArray[np.float32]) -> NDArray[np.int32]:
    """Part the bees, found by their probability, as well as their outline allows.

    0 is comb, 1…n are the bees.
    """
    return to_objects(probability, threshold=0.5, smoothing=2, spacing=30, smallest=300)


def borders(labels: NDArray[np.integer[Any]], *, width: int = 2) -> dict[str, Mask]:
    """Return where bees meet comb, where they meet each other, and the inside of bees.

    Parameters
    ----------
    labels : integer array (Y, X)
        0 is comb, 1…n the bees.
    width : int
        Pixels on either side of a border that count as border.

    Returns
    -------
    dict
        ``"bee against comb"``, ``"bee against bee"``, ``"inside a bee"`` → bool (Y, X).
    """
    from scipy import ndimage

    size = 2 * width + 1
    highest = ndimage.maximum_filter(labels, size)
    # The lowest number that is a bee's: comb must not hide a second bee.
    only_bees = np.where(labels > 0, labels, np.iinfo(np.int32).max)
    lowest = ndimage.minimum_filter(only_bees, size)
    comb = ndimage.minimum_filter(labels, size) == 0
    two_bees = (highest > 0) & (lowest < highest)
    one_bee = (highest > 0) & ~two_bees
    return {
        "bee against comb": one_bee & comb,
        "bee against bee": two_bees & ~comb,
        "inside a bee": one_bee & ~comb,
    }


@dataclass(frozen=True)
class TwoLooks:
    """Two classifiers, of which the second sees the image and the answer of the first.

    One look knows a pixel's surroundings as grey values. The second knows them as *soil* and
    *root*, and so can ask whether the probable root goes on to both sides. (Tu and Bai, 2010,
    call it auto-context.)

    Attributes
    ----------
    first, second : PixelClassifier
        The second learned from other scenes than the first: on its own strokes the first is too
        sure of itself, and the second would learn to trust it blindly.
    """

    first: PixelClassifier
    second: PixelClassifier

    def probability(self, image: NDArray[Any]) -> NDArray[np.float32]:
        """Return the probability of root, float32 (Y, X)."""
        return foreground(self.second, beside(self.first, image))


def second_look(image: NDArray[Any], probability: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return what a second classifier gets to see: the image, and what the first one said.

    Parameters
    ----------
    image : ndarray (Y, X)
        Grey values, 0 to 255.
    probability : ndarray (Y, X)
        Of root, 0 to 1, from the first classifier.

    Returns
    -------
    ndarray of float32 (Y, X, 2)
        Both as channels, in the same range.
    """
    return np.stack([image, 255 * probability], axis=-1).astype(np.float32)


def beside(first: PixelClassifier, image: NDArray[Any]) -> NDArray[np.float32]:
    """Return the image and, as a second channel, what a classifier says of it: (Y, X, 2)."""
    return second_look(np.asarray(image), foreground(first, image))


def teach_twice(
    images: Sequence[NDArray[Any]],
    truths: Sequence[Mask],
    recipe: Recipe = ROOTS,
    *,
    hand: Hand | None = None,
    turns: int = 1,
    trees: int = 40,
) -> TwoLooks:
    """Teach two looks, each on its own half of the train scenes.

    The recipe is for one channel; the second look uses it for both of its channels. All else is as
    :func:`teach` takes it.
    """
    hand = hand or Hand(strokes=12, background=7, margin=1)
    half = len(images) // 2
    first = teach(images[:half], truths[:half], recipe, hand=hand, turns=turns, trees=trees)
    both = Recipe(recipe.sigmas, recipe.features, channels=2)
    looks = [beside(first, image) for image in images[half:]]
    return TwoLooks(first, teach(looks, truths[half:], both, hand=hand, turns=turns, trees=trees))


def find_roots(probability: NDArray[np.float32]) -> Mask:
    """Return where roots are: probable pixels, without small pieces."""
    return without_specks(probability > ROOT_THRESHOLD, smallest=40)


def without_specks(mask: Mask, *, smallest: int) -> Mask:
    """Return a mask without connected pieces of fewer than `smallest` pixels."""
    from skimage.measure import label

    pieces = np.asarray(label(mask, connectivity=2))
    size = np.bincount(pieces.ravel())
    size[0] = 0
    kept: Mask = size[pieces] >= smallest
    return kept
