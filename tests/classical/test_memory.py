"""Counting device memory, what fits into it, and computing in tiles where it does not fit."""

import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from gpu_course import devices
from gpu_course.classical import buffers, memory, memory_in_use
from gpu_course.classical.buffers import count_buffers
from gpu_course.classical.device_facts import GIB, Facts
from gpu_course.errors import CourseError

CARD = Facts("OpenCL", "a card", "GPU", 20, 1.5, 4 * GIB, 1 * GIB)


@pytest.fixture(autouse=True)
def cle(on_prototype):
    return on_prototype  # the one whose memory can be counted


@pytest.fixture
def image():
    return np.random.default_rng(0).random((70, 90)).astype(np.float32)


# Counting


def test_arrays_count_until_their_last_name_goes(cle, image):
    with count_buffers() as used:
        array = cle.push(image)
        alias = array
        assert (used.now, used.count) == (image.nbytes, 1)
        del array
        assert used.count == 1
        del alias
        assert (used.now, used.count, used.peak) == (0, 0, image.nbytes)
    assert used.history == [0, image.nbytes, 0]


def test_a_view_takes_no_memory_and_keeps_its_array(cle):
    with count_buffers() as used:
        stack = cle.push(np.zeros((3, 4, 5)))
        plane = stack[1]
        assert used.taken == 1
        del stack
        assert used.now == 3 * 4 * 5 * 4
        del plane
        assert used.now == 0


def test_an_array_that_outlives_the_block_still_counts_and_works(cle, image):
    with count_buffers() as used:
        array = cle.push(image)
    assert used.now == image.nbytes
    assert np.array_equal(cle.pull(array), image)
    del array
    assert used.now == 0


def test_counting_ends_with_the_block_even_after_an_error(cle, image):
    OCLArray = type(cle.create((1, 1)))
    before = OCLArray.__init__
    with pytest.raises(KeyError), count_buffers() as used:
        raise KeyError
    assert OCLArray.__init__ is before
    cle.push(image)
    assert used.taken == 0


def test_what_cannot_be_counted_is_said(monkeypatch):
    monkeypatch.setenv("GPU_COURSE_CLESPERANTO", "")
    with pytest.raises(CourseError, match="GPU_COURSE_CLESPERANTO=prototype"), count_buffers():
        pytest.fail("entered")


def test_arrays_that_ask_no_allocator_are_said(monkeypatch):
    class Changed:
        def __init__(self, queue, shape):
            pass

    monkeypatch.setattr(buffers, "_array_class", lambda: Changed)
    with pytest.raises(CourseError, match=r"0\.24"), count_buffers():
        pytest.fail("counted nothing")


def test_blocks_nest(cle, image):
    with count_buffers() as outer:
        first = cle.push(image)
        with count_buffers() as inner:
            second = cle.push(image)
        third = cle.push(image)
    assert (outer.taken, inner.taken) == (3, 1)
    del first, second, third
    assert (outer.now, inner.now) == (0, 0)


def test_a_copy_made_after_the_block_is_not_counted(cle, image):
    with count_buffers() as used:
        array = cle.push(image)
    copied = array.copy()
    assert used.taken == 1
    assert np.array_equal(cle.pull(copied), image)


def test_peak_of_a_blur_is_source_result_and_two_inside(cle, image):
    peak = memory.measure_peak(lambda a: cle.gaussian_blur(a, sigma_x=1, sigma_y=1), image)
    assert peak.buffers == 4
    assert peak.peak == 4 * image.nbytes
    assert max(peak.history) == peak.peak


def test_integers_are_counted_as_the_float32_that_they_become(cle):
    peak = memory.measure_peak(lambda a: a, np.zeros((8, 8), dtype=np.uint8))
    assert (peak.peak, peak.buffers) == (8 * 8 * 4, 1)


def two_blurs(image):
    """Keep two intermediate images to the end, so that more than the last operation counts."""
    from gpu_course import cle

    blurred = [cle.gaussian_blur(image, sigma_x=sigma, sigma_y=sigma) for sigma in (1, 2)]
    return cle.subtract_images(*blurred)


def test_the_estimate_from_one_size_is_the_measurement_at_another(image):
    needed = memory.measure_peak(two_blurs, image).buffers
    larger = np.zeros((111, 64), dtype=np.float32)
    measured = memory.measure_peak(two_blurs, larger).peak
    assert memory.estimate_bytes(larger.shape, np.float32, needed) == measured


