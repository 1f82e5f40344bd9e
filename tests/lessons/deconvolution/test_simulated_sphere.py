import math

import numpy as np
import pytest

from gpu_course import exercises
from gpu_course.deconvolution import psf, richardson_lucy, simulation
from gpu_course.errors import CourseError
from gpu_course.images.phantoms import SPHERE_VOXEL, sphere_phantom
from gpu_course.lessons.deconvolution.simulated_sphere import (
    checks,
    figures,
    sizes,
    solutions,
)
from gpu_course.lessons.deconvolution.simulated_sphere.history import watch
from gpu_course.metrics import errors

EDGE = "deconvolution/simulated-sphere/edge-width"
STOP = "deconvolution/simulated-sphere/stop-in-time"

TRUTH = sphere_phantom((24, 48, 48), radius=1.55, intensity=100).object
BLUR = psf.gaussian((9, 13, 13), (0.45, 0.15, 0.15), SPHERE_VOXEL)
IMAGE = simulation.simulate(TRUTH, BLUR, background=10, seed=1)


# --- history --------------------------------------------------------------------------------------


def test_history_is_that_of_the_deconvolution():
    history = watch(IMAGE, BLUR, TRUTH, 12, keep=(5,), background=10)
    assert history.error.shape == history.deviance.shape == (12,)
    assert list(history.kept) == [5]
    five = richardson_lucy(IMAGE, BLUR, 5, background=10)
    np.testing.assert_allclose(history.kept[5], five, rtol=1e-4, atol=1e-2)
    assert history.error[4] == pytest.approx(errors.nrmse(five, TRUTH), rel=1e-4)
    assert history.error[-1] == pytest.approx(errors.nrmse(history.estimate, TRUTH), rel=1e-4)
    assert history.error[history.best - 1] == history.error.min()
    assert history.first(math.inf) == 1
    assert history.first(-1) is None
    level = history.deviance[3]
    assert history.first(level) == 4


# --- sizes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", checks.edges())
def test_edge_width_of_known_edges(name):
    values, step, width = checks.edges()[name]
    assert solutions.edge_width(values, step) == pytest.approx(width, rel=0.03)
    assert solutions.edge_width(5 + 3 * values, 2 * step) == pytest.approx(2 * width, rel=0.03)


def test_a_step_between_two_voxels_is_eight_tenths_of_one_wide():
    assert solutions.edge_width(np.repeat([0.0, 9.0], 8), 0.3) == pytest.approx(0.24)


@pytest.mark.parametrize("n", [40, 41])
def test_diameter_of_a_trapezium(n):
    place = np.arange(n) - n // 2
    across = np.clip(8.5 - np.abs(place), 0, 2) * 50 + 7
    assert sizes.diameter(across, 0.1) == pytest.approx(2 * 7.5 * 0.1, rel=0.01)


def test_diameter_refuses_an_object_without_ends():
    with pytest.raises(CourseError, match="outside"):
        sizes.diameter(np.array([9.0, 9, 9, 9, 9, 9, 9, 9, 1]), 0.1)


def test_sphere_is_as_wide_as_it_was_drawn_and_as_sharp_as_voxels_are():
    found = sizes.sizes_of(TRUTH, SPHERE_VOXEL)
    assert list(found) == ["Ø x", "Ø z", "edge x", "edge z"]
    assert found["Ø x"] == pytest.approx(3.1, abs=0.15)
    assert found["Ø z"] == pytest.approx(3.1, abs=0.35)
    assert found["edge x"] == pytest.approx(0.1, abs=0.05)
    blurred = sizes.sizes_of(IMAGE - 10, SPHERE_VOXEL)
    assert blurred["edge x"] > 3 * found["edge x"]
    assert blurred["edge z"] > blurred["edge x"]


def test_profile_is_the_mean_of_a_rod():
    volume = np.zeros((5, 9, 9))
    volume[2, 3:6, 3:6] = 9
    rod = sizes.profile(volume, 2, (1.0, 0.3, 0.3), reach=0.35)
    np.testing.assert_allclose(rod, [0, 0, 0, 9, 9, 9, 0, 0, 0])
    thick = sizes.profile(volume, 0, (1.0, 0.3, 0.3), reach=0.65)
    np.testing.assert_allclose(thick, [0, 0, 9 * 9 / 25, 0, 0])


