"""Charts in one style: every chart of the course is begun, styled and finished here.

Charts of one figure stand one below the other: side by side, a phone would make them too small.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_course.display.arrays import to_numpy
from gpu_course.display.chart_styles import COLOURS, DASHES, GRID, MARKS, METHODS
from gpu_course.display.figures import Panels
from gpu_course.errors import CourseError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 5.2
"""Of a chart, in inches."""


def chart(
    rows: int = 1, columns: int = 1, *, alt: str, height: float = 2.9, width: float = WIDTH
) -> "tuple[Panels, list[Axes]]":
    """Begin a figure of charts.

    Parameters
    ----------
    rows, columns : int
        How many charts.
    alt : str
        What a reader who cannot see the figure should know: what is drawn, and what it shows.
    height : float
        Of a row, in inches.
    width : float
        Of the figure, in inches.

    Returns
    -------
    figure : Panels
        Make it the last line of a cell, and a notebook shows it.
    axes : list of matplotlib.axes.Axes
        Row by row.

    Raises
    ------
    CourseError
        If the text is empty.
    """
    if not alt.strip():
        raise CourseError("A chart needs a text for readers who cannot see it. Give it as alt=….")
    figure = Panels(figsize=(width, 0.3 + height * rows), facecolor="white", layout="constrained")
    figure.alt = alt
    return figure, list(np.ravel(figure.subplots(rows, columns)))


def style(which: int | str, *, marks: bool = True, dashes: bool = False) -> dict[str, Any]:
    """Return the keywords by which matplotlib's ``plot`` tells a line from the others.

    Parameters
    ----------
    which : int or str
        The number of the line in its chart, or the name of a method of the course, which has the
        same colour and mark on every page.
    marks : bool
        Whether each value gets a mark.
    dashes : bool
        Whether lines differ in their dashes too.
    """
    number = METHODS[which] if isinstance(which, str) else which
    return {
        "color": COLOURS[number % len(COLOURS)],
        "linewidth": 1.8,
        "linestyle": DASHES[number % len(DASHES)] if dashes else "-",
        "marker": MARKS[number % len(MARKS)] if marks else None,
        "markersize": 5,
    }


def finish(
    axes: "Axes",
    *,
    across: str = "",
    up: str = "",
    title: str = "",
    log: bool = False,
    legend: bool | None = None,
    grid: bool = True,
) -> None:
    """Give one chart its labels, its grid and, where it has named lines, its legend.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    across, up : str
        What the axes show, with the unit.
    title : str
        Above the chart.
    log : bool
        Whether the upward axis is logarithmic.
    legend : bool, optional
        Whether names are listed: unless given, where more than one line has a name.
    grid : bool
        Whether there is one.
    """
    from matplotlib.ticker import FuncFormatter

    if log:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.spines[["top", "right"]].set_visible(False)
    if grid:
        axes.grid(color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
    axes.tick_params(labelsize=9)
    axes.set_xlabel(across, fontsize=10)
    axes.set_ylabel(up, fontsize=10)
    axes.set_title(title, fontsize=10)
    named = axes.get_legend_handles_labels()[1]
    if len(named) > 1 if legend is None else legend:
        axes.legend(frameon=False, fontsize=9)


def curves(
    *panels: Mapping[str, tuple[Any, Any]],
    across: str | Sequence[str],
    up: str | Sequence[str],
    alt: str,
    titles: Sequence[str] | None = None,
    log: bool | Sequence[bool] = False,
    marks: bool = False,
) -> Panels:
    """Draw line charts, one below the other.

    Parameters
    ----------
    *panels : mapping
        Of each chart: name of a line → its values across and up.
    across, up : str or one str for each chart
        What the axes show, with the unit.
    alt : str
        What a reader who cannot see the charts should know.
    titles : sequence of str, optional
        One above each chart.
    log : bool, or one for each chart
        Whether the upward axis is logarithmic.
    marks : bool
        Whether each value gets a mark.
    """
    figure, all_axes = chart(len(panels), alt=alt)
    for i, (axes, lines) in enumerate(zip(all_axes, panels, strict=True)):
        for j, (name, (x, y)) in enumerate(lines.items()):
            line = style(j, marks=marks, dashes=True)
            axes.plot(to_numpy(x), to_numpy(y), label=name, **line)
        finish(
            axes,
            across=across if isinstance(across, str) else across[i],
            up=up if isinstance(up, str) else up[i],
            title=titles[i] if titles else "",
            log=log if isinstance(log, bool) else log[i],
        )
    return figure


def heat_map(
    values: Any,
    *,
    rows: Sequence[object],
    columns: Sequence[object],
    across: str,
    up: str,
    alt: str,
    form: str = "g",
    shade: Any = None,
    height: float = 2.9,
) -> Panels:
    """Draw a table of numbers as a map, the larger the darker, each number written in its cell.

    Parameters
    ----------
    values : (rows, columns) numbers
    rows, columns : sequence
        What the rows and the columns stand for.
    across, up : str
        What the axes show, with the unit.
    alt : str
        What a reader who cannot see the map should know.
    form : str
        How a number is written, as in ``format``.
    shade : (rows, columns) numbers, optional
        What the colours show, where it is not the numbers themselves: their logarithm, say.
    height : float
        In inches.
    """
    figure, (axes,) = chart(alt=alt, height=height)
    table = np.asarray(values)
    shades = np.asarray(table if shade is None else shade, float)
    axes.imshow(shades, cmap="cividis_r", aspect="auto")
    middle = (np.nanmin(shades) + np.nanmax(shades)) / 2
    for (row, column), number in np.ndenumerate(table):
        ink = "white" if shades[row, column] > middle else "black"
        axes.text(column, row, format(number, form), ha="center", va="center", color=ink)
    axes.set_xticks(range(len(columns)), [str(column) for column in columns])
    axes.set_yticks(range(len(rows)), [str(row) for row in rows])
    finish(axes, across=across, up=up, grid=False)
    return figure