# Estimating


def test_estimate_counts_axes_bytes_and_buffers():
    assert memory.estimate_bytes((10, 20, 30), np.uint16, 2.5) == 10 * 20 * 30 * 2 * 2.5


@pytest.mark.parametrize("buffers", [1, 2, 3.5, 12])
def test_largest_edge_fits_and_one_pixel_more_does_not(buffers):
    edge = memory.largest_edge(np.float32, buffers, CARD)
    memory.check_fits((edge, edge), np.float32, buffers, CARD)
    with pytest.raises(CourseError):
        memory.check_fits((edge + 1, edge + 1), np.float32, buffers, CARD)


def test_what_fits_returns_its_bytes():
    assert memory.check_fits((1000, 1000), np.float32, 3, CARD) == 12_000_000


@pytest.mark.parametrize(
    ("shape", "buffers"),
    [((100_000, 100_000), 6), ((20_000, 20_000), 1), ((50, 9000, 9000), 4), ((3, 400_000), 4000)],
)
def test_what_does_not_fit_says_why_and_two_ways_on_that_work(shape, buffers):
    with pytest.raises(CourseError) as refused:
        memory.check_fits(shape, np.float32, buffers, CARD)
    text = str(refused.value)
    assert "needs about" in text
    assert "3.20 GiB to use" in text
    assert "1.00 GiB at most" in text
    tile = [int(n) for n in re.search(r"at most ([\d × ]+) pixels, overlap", text)[1].split(" × ")]
    assert all(side <= length for side, length in zip(tile, shape, strict=True))
    memory.check_fits(tile, np.float32, buffers, CARD)
    factor = int(re.search(r"(\d+) times smaller", text)[1])
    smaller = [length // factor for length in shape]
    memory.check_fits(smaller, np.float32, buffers, CARD)


def test_a_thin_stack_is_cut_into_tiles_as_deep_as_itself():
    tile = memory._widest_tile((50, 9000, 9000), 50 * 1000 * 1000)
    assert tile == [50, 1000, 1000]


def test_shared_memory_counts_what_other_programs_left(monkeypatch):
    import psutil

    shared = Facts("OpenCL", "a processor", "CPU", 8, 3.0, 32 * GIB, 16 * GIB, shared=True)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=2 * GIB))
    assert memory.usable_bytes(shared) == int(0.8 * 2 * GIB)
    assert memory.usable_bytes(CARD) == int(0.8 * 4 * GIB)


def test_without_a_device_the_one_in_use_is_asked():
    with pytest.raises(CourseError, match=re.escape(devices.opencl().name)):
        memory.check_fits((10**7, 10**7), np.float32, 2)


# Counters of other libraries


