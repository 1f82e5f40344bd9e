"""What the FFTs leave out is zero or cut away, and sums over blocks lose nothing."""

import numpy as np
import pytest
from scipy import fft

from gpu_course.deconvolution.acceleration import HIGHEST, Momentum
from gpu_course.deconvolution.fourier import Fourier, fast_shape, shape_without_wrap
from gpu_course.deconvolution.pointwise import Blocks, cut

SHAPES = [((6, 8, 9), (4, 5, 7)), ((7, 9, 10), (7, 3, 10)), ((9, 15), (5, 15)), ((8, 5), (1, 1))]


@pytest.fixture(params=["numpy", "torch"])
def put(request):
    if request.param == "numpy":
        return np.asarray
    return pytest.importorskip("torch").asarray


@pytest.mark.parametrize(("shape", "window"), SHAPES)
def test_a_window_is_the_whole_with_zeros(put, shape, window):
    rng = np.random.default_rng(0)
    values, field = rng.random(window, np.float32), rng.random(shape, np.float32)
    padded = np.pad(values, [(0, n - w) for n, w in zip(shape, window, strict=True)])
    fourier = Fourier(shape, put(values), window)
    spectrum = np.asarray(fourier.forward_window(put(values)))
    assert spectrum.dtype == np.complex64
    np.testing.assert_allclose(spectrum, fft.rfftn(padded), atol=1e-4)
    np.testing.assert_allclose(np.asarray(fourier.forward(put(field))), fft.rfftn(field), atol=1e-4)
    there = fourier.inverse(fourier.forward(put(field)))
    np.testing.assert_allclose(np.asarray(there) / fourier.size, field, atol=1e-5)
    seen = np.asarray(fourier.inverse_window(fourier.forward(put(field)))) / fourier.size
    np.testing.assert_allclose(seen, field[tuple(slice(0, n) for n in window)], atol=1e-5)


def test_shapes_grow_to_fast_ones_and_leave_room_for_the_psf():
    assert shape_without_wrap((64, 256, 256), (33, 65, 65)) == (96, 320, 320)
    for n, m in zip((97, 211, 131), fast_shape((97, 211, 131)), strict=True):
        assert n < m < 1.1 * n


@pytest.mark.parametrize("shape", [(7, 9, 11), (13, 300), (1, 1, 5)])
@pytest.mark.parametrize("voxels", [1, 50, 10**6])
def test_blocks_cover_every_voxel_once(shape, voxels):
    hits = np.zeros(shape, int)
    for block in cut(shape, voxels):
        hits[block] += 1
    assert (hits == 1).all()


def test_sums_over_blocks_do_not_lose_the_small_ones(monkeypatch):
    from gpu_course.deconvolution import pointwise

    monkeypatch.setitem(pointwise.VOXELS, "numpy", 1)
    blocks = Blocks(np.zeros(1, np.float32))
    values = iter([np.float32(2**25), *[np.float32(1)] * 100])
    (total,) = blocks.run(lambda block: (next(values),), (101, 1))
    assert total == 2**25 + 100


def test_momentum_follows_biggs_and_andrews_and_is_dropped_when_it_hurts():
    momentum = Momentum()
    assert momentum.value == 0
    momentum.update(5.0, 4.0, 100.0)
    assert momentum.value == 0  # there was no correction before
    momentum.update(3.0, 2.0, 90.0)
    assert momentum.value == 3 / 4
    momentum.update(50.0, 2.0, 80.0)
    assert momentum.value == HIGHEST < 1
    momentum.update(-1.0, 2.0, 70.0)
    assert momentum.value == 0
    momentum.update(1.0, 2.0, 75.0)
    assert momentum.value == 0  # the image is explained worse than before
    momentum.update(1.0, 2.0, 60.0)
    assert momentum.value == 1 / 2


def test_momenta_can_be_given():
    momentum = Momentum([0.3, 0.6])
    for expected in (0.3, 0.6, 0.0):
        momentum.update(0.0, 0.0, 0.0)
        assert momentum.value == expected
