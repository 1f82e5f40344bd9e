from itertools import pairwise
from math import prod

import numpy as np
import pytest

from gpu_course import exercises
from gpu_course.deconvolution import memory_needed, psf, richardson_lucy
from gpu_course.errors import CourseError
from gpu_course.lessons.deconvolution.chunks_and_memory import checks, figures, solutions, tiles

OVERLAP = "deconvolution/chunks-and-memory/choose-the-overlap"
PLAN = "deconvolution/chunks-and-memory/plan-the-tiles"

STACK, LENS, MARGIN = (100, 2048, 2048), (33, 65, 65), (8, 16, 16)


# --- chunks ---------------------------------------------------------------------------------------


def test_seam_error_is_the_largest_difference_beside_the_seam():
    whole = np.zeros((4, 5, 20))
    whole[0, 0, 0] = 50
    parts = whole.copy()
    parts[1, 1, 10] = 5
    parts[1, 1, 15] = 40  # too far away to be the seam's
    assert tiles.seam_error(whole, parts, 10) == pytest.approx(0.1)
    assert tiles.seam_error(whole, parts, 3) == 0


def test_overlap_follows_the_light_and_not_the_array():
    lens = psf.gaussian((31, 31, 31), (0.3, 0.1, 0.1), 0.1)
    found = solutions.choose_overlap(lens, 0.01)
    assert found[0] > found[1] == found[2]
    wide = psf.gaussian((51, 51, 51), (0.3, 0.1, 0.1), 0.1)
    assert solutions.choose_overlap(wide, 0.01) == found
    assert all(a >= b for a, b in zip(solutions.choose_overlap(lens, 0.001), found, strict=True))
    # A round trip through a Gaussian is a Gaussian, wider by the root of two.
    assert found[0] == pytest.approx(2.576 * 3 * 2**0.5, abs=1)


def test_a_point_needs_no_overlap():
    point = np.zeros((3, 3, 3), np.float32)
    point[1, 1, 1] = 1
    assert solutions.choose_overlap(point, 0.01) == (0, 0, 0)


def test_chunks_see_their_overlap_only_where_there_is_a_neighbour():
    assert tiles.with_overlap((100, 500, 1000), STACK, MARGIN) == (100, 532, 1032)
    assert tiles.with_overlap((100, 1024, 2048), STACK, MARGIN) == (100, 1040, 2048)


def test_plans_fit_and_less_memory_means_more_work():
    works = []
    for gib in (16, 4, 1, 0.5):
        chunk = solutions.plan_tiles(STACK, LENS, MARGIN, int(gib * 2**30))
        assert tiles.bytes_for(chunk, STACK, LENS, MARGIN) <= gib * 2**30
        works.append(tiles.work_of(chunk, STACK, LENS, MARGIN))
    assert all(more < less for more, less in pairwise(works))
    small = (20, 64, 64)
    assert solutions.plan_tiles(small, (9, 9, 9), (4, 4, 4), 2**30) == small


def test_no_plan_for_too_little_memory():
    with pytest.raises(CourseError, match="No chunk"):
        solutions.plan_tiles(STACK, LENS, MARGIN, 2**20)


def test_memory_that_is_measured_is_near_the_prediction():
    image = np.random.default_rng(0).poisson(20, (32, 64, 64)).astype(np.float32)
    lens = psf.gaussian((9, 15, 15), 0.3, 0.1)
    needed = memory_needed(image.shape, lens.shape, acceleration=None)
    taken = tiles.measured_bytes(lambda: richardson_lucy(image, lens, 2, acceleration=None))
    assert 0.7 < taken / needed < 1.3
    assert tiles.measured_bytes(lambda: np.zeros(10**6)) == pytest.approx(8e6, rel=0.01)


def test_the_chart_can_be_drawn():
    chart = figures.seam_chart({"one": {0: 0.1, 4: 0.01}}, 0.02, alt="x")
    assert chart.alt == "x"
    assert chart.encode()[0].startswith("image/")


# --- exercise: the overlap ------------------------------------------------------------------------


def one_way(psf, tolerance):
    """Ask how far the light goes through the PSF once."""
    overlap = []
    for axis in range(3):
        light = psf.astype(float).sum(axis=tuple({0, 1, 2} - {axis}))
        distance = abs(np.arange(len(light)) - len(light) // 2)
        beyond = [light[distance > reach].sum() for reach in range(len(light))]
        overlap.append(int(np.argmax(np.array(beyond) <= tolerance)))
    return tuple(overlap)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda psf, tolerance: psf.shape, "larger than its light"),
        (lambda psf, tolerance: (2, 2, 2), "A seam along"),
        (
            lambda psf, tolerance: tuple(o // 3 for o in solutions.choose_overlap(psf, tolerance)),
            "seam",
        ),
        (one_way, "round trip"),
        (lambda psf, tolerance: (*solutions.choose_overlap(psf, tolerance)[:1], 0, 12), "along y"),
        # The tolerance of one PSF for all of them.
        (lambda psf, tolerance: solutions.choose_overlap(psf, 0.02), "times what is needed"),
        (lambda psf, tolerance: 5, "for each axis"),
        (lambda psf, tolerance: (5.5, 5, 5), "whole numbers"),
        (lambda psf, tolerance: (5, 5), "one number for each axis"),
    ],
)
def test_overlap_check_names_the_mistake(wrong, says):
    assert says in mistake(OVERLAP, checks.overlap_score, wrong)


def mistake(name, score, wrong):
    """Return the hint; not through check(), which would run the course's solution as well."""
    try:
        value, hint = score(wrong)
    except exercises.Wrong as fault:
        return str(fault)
    assert value < exercises.find(name).goal
    return hint


# --- exercise: the plan ---------------------------------------------------------------------------


def without_overlap(shape, psf_shape, overlap, memory):
    """Halve the longest axis until a chunk fits, and forget the overlap."""
    chunk = list(shape)
    while memory_needed(tuple(chunk), (1, 1, 1)) > memory:
        longest = chunk.index(max(chunk))
        chunk[longest] = -(-chunk[longest] // 2)
    return tuple(chunk)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda shape, *rest: shape, "bytes_for"),
        (lambda shape, *rest: (64, 64, 64), "largest chunks"),
        (lambda shape, *rest: (4, 4, 4), "smaller than the PSF"),
        (lambda shape, *rest: prod(shape), "for each axis"),
        (lambda shape, *rest: (0, 8, 8), "at least 1"),
        (without_overlap, "GiB"),
    ],
)
def test_plan_check_names_the_mistake(wrong, says):
    assert says in mistake(PLAN, checks.plan_score, wrong)
