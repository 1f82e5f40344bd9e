"""Show medians from :func:`gpu_course.timing.medians` side by side, as ratios."""

from rich.console import Console
from rich.table import Table


def table(title: str, rows: list[tuple[str, dict[str, float]]], *, reference: str) -> Table:
    """Return a table of milliseconds, and of each way's time as a ratio to `reference`'s.

    Parameters
    ----------
    title : str
    rows : list of (str, dict)
        What was done, and the medians, in seconds.
    reference : str
        The way whose ratio is 1; below 1 is faster.
    """
    names = list(dict.fromkeys(name for _, row in rows for name in row))
    shown = Table("operation", *(f"{n}\nms (ratio)" for n in names), title=title, box=None)
    for operation, row in rows:
        cells = [
            f"{1000 * row[n]:.1f} ({row[n] / row[reference]:.2f})" if n in row else "–"
            for n in names
        ]
        shown.add_row(operation, *cells)
    return shown


def show(shown: Table) -> None:
    """Print a table."""
    Console(width=140).print(shown)
