from itertools import combinations, pairwise
from math import prod

import numpy as np
import pandas as pd
import pytest

from gpu_course import exercises
from gpu_course.deconvolution import memory_needed, psf, richardson_lucy
from gpu_course.errors import CourseError
from gpu_course.lessons.deconvolution.system_design import (
    checks,
    experiment,
    figures,
    solutions,
    tiles,
)

OVERLAP = "deconvolution/system-design/choose-the-overlap"
PLAN = "deconvolution/system-design/plan-the-tiles"

NAMES = ["iterations", "size", "aperture", "TV", "overlap"]
LEVELS = {
    "iterations": (1, 2),
    "size": ((5, 5, 5), (9, 9, 9)),
    "aperture": (1.0, 0.8),
    "TV": (0.0, 0.002),
    "overlap": (0, 2),
}
STACK, LENS, MARGIN = (100, 2048, 2048), (33, 65, 65), (8, 16, 16)


# --- the experiment -------------------------------------------------------------------------------


def test_half_of_the_runs_keep_main_effects_and_pairs_apart():
    plan = experiment.half_fraction(NAMES)
    assert plan.shape == (16, 5)
    assert not plan.duplicated().any()
    signs = [plan[name] for name in NAMES]
    signs += [plan[a] * plan[b] for a, b in combinations(NAMES, 2)]
    products = np.array(signs) @ np.array(signs).T
    np.testing.assert_array_equal(products, 16 * np.eye(15))


def test_a_design_of_two_factors_is_refused():
    with pytest.raises(CourseError, match="three factors"):
        experiment.half_fraction(["one", "two"])


def test_effects_are_found_again():
    plan = experiment.half_fraction(NAMES)
    error = 3 + 0.5 * plan["TV"] - 0.2 * plan["size"] * plan["overlap"]
    noise = pd.Series(np.random.default_rng(0).normal(0, 1e-3, 16))
    found = experiment.effects(plan, pd.DataFrame({"a": error, "b": error + noise}))
    assert list(found.index[:2]) == ["TV", "size × overlap"]
    np.testing.assert_allclose(found["a"].iloc[:2], [1.0, -0.4])
    np.testing.assert_allclose(found["a"].iloc[2:], 0, atol=1e-12)
    np.testing.assert_allclose(found["effect"], found[["a", "b"]].mean(axis=1))


def test_scenes_repeat_and_light_comes_in_from_outside():
    scene = experiment.make_scene((8, 24, 24), seed=5)
    again = experiment.make_scene((8, 24, 24), seed=5)
    assert scene.truth.shape == scene.image.shape == (8, 24, 24)
    np.testing.assert_array_equal(scene.image, again.image)
    assert not np.array_equal(scene.image, experiment.make_scene((8, 24, 24), seed=6).image)
    assert scene.image.min() >= 0
    assert scene.image.mean() > experiment.BACKGROUND


def test_runs_use_the_levels_of_their_row():
    plan = experiment.half_fraction(NAMES).iloc[[0, 15]]
    scene = experiment.make_scene((10, 24, 24), seed=3)
    low, high = experiment.run(plan, LEVELS, scene)
    assert high < low  # two iterations come closer than one
    assert experiment.run(plan, LEVELS, scene) == [low, high]
    swapped = {**LEVELS, "iterations": (2, 1)}
    assert experiment.run(plan, swapped, scene)[0] < low


def test_middle_of_a_psf_keeps_the_centre_and_the_sum():
    lens = psf.gaussian((9, 10, 11), (0.3, 0.2, 0.2), 0.1)
    cut = experiment.middle_of(lens, (5, 4, 7))
    assert cut.shape == (5, 4, 7)
    assert np.unravel_index(cut.argmax(), cut.shape) == (2, 2, 3)
    assert cut.sum() == pytest.approx(1)


def test_charts_can_be_drawn():
    plan = experiment.half_fraction(NAMES)
    errors = pd.DataFrame({"a": np.arange(16.0)})
    charts = [
        figures.main_effects_chart(plan, errors, alt="x"),
        figures.interaction_chart(plan, errors, [("TV", "size")], LEVELS, alt="x"),
        figures.seam_chart({"one": {0: 0.1, 4: 0.01}}, 0.02, alt="x"),
        figures.weight_chart([0, 0.1, 0.2], {"a": [3, 1, 2]}, 0.1, alt="x"),
    ]
    for chart in charts:
        assert chart.alt == "x"
        assert chart.encode()[0].startswith("image/")


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


# --- exercise: the overlap ------------------------------------------------------------------------


def test_overlap_check_accepts_the_solution_and_knows_the_stub():
    assert exercises.check(OVERLAP, solutions.choose_overlap).solved
    assert exercises.check(OVERLAP, lambda psf, tolerance: None).state == "not solved yet"


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


def test_plan_check_accepts_the_solution_and_knows_the_stub():
    assert exercises.check(PLAN, solutions.plan_tiles).solved
    stub = exercises.check(PLAN, lambda shape, psf_shape, overlap, memory: None)
    assert stub.state == "not solved yet"


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
