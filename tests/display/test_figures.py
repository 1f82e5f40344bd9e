"""Figures: the scale bar is as long as it says, and a notebook shows each figure once."""

import io

import numpy as np
import pytest
from PIL import Image

from gpu_course.display import show
from gpu_course.display.scale_bars import scale_bar
from gpu_course.errors import CourseError


def pixels(figure, dpi=200):
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi)
    return np.asarray(Image.open(file).convert("RGB"))


@pytest.mark.parametrize(
    ("width", "size", "label"),
    [
        (512, 0.32, "20 µm"),
        (100, 0.2, "5 µm"),
        (400, 0.1, "10 µm"),
        (256, 0.01, "0.5 µm"),
        (1000, 20.0, "5 mm"),
        (4, 1.0, "1 µm"),
    ],
)
def test_bar_is_round_and_at_most_a_quarter(width, size, label):
    bar = scale_bar(width, size)
    assert bar.label == label
    assert bar.pixels * size == pytest.approx(bar.length)
    assert width / 10 <= bar.pixels <= width / 4 * (1 + 1e-6)


def longest_white_run(rows):
    """Longest horizontal run of pure white, in pixels."""
    best = 0
    for row in (rows == 255).all(-1):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
        best = max(best, *(edges[1::2] - edges[::2]), 0) if len(edges) else best
    return best


@pytest.mark.parametrize("size", [(0.3, 0.3), (1.2, 0.3, 0.3), (0.6, 0.3)])
@pytest.mark.parametrize("value", [0.0, 0.5])
def test_bar_measures_what_its_label_says(size, value):
    image = np.full((120, 200), value)
    image[0, :2] = 0, 1  # sets the grey range
    figure = show(image, voxel_size=size, range=(0, 1))
    drawn = pixels(figure)
    expected = scale_bar(200, 0.3).pixels / 200 * drawn.shape[1]
    assert longest_white_run(drawn[drawn.shape[0] // 2 :]) == pytest.approx(expected, abs=3)


def test_bar_has_a_dark_rim_on_a_white_picture():
    drawn = pixels(show(np.ones((100, 100), bool), voxel_size=0.5))
    corner = drawn[len(drawn) * 3 // 4 :, drawn.shape[1] // 2 :]
    assert (corner.max(-1) < 40).sum() > 100
    middle = drawn[len(drawn) // 4 : len(drawn) // 2, 50:-50]
    assert (middle == 255).all()


def test_pixels_that_are_not_square_are_drawn_to_scale():
    figure = show(np.zeros((100, 100)), voxel_size=(2.0, 1.0))
    assert figure.get_figheight() == pytest.approx(2 * figure.get_figwidth())


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_no_voxel_size_is_said():
    image = np.zeros((20, 20))
    assert texts(show(image)) == ["no scale"]
    assert texts(show(image, no_scale="photograph")) == ["photograph"]
    assert texts(show(image, no_scale=False)) == []
    assert texts(show(image, image, voxel_size=[None, 1.0])) == ["no scale", "5 µm"]


def test_colour_goes_through_unchanged():
    colour = np.zeros((50, 50, 3), np.uint8)
    colour[:] = 10, 120, 200
    drawn = pixels(show(colour, no_scale=False))
    assert (drawn[drawn.shape[0] // 2, drawn.shape[1] // 2] == (10, 120, 200)).all()


def test_labels_and_outlines_colour_their_own_picture():
    image = np.zeros((40, 40))
    image[0, 0] = 1
    labels = np.zeros((40, 40), int)
    labels[10:30, 10:30] = 1
    plain, filled, lined = (
        axes.images[0].get_array()
        for axes in show(image, image, image, labels=[None, labels, None],
                         outlines=[None, None, labels]).axes
    )  # fmt: skip
    assert not plain[20, 20].any()
    assert filled[20, 20].any()
    assert not lined[20, 20].any()
    assert tuple(lined[10, 20]) == (230, 159, 0)


def test_shared_range_makes_equal_values_equal_grey():
    dark = np.tile(np.linspace(0, 1, 50), (50, 1))
    own = show(dark, dark * 10)
    shared = show(dark, dark * 10, range="shared")
    first, second = (axes.images[0].get_array().max() for axes in own.axes)
    assert first == second == 255
    assert shared.axes[0].images[0].get_array().max() < 30


@pytest.mark.parametrize(("n", "columns", "rows"), [(1, 1, 1), (4, 4, 1), (5, 3, 2), (7, 4, 2)])
def test_rows_and_columns(n, columns, rows):
    figure = show(*[np.zeros((10, 10))] * n)
    lefts = {round(axes.get_position().x0, 3) for axes in figure.axes}
    bottoms = {round(axes.get_position().y0, 3) for axes in figure.axes}
    assert (len(lefts), len(bottoms)) == (columns, rows)
    for axes in figure.axes:
        box = axes.get_position()
        assert box.x0 >= -1e-9
        assert box.y0 >= -1e-9
        assert box.x1 <= 1 + 1e-9
        assert box.y1 <= 1 + 1e-9


def test_figure_is_reproducible_and_light():
    noise = np.random.default_rng(0).random((400, 400))
    assert show(noise, noise).encode() == show(noise, noise).encode()
    mime, data = show(np.zeros((400, 400)), no_scale=False).encode()
    assert mime == "image/png"
    assert Image.open(io.BytesIO(data)).mode == "L"


def test_noisy_figure_becomes_a_jpeg_close_to_what_was_drawn():
    rng = np.random.default_rng(0)
    colour = np.repeat(rng.integers(90, 160, (300, 300, 1), np.uint8), 3, axis=-1)
    colour[100:200, 100:200] = 230, 159, 0
    mime, data = show(*[colour] * 6).encode()
    assert mime == "image/jpeg"
    assert len(data) < 200_000
    drawn = np.asarray(Image.open(io.BytesIO(data))).astype(int)
    assert (np.abs(drawn - (230, 159, 0)).max(-1) < 12).sum() > 1000


def test_a_notebook_shows_the_figure_once_with_its_alt_text():
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output
    from matplotlib import _pylab_helpers

    figure = show(np.zeros((10, 10)), alt="Nothing at all")
    assert _pylab_helpers.Gcf.get_num_fig_managers() == 0  # nothing left for pyplot to draw
    shell = InteractiveShell.instance()
    try:
        show(np.zeros((10, 10)))
        with capture_output() as captured:
            returned = shell.display_formatter.format(figure)
    finally:
        InteractiveShell.clear_instance()
    assert returned == ({}, {})  # so that no other picture of it is shown beside ours
    (shown,) = captured.outputs
    assert shown.data["image/png"][:4] == b"\x89PNG"
    assert shown.metadata["image/png"] == {"alt": "Nothing at all"}
    assert set(shown.data) == {"image/png", "text/plain"}


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((), {}, "nothing to show"),
        ((np.zeros((3, 3)), np.zeros((0, 3))), {}, "Image 2 is empty"),
        ((np.zeros((3, 3)),), {"titles": ["a", "b"]}, "2 titles for 1 images"),
        ((np.zeros((3, 3)),), {"labels": np.zeros((4, 4), int)}, "same slice"),
        ((np.zeros((3, 3)),), {"columns": 0}, "above 0"),
        ((np.zeros((3, 3)),), {"voxel_size": 0}, "above 0"),
    ],
)
def test_mistakes_are_named(arguments, options, words):
    with pytest.raises(CourseError, match=words):
        show(*arguments, **options)