# --- figures --------------------------------------------------------------------------------------


def test_chart_can_be_drawn():
    history = watch(IMAGE, BLUR, TRUTH, 3, background=10)
    chart = figures.error_chart({"one": history}, 1.0, stops={"one": 2}, alt="a line")
    assert chart.alt == "a line"
    assert chart.encode()[0].startswith("image/")


# --- exercise: the width of an edge ---------------------------------------------------------------


def in_values(rise, step):
    return solutions.edge_width(rise, 1.0)


def counted(rise, step):
    level = (rise - rise.min()) / (rise.max() - rise.min())
    return np.count_nonzero((level > 0.1) & (level < 0.9)) * step


def interpolated(level, step):
    low, high = np.argmax(level >= 0.1), np.argmax(level >= 0.9)
    place = [i - (level[i] - at) / (level[i] - level[i - 1]) for i, at in ((low, 0.1), (high, 0.9))]
    return (place[1] - place[0]) * step


def by_nearest_values(rise, step):
    quarter = len(rise) // 4
    dark, bright = np.mean(rise[:quarter]), np.mean(rise[-quarter:])
    level = (rise - dark) / (bright - dark)
    half = np.flatnonzero(level < 0.5)[-1]
    low = np.abs(level[: half + 1] - 0.1).argmin()
    high = half + np.abs(level[half:] - 0.9)[:12].argmin()
    return (high - low) * step


def by_a_fitted_curve(rise, step):
    from scipy.optimize import curve_fit
    from scipy.special import erf

    def curve(x, dark, height, place, sigma):
        return dark + height * (1 + erf((x - place) / sigma / 2**0.5)) / 2

    x = np.arange(len(rise)) * step
    guess = rise[0], np.ptp(rise), x[len(x) // 2], 0.3
    return checks.GAUSSIAN_EDGE * abs(curve_fit(curve, x, rise, guess)[0][3])


def test_a_fitted_curve_is_a_right_way_too():
    assert exercises.check(EDGE, by_a_fitted_curve).solved


def by_the_extremes(rise, step):
    return interpolated((rise - rise.min()) / (rise.max() - rise.min()), step)


def from_outside(rise, step):
    quarter = len(rise) // 4
    dark, bright = np.median(rise[:quarter]), np.median(rise[-quarter:])
    return interpolated((rise - dark) / (bright - dark), step)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (in_values, "Times the step"),
        (counted, "between two values"),
        (by_nearest_values, "between two values where the line crosses"),
        (by_the_extremes, "highest value"),
        (from_outside, "search outwards"),
        (lambda rise, step: -solutions.edge_width(rise, step), "negative"),
        (lambda rise, step: rise, "one number"),
    ],
)
def test_edge_check_names_the_mistake(wrong, says):
    result = exercises.check(EDGE, wrong)
    assert not result.solved
    assert says in result.message


# --- exercise: when to stop -----------------------------------------------------------------------


def best_known(image, psf, background):
    """What nobody without the truth can know."""
    case = next(c for c in checks.cases() if np.array_equal(c.image, image))
    return int(case.error.argmin()) + 1


def when_it_changes_little(image, psf, background):
    seen = []
    richardson_lucy(
        image, psf, 60, background=background,
        callback=lambda step: seen.append(step.iteration) or step.change < 0.005,
    )  # fmt: skip
    return seen[-1]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda image, psf, background: 20, "One number"),
        (lambda *case: min(60, 3 * best_known(*case)), "too long"),
        (lambda *case: best_known(*case) // 3, "too early"),
        (when_it_changes_little, "too"),
        (lambda image, psf, background: image, "how many iterations"),
        (lambda image, psf, background: 0, "from 1 to 60"),
        (lambda image, psf, background: 7.5, "whole number"),
    ],
)
def test_stop_check_names_the_mistake(wrong, says):
    # Not through check(), which would run the course's solution for each of them.
    try:
        score, message = checks.stop_score(wrong)
        assert score < exercises.find(STOP).goal
    except exercises.Wrong as mistake:
        message = str(mistake)
    assert says in message


def test_no_rule_can_do_better_than_1():
    score, _ = checks.stop_score(best_known)
    assert score == 1
