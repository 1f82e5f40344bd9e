"""How good is an instance segmentation? Average precision over the IoU that is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from gpu_course.deep_learning.stardist.data import check_labels
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.metrics import THRESHOLDS, average_precision

if TYPE_CHECKING:
    from gpu_course.display.figures import Panels


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


def draw(tables: Mapping[str, Any], *, alt: str, title: str = "") -> Panels:
    """Draw curves of average precision: the median over scenes, and a band for half of them.

    Parameters
    ----------
    tables : mapping
        From the name of a method to its `table`. The methods of the course have the colours that
        they have on every page.
    alt : str
        What a reader who cannot see the chart should know.
    title : str
    """
    from gpu_course.display.chart_styles import METHODS
    from gpu_course.display.charts import chart, finish, style

    figure, (axes,) = chart(alt=alt, height=3.2)
    known = all(name in METHODS for name in tables)
    for number, (name, scores) in enumerate(tables.items()):
        line = style(name if known else number, dashes=True)
        low, middle, high = (scores.quantile(q) for q in (0.25, 0.5, 0.75))
        axes.plot(scores.columns, middle, label=name, **line)
        axes.fill_between(scores.columns, low, high, color=line["color"], alpha=0.15, linewidth=0)
    axes.set_ylim(0, 1)
    finish(axes, across="least IoU of a match", up="average precision", title=title)
    return figure
