"""The chapter on augmentation and normalisation: tomorrow's images, a table, solutions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def heat_map(table: pd.DataFrame) -> Any:
    """Draw scores from 0 to 1 as a table whose cells are the lighter the better.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each way of training, one column for each kind of test.

    Returns
    -------
    matplotlib.figure.Figure
    """
    import matplotlib.pyplot as plt

    values = table.to_numpy(float)
    rows, columns = values.shape
    size = (1.5 + 0.44 * columns, 1.1 + 0.34 * rows)
    figure, panel = plt.subplots(figsize=size, layout="constrained")
    panel.imshow(values, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        ink = "black" if value > 0.5 else "white"
        panel.text(column, row, f"{value:.2f}", ha="center", va="center", color=ink, fontsize=10)
    panel.set_yticks(range(rows), table.index, fontsize=10)
    panel.set_xticks(range(columns), table.columns, rotation=45, ha="left", fontsize=10)
    panel.xaxis.tick_top()
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    plt.close(figure)  # or the notebook would draw it a second time
    return figure