def test_counters_ask_only_who_is_there(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert list(memory_in_use.counters()) == ["this process, main memory"]


def test_counters_read_cupy_and_torch(monkeypatch):
    pool = SimpleNamespace(used_bytes=lambda: 10, total_bytes=lambda: 512)
    cupy = SimpleNamespace(
        cuda=SimpleNamespace(
            is_available=lambda: True, Device=lambda: SimpleNamespace(synchronize=lambda: None)
        ),
        get_default_memory_pool=lambda: pool,
    )
    torch = SimpleNamespace(
        cuda=SimpleNamespace(
            is_available=lambda: True,
            is_initialized=lambda: False,
            memory_allocated=lambda: 20,
            memory_reserved=lambda: 2048,
        )
    )
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setitem(sys.modules, "torch", torch)
    read = memory_in_use.counters()
    assert read["CuPy, in arrays"] == 10
    assert read["CuPy, kept"] == 512
    assert read["PyTorch, in arrays"] == 20
    assert read["PyTorch, kept"] == 2048


# Tiles


@pytest.mark.parametrize("tile", [16, (70, 90), (200, 33), 7])
def test_tiles_with_the_pipelines_reach_give_the_whole(cle, image, tile):
    def pipeline(a):
        return cle.mean_box(cle.gaussian_blur(a, sigma_x=1, sigma_y=1), radius_x=2, radius_y=2)

    whole = cle.pull(pipeline(cle.push(image)))
    tiled = memory.in_tiles(pipeline, image, tile, overlap=6)
    assert tiled.dtype == whole.dtype
    assert np.abs(tiled - whole).max() < 1e-6
    if tile != (70, 90):
        assert np.abs(memory.in_tiles(pipeline, image, tile, overlap=1) - whole).max() > 1e-3


def test_tiles_in_3d_with_an_overlap_of_each_axis(cle):
    stack = np.random.default_rng(1).random((9, 20, 25)).astype(np.float32)

    def pipeline(a):
        return cle.maximum_box(a, radius_x=2, radius_y=1, radius_z=0)

    whole = cle.pull(pipeline(cle.push(stack)))
    assert np.array_equal(memory.in_tiles(pipeline, stack, (4, 8, 8), (0, 1, 2)), whole)
    assert not np.array_equal(memory.in_tiles(pipeline, stack, (4, 8, 8), 0), whole)


def test_tiles_take_the_memory_of_one_tile(cle, image):
    with count_buffers() as used:
        memory.in_tiles(lambda a: cle.add_image_and_scalar(a, scalar=1), image, 16, 4)
    assert used.peak <= 2 * 24 * 24 * 4
    assert used.now == 0


@pytest.mark.parametrize(("tile", "overlap"), [(0, 1), (8, -1), ((8, 8, 8), 1), (8, (1,))])
def test_impossible_tiles_are_refused(image, tile, overlap):
    with pytest.raises(CourseError):
        memory.in_tiles(lambda a: a, image, tile, overlap)


def test_an_empty_image_is_refused():
    with pytest.raises(CourseError, match="no pixels"):
        memory.in_tiles(lambda a: a, np.zeros((0, 5)), 8, 1)


# What is no number, and what NumPy's numbers do


def test_lengths_of_numpy_do_not_wrap_around():
    edge = np.array([100_000, 100_000], np.int32)
    assert memory.estimate_bytes(edge, "f4", 3) == 12 * 10**10
    with pytest.raises(CourseError, match="needs about"):
        memory.check_fits(edge, "float32", 5, device=CARD)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shape": None}, {"shape": "ab"}, {"shape": (10.5, 10)}, {"shape": (-10, 10)},
        {"shape": (True, 10)}, {"dtype": "nope"}, {"dtype": None}, {"dtype": object},
        {"buffers": "3"}, {"buffers": -1}, {"buffers": float("nan")}, {"buffers": float("inf")},
        {"buffers": None}, {"buffers": [1, 2]},
    ],
    ids=str,
)  # fmt: skip
def test_bytes_are_estimated_of_numbers(wrong):
    given = {"shape": (10, 10), "dtype": "float32", "buffers": 5} | wrong
    with pytest.raises(CourseError):
        memory.estimate_bytes(**given)
    with pytest.raises(CourseError):
        memory.check_fits(**given, device=CARD)


@pytest.mark.parametrize(
    "wrong",
    [{"buffers": 0}, {"buffers": -1}, {"dtype": "zz"}],
    ids=str,
)
def test_an_edge_is_of_numbers(wrong):
    with pytest.raises(CourseError):
        memory.largest_edge(**{"dtype": "float32", "buffers": 5, "device": CARD} | wrong)


@pytest.mark.parametrize(
    ("tile", "overlap"),
    [("16", 0), (16.5, 0), (None, 0), (0, 0), (True, 0), ((16,), 0), (16, 1.5), (16, -1),
     (16, "a"), (16, (1, 2, 3)), (float("nan"), 0)],
)  # fmt: skip
def test_tiles_are_of_whole_pixels(image, tile, overlap):
    with pytest.raises(CourseError):
        memory.in_tiles(lambda pixels: pixels, image, tile=tile, overlap=overlap)


@pytest.mark.parametrize(
    "pipeline", [3, lambda pixels: np.float32(1), lambda pixels: np.ones((2, 2), np.float32)]
)
def test_a_pipeline_returns_what_it_was_given(image, pipeline):
    with pytest.raises(CourseError, match="pipeline"):
        memory.in_tiles(pipeline, image, tile=16, overlap=0)


def test_a_list_is_cut_and_a_mask_is_named(image):
    found = memory.in_tiles(lambda pixels: pixels, image.tolist(), tile=16, overlap=2)
    np.testing.assert_allclose(found, image)
    with pytest.raises(CourseError, match="masked"):
        memory.in_tiles(lambda p: p, np.ma.masked_less(image, 0.5), tile=16, overlap=0)
