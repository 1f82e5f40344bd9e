import numpy as np
import pytest

from gpu_course.display import charts
from gpu_course.display.chart_styles import COLOURS, METHODS
from gpu_course.errors import CourseError

LINES = {"one": ([1, 2], [3, 4]), "two": ([1, 2], [5, 6])}


def test_a_chart_without_words_for_those_who_cannot_see_it_is_refused():
    with pytest.raises(CourseError, match="alt="):
        charts.chart(alt=" ")
    with pytest.raises(TypeError, match="alt"):
        charts.curves(LINES, across="x", up="y")


def test_curves_draw_the_values_below_their_names_and_keep_the_text():
    figure = charts.curves(LINES, LINES, across="x / µm", up=["a", "b"], alt="Two rise.", log=True)
    assert figure.alt == "Two rise."
    assert [axes.get_ylabel() for axes in figure.axes] == ["a", "b"]
    assert {axes.get_xlabel() for axes in figure.axes} == {"x / µm"}
    for axes in figure.axes:
        assert axes.get_yscale() == "log"
        assert [line.get_ydata().tolist() for line in axes.lines] == [[3, 4], [5, 6]]
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one", "two"]


def test_charts_of_one_figure_stand_one_below_the_other():
    upper, lower = charts.curves(LINES, LINES, across="x", up="y", alt="a").axes
    figure = upper.figure
    figure.canvas.draw()
    assert upper.get_position().y0 > lower.get_position().y1
    assert upper.get_position().x0 == pytest.approx(lower.get_position().x0, abs=0.02)


def test_a_single_line_needs_no_legend():
    figure = charts.curves({"one": LINES["one"]}, across="x", up="y", alt="a")
    assert figure.axes[0].get_legend() is None


def test_lines_of_a_chart_differ_in_colour_and_in_mark_or_dash():
    styles = [charts.style(i, dashes=True) for i in range(4)]
    for key in ("color", "marker", "linestyle"):
        assert len({style[key] for style in styles}) == 4


def test_a_method_has_one_look_on_every_page():
    assert charts.style("StarDist")["color"] == COLOURS[METHODS["StarDist"]]
    assert charts.style("StarDist")["color"] != charts.style("classical")["color"]


def test_a_heat_map_writes_each_number_legibly_into_its_cell():
    figure = charts.heat_map(
        np.array([[1, 2], [3, 40]]),
        rows="ab",
        columns=[5, 6],
        across="x",
        up="y",
        alt="a",
        form="d",
    )
    (axes,) = figure.axes
    inks = {text.get_text(): text.get_color() for text in axes.texts}
    assert inks == {"1": "black", "2": "black", "3": "black", "40": "white"}
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["5", "6"]


def test_no_text_of_a_chart_is_smaller_than_nine_points():
    figure = charts.curves(LINES, across="x", up="y", alt="a", titles=["t"])
    figure.canvas.draw()
    (axes,) = figure.axes
    texts = [*axes.get_xticklabels(), *axes.get_legend().get_texts(), axes.title, axes.xaxis.label]
    assert min(text.get_fontsize() for text in texts) >= 9
