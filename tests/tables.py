"""Read Markdown tables, for the tests of made pages."""

from itertools import groupby


def table_widths(lines: list[str]) -> list[set[int]]:
    """Return for each table the numbers of cells of its rows: one number if it is whole."""
    tables = [list(rows) for inside, rows in groupby(lines, lambda line: line[:1] == "|") if inside]
    return [{row.replace("\\|", "").count("|") - 1 for row in rows} for rows in tables]
