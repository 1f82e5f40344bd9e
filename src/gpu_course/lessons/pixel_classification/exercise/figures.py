"""The chart of the chapter: how common values are at several places."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.display.charts import curves
from gpu_course.display.figures import Panels


def histograms(values: Mapping[str, NDArray[Any]], *, across: str, alt: str) -> Panels:
    """Draw how common values are in several groups, as one curve each.

    Parameters
    ----------
    values : mapping
        Name of the group → numbers of 0 and above.
    across : str
        What the numbers are, with the unit.
    alt : str
        What a reader who cannot see the chart should know.
    """
    edges = np.linspace(0, max(np.percentile(v, 99) for v in values.values()), 41)
    middle = (edges[:-1] + edges[1:]) / 2
    shares = {
        name: (middle, 100 * np.histogram(numbers, edges)[0] / len(numbers))
        for name, numbers in values.items()
    }
    figure = curves(shares, across=across, up="pixels, in %", alt=alt)
    figure.axes[0].set(xlim=(0, None), ylim=(0, None))
    return figure
