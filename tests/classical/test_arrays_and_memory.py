"""Counting and estimating memory, tiles, and the checks of classical/arrays-and-memory."""

import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from gpu_course import devices, exercises
from gpu_course.classical import memory
from gpu_course.classical.buffers import count_buffers
from gpu_course.classical.device_facts import GIB, Facts
from gpu_course.errors import CourseError
from gpu_course.lessons.classical.arrays_and_memory import solutions as lean

PART = "classical/arrays-and-memory/"
CARD = Facts("OpenCL", "a card", "GPU", 20, 1.5, 4 * GIB, 1 * GIB)


@pytest.fixture(scope="module", autouse=True)
def cle():
    pytest.importorskip("pyclesperanto_prototype")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GPU_COURSE_CLESPERANTO", "prototype")  # the one whose memory can be counted
        devices.use_opencl()
        import pyclesperanto_prototype

        yield pyclesperanto_prototype


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


def test_the_estimate_from_one_size_is_the_measurement_at_another(image):
    buffers = memory.measure_peak(lean.blobs_wasteful, image).buffers
    larger = np.zeros((111, 64), dtype=np.float32)
    measured = memory.measure_peak(lean.blobs_wasteful, larger).peak
    assert memory.estimate_bytes(larger.shape, np.float32, buffers) == measured


# Estimating


def test_estimate_counts_axes_bytes_and_buffers():
    assert memory.estimate_bytes((10, 20, 30), np.uint16, 2.5) == 10 * 20 * 30 * 2 * 2.5


@pytest.mark.parametrize("buffers", [1, 2, 3.5, 12])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_largest_edge_fits_and_one_pixel_more_does_not(buffers, dimensions):
    edge = memory.largest_edge(np.float32, buffers, CARD, dimensions)
    memory.check_fits((edge,) * dimensions, np.float32, buffers, CARD)
    with pytest.raises(CourseError):
        memory.check_fits((edge + 1,) * dimensions, np.float32, buffers, CARD)


def test_an_overlap_comes_off_both_sides_and_never_below_zero():
    edge = memory.largest_edge(np.float32, 4, CARD)
    assert memory.largest_edge(np.float32, 4, CARD, overlap=32) == edge - 64
    assert memory.largest_edge(np.float32, 4, CARD, overlap=10**6) == 0


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
    assert list(memory.counters()) == ["this process, main memory"]


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
    read = memory.counters()
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


# What the chapter says of the library


def test_push_makes_float32_and_large_labels_fall_together(cle):
    labels = np.array([[2**24, 2**24 + 1]], dtype=np.uint32)
    pushed = cle.pull(cle.push(labels))
    assert pushed.dtype == np.float32
    assert pushed[0, 0] == pushed[0, 1]


# Exercises


def test_lean_blobs_are_the_same_from_fewer_buffers(cle, image):
    source = cle.push(image)
    assert np.array_equal(cle.pull(lean.blobs_lean(source)), cle.pull(lean.blobs_wasteful(source)))
    assert np.array_equal(cle.pull(source), image)
    assert memory.measure_peak(lean.blobs_lean, image).buffers == 6
    assert memory.measure_peak(lean.blobs_wasteful, image).buffers == 10


@pytest.mark.parametrize(("offset", "sigma"), [(0, 1), (30_000, 5), (1000, 0)])
def test_variance_is_numpys(cle, offset, sigma):
    noise = np.random.default_rng(4).standard_normal((128, 128))
    image = (offset + sigma * noise).astype(np.float32)
    expected = image.astype(np.float64).var()
    assert lean.variance(cle.push(image)) == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_reach_adds_up():
    assert lean.reach([]) == 0
    assert lean.reach([("gaussian_blur", 2), ("top_hat_box", 10), ("mean_box", 3)]) == 8 + 20 + 3


