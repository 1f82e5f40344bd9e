"""How well a forest learned, asked on strokes that it has not seen."""

from typing import Any

import numpy as np

from gpu_course.errors import CourseError
from gpu_course.pixel_classification import inputs, training
from gpu_course.pixel_classification.classifier import PixelClassifier


def cross_validate(
    classifier: PixelClassifier, image: Any, scribbles: Any, *, folds: int = 5
) -> dict[str, Any]:
    """Ask how well pixels of one stroke are labelled by a forest that never saw that stroke.

    Neighbouring pixels are alike. A forest that knows a pixel's neighbours is asked nothing new,
    so the pixels of one stroke are never split between training and test.

    Parameters
    ----------
    classifier : PixelClassifier
        Its recipe and settings count; it learns nothing itself.
    image, scribbles
        As :meth:`PixelClassifier.fit` takes them.
    folds : int
        Into how many parts the strokes are dealt; each is the test once. No more than the
        strokes of the class that has fewest.

    Returns
    -------
    dict
        ``accuracy``: share of right pixels, one number per fold; ``f1``: class → F1 score over
        all folds; ``strokes``: how many there are.

    Raises
    ------
    CourseError
        If image, scribbles and recipe do not fit, or there are not two strokes of each of two
        classes.

    Examples
    --------
    >>> from gpu_course.pixel_classification import PixelClassifier, Recipe, cross_validate
    >>> image = np.tile(np.repeat([0.0, 9.0], 16), (16, 1))
    >>> strokes = np.zeros(image.shape, int)
    >>> strokes[[2, 8], 2:9], strokes[[2, 8], 22:29] = 1, 2
    >>> forest = PixelClassifier(Recipe(sigmas=(1,)), trees=5)
    >>> found = cross_validate(forest, image, strokes, folds=2)
    >>> found["strokes"], np.mean(found["accuracy"]).item()
    (4, 1.0)
    """
    from sklearn.metrics import f1_score
    from sklearn.model_selection import StratifiedGroupKFold

    images, paints = inputs.listed(image, scribbles)
    table, labels, groups = training.painted(images, paints, classifier.recipe)
    classes = np.unique(labels)
    strokes = [len(np.unique(groups[labels == value])) for value in classes]
    if len(classes) < 2 or min(strokes) < 2:
        raise CourseError("Paint at least two separate strokes of each of two classes or more.")
    if folds < 2:
        raise CourseError(f"{folds} folds leave nothing to test on. Give 2 or more.")
    deal = StratifiedGroupKFold(min(folds, *strokes), shuffle=True, random_state=classifier.seed)
    predicted = np.zeros_like(labels)
    accuracy = []
    for train, test in deal.split(table, labels, groups):
        fitted = classifier.estimator(len(train)).fit(table[train], labels[train])
        predicted[test] = fitted.predict(table[test])
        accuracy.append(float(np.mean(predicted[test] == labels[test])))
    scores = f1_score(labels, predicted, labels=classes, average=None, zero_division=0.0)
    return {
        "accuracy": accuracy,
        "f1": {int(value): float(score) for value, score in zip(classes, scores, strict=True)},
        "strokes": int(sum(strokes)),
    }
