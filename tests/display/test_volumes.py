"""Volumes as two planes each: the right ones, with titles, scales and the alt text."""

import numpy as np
import pytest

from gpu_course.display import volumes
from gpu_course.errors import CourseError


def test_views_are_the_middle_planes():
    above, side = volumes.views(np.arange(3 * 4 * 5).reshape(3, 4, 5))
    np.testing.assert_array_equal(above, 20 + np.arange(20).reshape(4, 5))
    np.testing.assert_array_equal(side, [[10, 11, 12, 13, 14], [30, 31, 32, 33, 34],
                                         [50, 51, 52, 53, 54]])  # fmt: skip


def test_each_volume_is_drawn_from_above_and_below_that_from_the_side():
    a, b = np.zeros((4, 12, 10)), np.ones((4, 12, 10))
    drawn = volumes.show_views(
        {"a": a, "b": b}, (0.3, 0.1, 0.1), range=(0, 2), alt="dark, and grey"
    )
    assert [axes.get_title() for axes in drawn.axes] == ["a, xy", "b, xy", "a, xz", "b, xz"]
    assert drawn.alt == "dark, and grey"
    for axes, grey in zip(drawn.axes, (0, 127, 0, 127), strict=True):
        assert any(patch.get_gid() == "scale-bar" for patch in axes.patches)
        assert abs(int(axes.images[0].get_array().flat[0]) - grey) <= 1


@pytest.mark.parametrize("volume", [np.ones((4, 5)), np.ones((2, 3, 4, 5)), np.ones((0, 3, 3)), 3])
def test_two_views_are_of_a_volume(volume):
    with pytest.raises(CourseError, match="two views"):
        volumes.views(volume)


@pytest.mark.parametrize("edges", [None, 0.5, (0.1, 0.1), ("0,3", "0,1", "0,1"), "0.1"])
def test_views_need_three_edges(edges):
    with pytest.raises(CourseError, match="three edges"):
        volumes.show_views({"a": np.ones((3, 4, 5))}, edges, range=(0, 1), alt="grey")


def test_a_list_has_views_too():
    given = np.arange(60).reshape(3, 4, 5)
    for one, other in zip(volumes.views(given.tolist()), volumes.views(given), strict=True):
        np.testing.assert_array_equal(one, other)
