import numpy as np
import pytest

from gpu_course.napari_plugin import tiles


@pytest.mark.parametrize("shape", [(7, 9), (512, 512), (513, 1300), (5, 6, 7), (70, 130, 300)])
def test_tiles_cover_each_pixel_once(shape):
    counted = np.zeros(shape, int)
    for tile in tiles.grid(shape):
        counted[tile] += 1
        limits = tiles.SIDE[len(shape)]
        assert all(s.stop - s.start <= n for s, n in zip(tile, limits, strict=True))
    assert (counted == 1).all()


def region(*pairs):
    return tuple(slice(a, b) for a, b in pairs)


@pytest.mark.parametrize(
    ("corners", "shape", "point", "displayed", "expected"),
    [
        # The last corner pixel is in view, too.
        ([[10, 20], [30, 50]], (100, 200), (0, 0), (0, 1), region((10, 31), (20, 51))),
        # One slice of a volume: its axis comes from the slider.
        ([[0, 0, 5], [0, 9, 8]], (7, 10, 20), (3.4, 0, 0), (1, 2), region((3, 4), (0, 10), (5, 9))),
        # The slider beside the image, the image beside the window.
        ([[0, 0, 0], [0, 9, 9]], (7, 10, 10), (12, 0, 0), (1, 2), region((6, 7), (0, 10), (0, 10))),
        ([[-5, 300], [-1, 400]], (100, 200), (0, 0), (0, 1), region((0, 1), (199, 200))),
        # A volume seen as a volume.
        ([[0, 0, 0], [6, 9, 1]], (7, 10, 2), (3, 4, 1), (0, 1, 2), region((0, 7), (0, 10), (0, 2))),
        # Nothing was drawn yet.
        ([[0, 0], [0, 0]], (30, 40), (0, 0), (0, 1), region((0, 30), (0, 40))),
    ],
)  # fmt: skip
def test_visible_region(corners, shape, point, displayed, expected):
    assert tiles.visible(corners, shape, point, displayed) == expected


def test_regions_that_only_touch_do_not_meet():
    assert tiles.meet(region((0, 5), (0, 5)), region((4, 9), (4, 9)))
    assert not tiles.meet(region((0, 5), (0, 5)), region((5, 9), (0, 5)))


def test_tile_in_the_middle_of_the_view_comes_first():
    cut = tiles.grid((1500, 1500))
    view = region((1100, 1300), (600, 800))
    order = tiles.nearest_first(cut, view)
    assert sorted(map(str, order)) == sorted(map(str, cut))
    assert tiles.meet(order[0], view)
    assert not tiles.meet(order[-1], view)
