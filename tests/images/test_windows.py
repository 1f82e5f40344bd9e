import numpy as np
import pytest

from gpu_course.images.windows import block_means, fullest_window


@pytest.mark.parametrize("spot", [(0, 0), (30, 41), (59, 79)])
@pytest.mark.parametrize("side", [16, 17])
def test_the_fullest_window_holds_the_pixel_and_lies_inside(spot, side):
    pixels = np.zeros((60, 80), bool)
    pixels[spot] = True
    window = fullest_window(pixels, side)
    assert pixels[window].sum() == 1
    assert pixels[window].shape == (side, side)


def test_the_fullest_window_is_where_most_pixels_are():
    pixels = np.zeros((60, 80), bool)
    pixels[30:50, 50:70] = True
    pixels[3:20, 3:20] = True
    assert fullest_window(pixels, 20) == (slice(30, 50), slice(50, 70))


def test_numbers_are_summed():
    counts = np.zeros((40, 40))
    counts[3:6, 3:6], counts[30, 30] = 1, 10
    assert counts[fullest_window(counts, 8)].sum() == 10


def test_a_window_is_never_larger_than_the_image():
    rows, columns = fullest_window(np.ones((10, 30), bool), 16)
    assert rows == slice(0, 10)
    assert columns.stop - columns.start == 16


@pytest.mark.parametrize(("dtype", "factor"), [(np.uint8, 2), (np.uint8, 3), (bool, 2)])
def test_block_means_are_those_of_whole_blocks(dtype, factor):
    image = np.random.default_rng(0).integers(0, 256, (13, 17)).astype(dtype)
    reduced = block_means(image, factor)
    assert reduced.dtype == np.float32
    assert reduced.shape == (13 // factor, 17 // factor)
    last = image[-(13 % factor) - factor : 13 - 13 % factor, :factor]
    assert reduced[-1, 0] == pytest.approx(last.mean(), rel=1e-6)
