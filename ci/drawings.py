"""How a stored figure was drawn: where its panels lie, and how small its smallest letters are.

A file of pixels does not say it. The cell does that drew it, the function of the lesson that the
cell called, and the text that stands beside the picture in the output: ``<Panels size … with 3
Axes>``. The sizes are those of ``gpu_course.display``, which needs packages that rendering the book
does without; ``tests/ci/test_drawings.py`` compares the two.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

GAP = 0.08
"""Inches between two panels of ``display.show``."""
TITLE = 10.0
"""Points: the title of a panel."""
COLOUR_BAR = 8.0
"""Points: the numbers below a map."""
CHART = 9.0
"""Points: the smallest letters that ``charts.finish`` sets."""
PLAIN = 10.0
"""Points: matplotlib's own, where a cell draws without the course's style."""
EXPONENT = 0.7
"""Size of the 3 in 10³, relative to the 10, where an axis is logarithmic and left to matplotlib."""
WINDOW = 12.0
"""Pixels: napari's letters (9 points at 96 dots an inch)."""

_FIGURE = re.compile(r"<(?P<kind>Panels|Figure) size \S+ with (?P<axes>\d+) Axes>")
_SHOWS = ("show", "show_maps", "show_views")
_OWN_TICKS = re.compile(r"set_[xy]ticks|set_major_formatter")


@dataclass(frozen=True)
class Drawing:
    """What is known of a stored figure.

    Attributes
    ----------
    columns, rows : int
        Of the grid of panels, where the figure may be cut along its gaps; else 1 and 1.
    number : int
        Of the panels; the last row may have fewer than the others.
    titles : str
        Which rows have titles: "none", "first", "all".
    is_even : bool
        Whether all rows are equally high, so that the gaps between them are known too.
    points : float
        The smallest letters, but for those of scale bars; 0 if there are none.
    has_scale : bool
        Whether scale bars, or notes in their place, are written into the panels.
    pixels : float
        The smallest letters of a window, in its own pixels; else 0.
    """

    columns: int = 1
    rows: int = 1
    number: int = 1
    titles: str = "none"
    is_even: bool = False
    points: float = 0.0
    has_scale: bool = False
    pixels: float = 0.0

    def cell(self, inches: float) -> float:
        """Return the width of a panel of a figure that is `inches` wide."""
        return (inches - GAP * (self.columns - 1)) / self.columns

    def letters(self, inches: float, dpi: float) -> float:
        """Return the smallest letters (their font size) in pixels of the file, 0 if it has none."""
        if self.pixels:
            return self.pixels
        sizes = [self.points] if self.points else []
        if self.has_scale:
            # A scale may be unknown in any panel, and its note is half a point smaller.
            sizes.append(min(max(self.cell(inches) * 3.2, 6.5), 9.0) - 0.5)
        return min(sizes, default=0.0) * dpi / 72


def drawing(source: str, shown: str, lesson: Path) -> Drawing | None:
    """Return how a figure was drawn, None if that is not known.

    Parameters
    ----------
    source : str
        The cell whose output it is.
    shown : str
        The output's plain text.
    lesson : Path
        Folder of the chapter's own code; it need not exist.
    """
    if shown.startswith("Snapshot of"):
        return Drawing(pixels=WINDOW)
    figure = _FIGURE.match(shown)
    if figure is None:
        return None
    try:
        makers = list(_makers(source, lesson))
    except SyntaxError:  # of IPython, and more than a line of it
        return None
    if figure["kind"] == "Panels":
        for maker in makers:
            for call in reversed(_calls(maker)):
                if _name(call) in _SHOWS and not ast.unparse(call.func).startswith("plt."):
                    return _pictures(call, int(figure["axes"]))
    return Drawing(points=_least(makers, CHART if figure["kind"] == "Panels" else PLAIN))


def lesson_folder(package: Path, chapter: str) -> Path:
    """Return where the package keeps the code of a chapter such as ``classical/cupy-basics``."""
    return package / "lessons" / chapter.replace("-", "_")


def _makers(source: str, lesson: Path) -> Iterator[ast.AST]:
    """Yield the code of a cell, and of the lesson's functions that it calls."""
    # What begins with % or ! is a command of IPython.
    lines = ("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
    cell = ast.parse("\n".join(lines))
    yield cell
    known = _functions(lesson)
    for call in reversed(_calls(cell)):
        if _name(call) in known:
            yield known[_name(call)]


@cache
def _functions(lesson: Path) -> dict[str, ast.AST]:
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in sorted(lesson.glob("*.py"))]
    return {
        node.name: node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)
    }


def _calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _pictures(call: ast.Call, axes: int) -> Drawing:
    """Return what a call of ``display.show`` and its kin draws with so many axes."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    scale, voxels = given.get("no_scale"), given.get("voxel_size")
    has_scale = voxels is not None or not (isinstance(scale, ast.Constant) and scale.value is False)
    if _name(call) == "show_maps":  # a colour bar below each map has axes of its own
        return Drawing(axes // 2, 1, axes // 2, "all", False, COLOUR_BAR, has_scale)
    if _name(call) == "show_views":  # a row from above, and a lower one from the side
        return Drawing(axes // 2, 2, axes, "all", False, TITLE, True)
    columns = axes if axes <= 4 else -(-axes // -(-axes // 4))
    if "columns" in given:
        wanted = getattr(given["columns"], "value", None)
        columns = wanted if isinstance(wanted, int) else 1
    titles = given.get("titles", ast.Constant(None))
    lacks = any(isinstance(n, ast.Constant) and n.value is None for n in ast.walk(titles))
    titled = "none" if isinstance(titles, ast.Constant) and lacks else "first" if lacks else "all"
    return Drawing(
        columns=columns,
        rows=-(-axes // columns),
        number=axes,
        titles=titled,
        is_even=not isinstance(voxels, ast.BinOp),  # [(y, x)] * 3 + [(z, x)] * 3
        points=0.0 if titled == "none" else TITLE,
        has_scale=has_scale,
    )


def _least(makers: list[ast.AST], usual: float) -> float:
    """Return the smallest letters of a chart, in points."""
    sizes = [usual]
    has_exponents = False
    for maker in makers:
        for call in _calls(maker):
            sizes += [
                keyword.value.value
                for keyword in call.keywords
                if keyword.arg in ("fontsize", "labelsize")
                and isinstance(keyword.value, ast.Constant)
                and isinstance(keyword.value.value, int | float)
            ]
        code = ast.unparse(maker)
        has_exponents |= "'log'" in code and not _OWN_TICKS.search(code)
    return min(sizes) * (EXPONENT if has_exponents else 1)
