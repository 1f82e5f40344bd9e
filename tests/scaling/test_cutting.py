import time
from concurrent.futures import ThreadPoolExecutor
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_course.errors import CourseError
from gpu_course.scaling import (
    Deconvolution,
    block_size,
    blocks,
    deconvolution,
    largest_window,
    overlap_work,
)

edges = st.tuples(*[st.integers(1, 30)] * 2)


@given(edges, edges, st.tuples(*[st.integers(0, 9)] * 2))
def test_blocks_cover_every_voxel_once(shape, size, reach):
    seen = np.zeros(shape, int)
    image = np.arange(prod(shape)).reshape(shape)
    for block in blocks(shape, size, reach):
        seen[block.inner] += 1
        assert np.array_equal(image[block.outer][block.own], image[block.inner])
        window = image[block.outer].shape
        assert all(w <= n for w, n in zip(window, largest_window(shape, size, reach), strict=True))
    assert (seen == 1).all()


def test_the_work_counts_what_all_blocks_see():
    cut = blocks((20, 30), (10, 10), (2, 3))
    seen = sum(prod(s.stop - s.start for s in b.outer) for b in cut)
    assert overlap_work((20, 30), (10, 10), (2, 3)) == pytest.approx(seen / 600)


def test_the_block_fits_and_costs_least():
    shape, reach = (40, 120, 120), (4, 4, 4)

    def needed(window):
        return 10 * prod(window)

    size = block_size(shape, reach, needed, 1e6, multiple=(8, 8, 8))
    assert needed(largest_window(shape, size, reach)) <= 1e6
    assert all(s == n or s % 8 == 0 for s, n in zip(size, shape, strict=True))
    others = [(40, n, m) for n in range(8, 121, 8) for m in range(8, 121, 8)]
    fit = [s for s in others if needed(largest_window(shape, s, reach)) <= 1e6]
    assert overlap_work(shape, size, reach) <= min(overlap_work(shape, s, reach) for s in fit)


def test_what_fits_is_not_cut():
    assert block_size((10, 20, 20), (3, 3, 3), prod, 1e6) == (10, 20, 20)


def test_no_block_fits():
    with pytest.raises(CourseError, match=r"reach of \(50, 50\)"):
        block_size((100, 100), (50, 50), prod, 100)


@pytest.mark.parametrize(
    "bad",
    [
        ((8, 8), (4,), (0, 0)),
        ((8,), (0,), (0,)),
        ((8,), (4,), (-1,)),
        ((8, 8), (2.5, 4), (0, 0)),
        ((8, 8), (4, 4), (1.5, 0)),
        ((8, 8), 4, (0, 0)),
        (8, (4, 4), (0, 0)),
        ((8, 8), ("a", 4), (0, 0)),
        ((0, 8), (4, 4), (0, 0)),
        ((8, 8), (4, 4), 2),
        (None, None, None),
        ((), (), ()),
    ],
    ids=str,
)
@pytest.mark.parametrize("door", [blocks, largest_window, overlap_work])
def test_blocks_that_fit_no_volume(bad, door):
    with pytest.raises(CourseError, match="do not fit a volume"):
        door(*bad)


@pytest.mark.parametrize(
    "bad",
    [
        {"reach": (1,)},
        {"reach": (-1, 0)},
        {"memory": "1e6"},
        {"memory": None},
        {"multiple": (0, 1)},
        {"multiple": (3,)},
        {"shape": (8.5, 8)},
    ],
    ids=str,
)
def test_a_size_cannot_be_chosen_for_what_is_none(bad):
    given = {"shape": (8, 8), "reach": (1, 1), "memory": 1e6, "multiple": (1, 1)} | bad
    with pytest.raises(CourseError):
        block_size(given["shape"], given["reach"], prod, given["memory"],
                   multiple=given["multiple"])  # fmt: skip


def test_threads_deconvolve_one_block_at_a_time(monkeypatch):
    inside, together = [], []

    def slow(image, *given, **options):
        inside.append(image)
        together.append(len(inside))
        time.sleep(0.02)
        inside.pop()
        return image, None, None

    monkeypatch.setattr(deconvolution, "deconvolved", slow)
    block = np.ones((3, 4, 5), np.float32)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(Deconvolution(block, 1.0), [block] * 6))
    assert together == [1] * 6
    assert all(np.array_equal(each, block) for each in found)
