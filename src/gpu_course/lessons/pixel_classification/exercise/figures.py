"""The course's pixel classifiers of nuclei, bees and roots, from the strokes to the result.

Numbers (strokes, turns, thresholds, spacings) were chosen on validation scenes, for the nuclei by
learning on one part of the train half and judging on the other. No test scene had a say.
Lengths are in pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def curves_figure(values: dict[str, NDArray[Any]], label: str) -> Any:
    """Draw how common values are in several groups, as one curve each.

    Parameters
    ----------
    values : dict
        Name → numbers.
    label : str
        What the numbers are.

    Returns
    -------
    matplotlib.figure.Figure
    """
    import matplotlib.pyplot as plt

    edges = np.linspace(0, max(np.percentile(v, 99) for v in values.values()), 41)
    middle = (edges[:-1] + edges[1:]) / 2
    figure, panel = plt.subplots(figsize=(6, 2.8), layout="constrained")
    styles = zip(("#0072b2", "#e69f00", "0.35"), ("-", "--", ":"), strict=True)
    for (name, numbers), (colour, dashes) in zip(values.items(), styles, strict=False):
        share = np.histogram(numbers, edges)[0] / len(numbers)
        panel.plot(middle, 100 * share, dashes, color=colour, linewidth=2, label=name)
    panel.set(xlabel=label, ylabel="pixels, in %", xlim=(0, None), ylim=(0, None))
    panel.legend(frameon=False)
    panel.spines[["top", "right"]].set_visible(False)
    plt.close(figure)  # or the notebook would draw it a second time
    return figure
