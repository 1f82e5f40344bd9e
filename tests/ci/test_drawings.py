"""What is read from the code about a figure is what the package draws."""

import ast
from pathlib import Path

import numpy as np
import pytest
from drawings import CHART, COLOUR_BAR, GAP, TITLE, drawing, lesson_folder
from phone import plan

from gpu_course import display, paths
from gpu_course.display import charts, figures
from gpu_course.display.volumes import show_views

NOWHERE = Path("no-lesson")
PICTURE = np.eye(32)


def smallest(figure):
    """Return the smallest letters that a figure draws, in points."""
    figure.draw_without_rendering()
    texts = figure.findobj(match=lambda each: hasattr(each, "get_fontsize"))
    return min(t.get_fontsize() for t in texts if t.get_visible() and t.get_text().strip())


def drawn(source, **more):
    """Run a line that draws, and return what is known of its figure, and the figure."""
    figure = eval(source, {"display": display, "charts": charts, "p": PICTURE, **more})
    return drawing(source, repr(figure), NOWHERE), figure


LINES = [
    "display.show(p)",
    "display.show(p, width=5, voxel_size=0.1)",
    "display.show(p, p, titles=['a', 'b'])",
    "display.show(p, p, p, titles=['a', 'b', 'c'], no_scale=False)",
    "display.show(p, p, p, titles=['a', 'b', 'c'], width=4.8, voxel_size=0.2)",
    "display.show(*[p] * 6, titles=[*'abc', None, None, None], columns=3, width=6)",
    "display.show(*[p] * 7, titles=list('abcdefg'))",
    "display.show(*[p] * 4, columns=2, no_scale=False, titles=list('abcd'))",
    "display.show_maps(p, p, titles=['a', 'b'])",
    "display.show_maps(p, titles=['a'], width=4.5, voxel_size=0.1)",
]


@pytest.mark.parametrize("source", LINES)
def test_letters_are_those_drawn(source):
    known, figure = drawn(source)
    inches = float(figure.get_figwidth())
    # Notes are half a point smaller than the words of scale bars; either may be drawn.
    assert smallest(figure) - 0.5 <= known.letters(inches, 72) <= smallest(figure)


@pytest.mark.parametrize("source", LINES)
def test_parts_are_the_panels_drawn(source):
    known, figure = drawn(source)
    pictures = [axes for axes in figure.axes if axes.images]
    assert known.number == len(pictures)
    width, height = (144 * n for n in figure.get_size_inches())
    how = plan(known, round(width), round(height), 144)
    for part in how.parts:
        inside = [
            axes
            for axes in pictures
            if abs(axes.get_position().x0 * width - part.left) < 1
            and part.top <= (1 - axes.get_position().y0) * height - 1 <= part.top + part.height
        ]
        assert len(inside) == len(pictures) / len(how.parts)
        assert all(abs(a.get_position().width * width - part.width) < 1 for a in inside)


def test_the_sizes_are_the_styles():
    assert figures.GAP == GAP
    source = "display.show_maps(p, titles=['a'], width=20)"
    known, figure = drawn(source)
    assert (known.points, smallest(figure)) == (COLOUR_BAR, COLOUR_BAR)
    known, figure = drawn("display.show(p, titles='a', no_scale=False)")
    assert (known.points, smallest(figure)) == (TITLE, TITLE)


def test_views_are_two_rows():
    volumes = {"a": np.ones((8, 16, 16)), "b": np.ones((8, 16, 16))}
    figure = show_views(volumes, (0.2, 0.1, 0.1), range=(0, 1))
    known = drawing("show_views(volumes, (0.2, 0.1, 0.1), range=(0, 1))", repr(figure), NOWHERE)
    assert (known.columns, known.rows, known.number, known.is_even) == (2, 2, 4, False)
    assert known.letters(4.8, 72) <= smallest(figure)


def test_a_chart_has_the_letters_of_the_style():
    source = "charts.curves({'a': (x, x), 'b': (x, x)}, across='x', up='y', alt='Two', log=True)"
    known, figure = drawn(source, x=np.arange(1, 9))
    assert known.letters(5.2, 72) == CHART == smallest(figure)


@pytest.mark.parametrize(
    ("source", "points"),
    [
        ("axes.set_xscale('log')", 6.3),
        ("axes.set_xscale('log')\naxes.set_xticks([1, 10], ['1', '10'])", 9),
        ("axes.text(0, 0, 'small', fontsize=7)", 7),
        ("%matplotlib inline\naxes.plot(x)", 9),
    ],
)
def test_what_a_cell_does_to_a_chart_counts(source, points):
    known = drawing(source, "<Panels size 748.8x460.8 with 1 Axes>", NOWHERE)
    assert known.letters(5.2, 72) == pytest.approx(points)


def test_a_function_of_the_lesson_is_read(tmp_path):
    code = "def stars(image):\n    return display.show(image, image, titles=['a', 'b'], width=6)\n"
    (tmp_path / "figures.py").write_text(code)
    known = drawing("figures.stars(bee)", "<Panels size 1x1 with 2 Axes>", tmp_path)
    assert (known.columns, known.titles) == (2, "all")
    assert lesson_folder(tmp_path, "a-b/c-d") == tmp_path / "lessons" / "a_b" / "c_d"


def test_what_nobody_knows_is_said():
    assert drawing("picture", "<PIL.Image.Image>", NOWHERE) is None
    assert drawing("if True:\n    %cd", "<Panels size 1x1 with 4 Axes>", NOWHERE) is None
    columns = "display.show(*many, columns=found, titles=names)"
    assert drawing(columns, "<Panels size 1x1 with 4 Axes>", NOWHERE).columns == 1


def test_no_function_of_the_package_draws_smaller_letters_unseen():
    """Those of `show` and its kin are known; a chart may be drawn by any other module."""
    small = []
    for file in paths.package().rglob("*.py"):
        if file.parent.name == "display" and file.name in ("figures.py", "maps.py"):
            continue
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            small += [
                f"{file.name}:{call.lineno}"
                for word in getattr(call, "keywords", [])
                if word.arg in ("fontsize", "labelsize")
                and getattr(word.value, "value", CHART) < CHART
            ]
    assert small == []