@pytest.mark.parametrize(
    ("name", "solution"),
    [
        ("reduce-the-peak", lean.blobs_lean),
        ("variance", lean.variance),
        ("overlap", lean.reach),
    ],
)
def test_solutions_pass_and_stubs_do_not(name, solution):
    result = exercises.check(PART + name, solution)
    assert result.solved, str(result)
    assert result.score == result.course_score
    assert exercises.check(PART + name, lambda argument: ...).state == "not solved yet"


def half_lean(image):
    """Drop names early, but write over nothing."""
    from gpu_course import cle

    best, fine = None, cle.gaussian_blur(image, sigma_x=0.75, sigma_y=0.75)
    for sigma in (1.5, 3, 6):
        coarse = cle.gaussian_blur(image, sigma_x=sigma, sigma_y=sigma)
        answer = cle.subtract_images(fine, coarse)
        best = answer if best is None else cle.maximum_images(best, answer)
        fine = coarse
    return best


def overwriting_the_input(image):
    from gpu_course import cle

    best = lean.blobs_lean(image)
    return cle.copy(best, image)


def overwriting_too_early(image):
    from gpu_course import cle

    fine = cle.gaussian_blur(image, sigma_x=1, sigma_y=1)
    coarse = cle.gaussian_blur(image, sigma_x=2, sigma_y=2)
    return cle.subtract_images(fine, coarse, fine)


def on_the_processor(image):
    from gpu_course import cle

    return cle.pull(lean.blobs_lean(image))


@pytest.mark.parametrize(
    ("answer", "state", "hint"),
    [
        (lean.blobs_wasteful, "below the goal", "first version"),
        (half_lean, "below the goal", "destination"),
        (overwriting_the_input, "wrong", "changed the image"),
        (overwriting_too_early, "wrong", "differs"),
        (on_the_processor, "wrong", "on the device"),
    ],
)
def test_peaks_that_are_too_high_or_results_that_are_not_the_same(answer, state, hint):
    result = exercises.check(PART + "reduce-the-peak", answer)
    assert result.state == state
    assert re.search(hint, result.message), result.message


def textbook(image):
    from gpu_course import cle

    mean = cle.mean_of_all_pixels(image)
    return cle.mean_of_all_pixels(cle.multiply_images(image, image)) - mean**2


@pytest.mark.parametrize(
    ("answer", "state", "hint"),
    [
        (textbook, "below the goal", "rounding"),
        (lambda image: lean.variance(image) ** 0.5, "below the goal", "standard deviation"),
        (lambda image: np.nan, "below the goal", "rounding"),
        (lambda image: image, "wrong", "one number"),
    ],
)
def test_variances_that_are_wrong(answer, state, hint):
    result = exercises.check(PART + "variance", answer)
    assert result.state == state
    assert re.search(hint, result.message), result.message


def furthest_alone(steps):
    return max(lean.reach([step]) for step in steps)


def sum_of_sizes(steps):
    return int(sum(size for _, size in steps))


@pytest.mark.parametrize(
    ("answer", "state", "hint"),
    [
        (furthest_alone, "below the goal", "add up"),
        (sum_of_sizes, "below the goal", "four sigma"),
        (lambda steps: 40, "below the goal", "fewer than 40"),
        (lambda steps: -1, "wrong", "whole pixels"),
        (lambda steps: "16", "wrong", "number of pixels"),
    ],
)
def test_overlaps_that_leave_seams_or_waste(answer, state, hint):
    result = exercises.check(PART + "overlap", answer)
    assert result.state == state
    assert re.search(hint, result.message), result.message


# The figure


def test_the_figure_says_each_peak_in_words(image):
    from gpu_course.lessons.classical.arrays_and_memory.figures import plot_history

    peak = memory.measure_peak(lean.blobs_lean, image)
    figure = plot_history({"lean": peak})
    assert "lean, peak 6 buffers" in figure.alt
    drawn = figure.axes[0].lines[0].get_ydata()
    assert max(drawn) == 6
    assert len(drawn) == len(peak.history)
