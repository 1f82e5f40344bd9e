"""Several hands: how far a score hangs on where somebody put the strokes."""

from typing import Any

from numpy.typing import NDArray

from gpu_course.fitted import fit
from gpu_course.labels import labelled_diameter
from gpu_course.object_size import labels_back
from gpu_course.pixel_classification import PixelClassifier
from gpu_course.pixel_classification.course_classifiers import NUCLEI, logarithm, paint_nuclei


def nuclei_by_hand(image: NDArray[Any], truth: NDArray[Any], hand: int) -> PixelClassifier:
    """Learn nuclei from one image (Y, X) as `teach_nuclei` does, by the strokes of another hand.

    `truth` are its labels, and the hand of number 0 is that of `teach_nuclei`.
    """
    known = fit(image, diameter=labelled_diameter(truth))
    strokes = paint_nuclei(labels_back(truth, known.image.shape), seed=hand)
    return PixelClassifier(NUCLEI).fit(logarithm(known.image), strokes)
