"""How good is an instance segmentation? Average precision over the IoU that is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gpu_course.deep_learning.stardist.data import check_labels
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.metrics import THRESHOLDS, average_precision


def table(
    scenes: Sequence[Sample],
    predictions: Sequence[ArrayLike],
    thresholds: Sequence[float] = THRESHOLDS,
) -> Any:
    """Return the average precision of every scene at every IoU.

    Parameters
    ----------
    scenes : sequence of Sample
        With labels.
    predictions : sequence of array, integer (Y, X)
        Label images, in the same order.
    thresholds : sequence of float
        Least IoU of a match.

    Returns
    -------
    pandas.DataFrame
        One row per scene, one column per IoU. ``.median()`` is the curve to report.

    Raises
    ------
    CourseError
        If there are not as many predictions as scenes, or one has another shape.
    """
    import pandas as pd

    check_labels(scenes)
    if len(scenes) != len(predictions):
        raise CourseError(
            f"{len(scenes)} scenes and {len(predictions)} predictions cannot be compared. Give one "
            "prediction for each scene."
        )
    rows = [
        average_precision(
            np.asarray(scene.labels),
            prediction,
            thresholds,
            in_pieces=bool(scene.facts.get("in_pieces")),
        )
        for scene, prediction in zip(scenes, predictions, strict=True)
    ]
    index = pd.Index([scene.index for scene in scenes], name="scene")
    return pd.DataFrame(rows, index=index, columns=pd.Index(thresholds, name="IoU"))


def draw(tables: Mapping[str, Any], *, title: str = "") -> Any:
    """Draw curves of average precision: the median over scenes, and a band for half of them.

    Parameters
    ----------
    tables : mapping
        From the name of a method to its `table`.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib import pyplot as plt

    # Colours for every kind of sight, and markers to tell the curves apart in grey.
    looks = [
        ("#0072B2", "o", "-"),
        ("#E69F00", "s", "--"),
        ("#009E73", "^", "-."),
        ("#CC79A7", "D", ":"),
        ("#000000", "v", "-"),
    ]
    figure, axes = plt.subplots(figsize=(5, 3.2), layout="constrained")
    for number, (name, scores) in enumerate(tables.items()):
        colour, marker, line = looks[number % len(looks)]
        low, middle, high = (scores.quantile(q) for q in (0.25, 0.5, 0.75))
        axes.plot(scores.columns, middle, line, color=colour, marker=marker, label=name)
        axes.fill_between(scores.columns, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.set(xlabel="least IoU of a match", ylabel="average precision", ylim=(0, 1), title=title)
    axes.legend(frameon=False)
    return figure
