"""A map of scores: ways to train against kinds of test."""

from typing import TYPE_CHECKING

from gpu_course.display import charts
from gpu_course.display.figures import Panels

if TYPE_CHECKING:
    import pandas as pd


def score_map(table: "pd.DataFrame", *, alt: str) -> Panels:
    """Draw scores as a table whose cells are the darker the better.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each way of training, one column for each kind of test.
    alt : str
        What a reader who cannot see the map should know.
    """
    figure = charts.heat_map(
        table.to_numpy(float),
        rows=list(table.index),
        columns=list(table.columns),
        across="the scenes when tested",
        up="",
        alt=alt,
        form=".2f",
        height=3.5,
    )
    # Long names below narrow cells.
    (axes,) = figure.axes
    axes.set_xticks(axes.get_xticks(), table.columns, rotation=45, ha="right")
    return figure
