import numpy as np
import pytest

from gpu_course.napari_plugin.layout import Layout, layout_of


@pytest.mark.parametrize(
    ("shape", "labels", "options", "space", "channel"),
    [
        ((9, 8), ("-2", "-1"), {}, (0, 1), None),
        ((5, 9, 8), ("-3", "-2", "-1"), {}, (0, 1, 2), None),
        ((5, 9, 8), (), {"choice": "planes"}, (1, 2), None),
        ((5, 9, 8), ("t", "y", "x"), {}, (1, 2), None),
        ((5, 9, 8), ("Time", "axis -2", "axis -1"), {}, (1, 2), None),
        ((5, 9, 8), ("t", "y", "x"), {"choice": "volume"}, (0, 1, 2), None),
        ((5, 9, 8), ("c", "y", "x"), {}, (1, 2), 0),
        ((5, 9, 8), ("y", "x", "Channel"), {}, (0, 1), 2),
        ((9, 8, 3), ("y", "x"), {"rgb": True}, (0, 1), 2),
        ((5, 9, 8, 3), ("t", "y", "x"), {"rgb": True}, (1, 2), 3),
        ((2, 5, 9, 8), ("t", "z", "y", "x"), {}, (1, 2, 3), None),
        ((2, 5, 9, 8), ("t", "z", "y", "x"), {"choice": "planes"}, (2, 3), None),
        ((2, 5, 9, 8), ("z", "c", "y", "x"), {}, (0, 2, 3), 1),
        ((2, 5, 9, 8), (), {}, (1, 2, 3), None),
        ((7, 2, 5, 9, 8), ("t", "c", "z", "y", "x"), {}, (2, 3, 4), 1),
        # One plane is no volume.
        ((1, 9, 8), (), {}, (1, 2), None),
        ((1, 9, 8), (), {"choice": "volume"}, (0, 1, 2), None),
        ((1, 1, 8), (), {}, (1, 2), None),
        # Too long for colours.
        ((900, 9, 8), ("c", "y", "x"), {}, (1, 2), None),
    ],
)
def test_labels_and_choice_say_what_axes_are(shape, labels, options, space, channel):
    assert layout_of(shape, labels, **options) == Layout(len(shape), space, channel)


@pytest.mark.parametrize("channel", [None, 0, 1, 2, 3])
def test_reads_one_frame_with_colours_last(channel):
    shape = (4, 3, 6, 5)
    pixels = np.arange(np.prod(shape)).reshape(shape)
    space = tuple(axis for axis in range(4) if axis != channel)[-2:]
    layout = Layout(4, space, channel)
    sites = layout.sites(shape)
    region = tuple(
        slice(1, 3) if axis in layout.space_of_sites else slice(2, 3) for axis in range(len(sites))
    )
    block = layout.read(pixels, region)
    index = [slice(2, 3)] * 4
    for axis in space:
        index[axis] = slice(1, 3)
    if channel is not None:
        index[channel] = slice(None)
    expected = pixels[tuple(index)]
    if channel is not None:
        expected = np.moveaxis(expected, channel, -1)
    np.testing.assert_array_equal(block.ravel(), expected.ravel())
    assert block.shape == (2, 2, *(() if channel is None else (shape[channel],)))


def test_spread_writes_through_and_comes_back():
    layout = Layout(4, (2, 3), 1)
    sites = np.zeros((4, 6, 5), np.uint8)
    wide = layout.spread(sites, (4, 3, 6, 5))
    assert wide.shape == (4, 3, 6, 5)
    wide[1, 2, 3, 4] = 7
    assert sites[1, 3, 4] == 7
    assert (wide[1, :, 3, 4] == 7).all()
    np.testing.assert_array_equal(layout.gathered(wide, wide.shape), sites)
    np.testing.assert_array_equal(layout.gathered(wide.copy(), wide.shape), sites)
    np.testing.assert_array_equal(layout.gathered(sites, wide.shape), sites)
    assert Layout(3, (1, 2)).spread(sites, sites.shape) is sites
