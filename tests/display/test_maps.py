"""Parametric maps: colours rise with the numbers, background is black, mistakes are named."""

import io

import numpy as np
import pytest
from PIL import Image

from gpu_course.display import show_maps
from gpu_course.errors import CourseError


def drawn(figure):
    return np.asarray(Image.open(io.BytesIO(figure.encode()[1])).convert("RGB")).astype(float)


def test_lightness_rises_with_the_number_and_background_is_black():
    values = np.full((60, 90), np.nan)
    values[:, 30:60], values[:, 60:] = 1.0, 5.0
    pixels = drawn(show_maps(values, titles=["area"], alt="Steps"))
    line = pixels[pixels.shape[0] // 2].sum(axis=-1)
    third = len(line) // 3
    background, low, high = (
        np.median(line[k * third + 20 : (k + 1) * third - 20]) for k in (0, 1, 2)
    )
    assert background == 0
    assert 0 < low < high


def test_the_bar_tells_the_range_of_its_own_map():
    one = np.arange(12.0).reshape(3, 4)
    figure = show_maps(one, one * 100, titles=["a", "b"], alt="Two")
    limits = [axes.get_xlim() for axes in figure.axes[1::2]]
    assert limits == [(0, 11), (0, 1100)]
    assert figure.alt == "Two"
    assert {axes.get_title() for axes in figure.axes[::2]} == {"a", "b"}


def test_counts_have_whole_ticks_and_equal_values_are_drawn():
    counts = np.array([[np.nan, 0, 1], [2, 1, 0]])
    for values in (counts, np.zeros((3, 3))):
        figure = show_maps(values, titles=["neighbours"], alt="Counts")
        drawn(figure)
        assert all(float(tick) % 1 == 0 for tick in figure.axes[1].get_xticks())


@pytest.mark.parametrize(
    ("maps", "titles", "words"),
    [
        ([], [], "maps"),
        ([np.ones((3, 3))], ["a", "b"], "titles"),
        ([np.ones((3, 3)), np.ones((3, 4))], ["a", "b"], "one shape"),
        ([np.ones((3, 3, 3))], ["a"], "one shape"),
        ([np.full((3, 3), np.nan)], ["a"], "no number"),
    ],
)
def test_mistakes_are_named(maps, titles, words):
    with pytest.raises(CourseError, match=words):
        show_maps(*maps, titles=titles)


def test_what_is_masked_is_background():
    values = np.arange(4800.0).reshape(60, 80)
    masked = np.ma.masked_less(values, 2400)
    missing = np.where(values < 2400, np.nan, values)
    one, other = (show_maps(each, titles=["a"], alt="Half") for each in (masked, missing))
    np.testing.assert_array_equal(drawn(one), drawn(other))


@pytest.mark.parametrize(
    "given",
    [np.ones((8, 8)) * 1j, np.full((8, 8), "a"), None, np.ones((8, 8), object)],
    ids=["complex", "text", "None", "object"],
)
def test_colours_need_real_numbers(given):
    with pytest.raises(CourseError, match="real numbers"):
        show_maps(given, titles=["a"], alt="Nothing")


@pytest.mark.parametrize(
    "options", [{"titles": "a"}, {"titles": None}, {"width": 0}, {"width": "7"}]
)
def test_wishes_that_cannot_be_are_named(options):
    with pytest.raises(CourseError, match=next(iter(options))):
        show_maps(np.eye(8), **{"titles": ["a"], "alt": "A line"} | options)
