"""How good is a segmentation? The scores that every chapter of the course reports.

Two questions are asked of a segmentation, and each has its own family of scores:

*Which pixels belong to an object?* (roots) — :func:`dice`, :func:`iou`, :func:`cl_dice`,
:func:`centreline_recall`. They compare two masks.

*Which pixels belong to which object?* (nuclei, bees) — :func:`matching`,
:func:`average_precision`, :func:`count_error`. They compare two label images, in which 0 is
background and every other number is one object. Numbers need not be consecutive, and objects need
not carry the same number in both images.

*Does each object hold the one point that somebody set on it?* (bees of the hive) —
:func:`gpu_course.metrics.points.judge`, where nobody drew outlines.

All functions are pure, take NumPy arrays (or anything ``numpy.asarray`` understands, such as a
clesperanto image) of two or three dimensions, and count in pixels or voxels.

Nothing to find and nothing found is a perfect answer: every score is then 1 (and an error 0).
If only one of the two images is empty, every score is 0.
"""

from typing import TYPE_CHECKING

from gpu_course import lazy_names

if TYPE_CHECKING:
    from gpu_course.metrics.masks import centreline_recall, cl_dice, dice, iou
    from gpu_course.metrics.objects import (
        THRESHOLDS,
        Matching,
        average_precision,
        count_error,
        matching,
        same_objects,
    )

__all__ = [
    "THRESHOLDS",
    "Matching",
    "average_precision",
    "centreline_recall",
    "cl_dice",
    "count_error",
    "dice",
    "iou",
    "matching",
    "same_objects",
]

__getattr__, __dir__ = lazy_names.attach(
    __name__,
    {
        "masks": ("centreline_recall", "cl_dice", "dice", "iou"),
        "objects": (
            "Matching",
            "THRESHOLDS",
            "average_precision",
            "count_error",
            "matching",
            "same_objects",
        ),
    },
)
