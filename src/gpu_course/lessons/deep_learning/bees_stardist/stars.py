"""Stars from true labels, and which objects are found and which are missed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gpu_course.images import Sample
from gpu_course.labels import Labels

if TYPE_CHECKING:
    import pandas as pd

    from gpu_course.deep_learning.stardist.design import Design


def perfect_stars(
    labels: Labels, design: "Design", *, probability: float = 0.3, overlap: float = 0.4
) -> NDArray[np.int32]:
    """Return what comes out if the network says nothing but the truth.

    True probabilities and distances go through the same last step as a network's: pixels above
    the threshold propose stars, and of those that overlap only the most probable stays.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
        Sides that are multiples of the design's grid.
    design : Design
        Its `rays` and `grid` count.
    probability, overlap : float
        Thresholds.

    Returns
    -------
    ndarray, int32 (Y, X)
        Objects, with numbers of their own.
    """
    from gpu_course.deep_learning.stardist import data, thresholds

    answer = data.targets(labels, design.rays, design.grid)
    return thresholds.choose(*answer, design.grid, labels.shape, probability, overlap)


def is_found(truth: Labels, found: Labels, *, least: float = 0.5) -> NDArray[np.bool_]:
    """Return for every true object whether a found one overlaps it enough, bool (objects,).

    Label images (Y, X) are numbered from 1 without gaps; `least` is the IoU of a match, above 0.5
    or equal.
    """
    shape = (int(truth.max()) + 1, int(found.max()) + 1)
    both = np.zeros(shape, np.int64)
    np.add.at(both, (truth.ravel(), found.ravel()), 1)
    union = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    iou = both[1:, 1:] / np.maximum(union[1:, 1:], 1)
    return np.asarray(iou.max(axis=1, initial=0) >= least)


def by_kind(scenes: Sequence[Sample], answers: Mapping[str, Sequence[Labels]]) -> "pd.DataFrame":
    """Return which share of the objects was found, by what is to be seen of them.

    Scenes have labels, numbered from 1 without gaps; `answers` is the name of a method → its label
    images, one per scene. A row for each of `KINDS` that occurs; columns "bees" and, for each
    method, the share found at IoU 0.5.
    """
    import pandas as pd

    kinds: list[str] = []
    found: dict[str, list[bool]] = {name: [] for name in answers}
    for number, scene in enumerate(scenes):
        assert scene.labels is not None
        kinds += _kinds(np.asarray(scene.labels))
        for name, labels in answers.items():
            found[name] += is_found(np.asarray(scene.labels), labels[number]).tolist()
    table = pd.DataFrame({"kind": kinds, **found}).groupby("kind").mean()
    table.insert(0, "bees", pd.Series(kinds).value_counts())
    order = [kind for kind in KINDS if kind in table.index]
    return table.loc[order].rename_axis(None).round(2)


KINDS = (
    "more than half in view",
    "less than half in view",
    "in several pieces",
    "cut by the frame",
)
"""What is to be seen of an object. Half of what: of the typical area in its scene."""


def _kinds(labels: Labels) -> list[str]:
    from scipy import ndimage

    frame = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    cut = set(np.unique(frame).tolist())
    # Most objects lie free, so the median is the area of one that does.
    half = np.median(np.bincount(labels.ravel())[1:]) / 2 if labels.any() else 0.0
    kinds = []
    for number, window in enumerate(ndimage.find_objects(labels), start=1):
        own = labels[window] == number
        if number in cut:
            kinds.append(KINDS[3])
        elif ndimage.label(own, np.ones((3, 3)))[1] > 1:
            kinds.append(KINDS[2])
        else:
            kinds.append(KINDS[0] if own.sum() > half else KINDS[1])
    return kinds
