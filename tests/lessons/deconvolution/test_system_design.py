from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from gpu_course import exercises
from gpu_course.deconvolution import psf
from gpu_course.errors import CourseError
from gpu_course.lessons.deconvolution.system_design import checks, experiment, figures, solutions

REST = "deconvolution/system-design/predict-the-rest"

NAMES = ["iterations", "size", "aperture", "TV", "overlap"]
LEVELS = {
    "iterations": (1, 2),
    "size": ((5, 5, 5), (9, 9, 9)),
    "aperture": (1.0, 0.8),
    "TV": (0.0, 0.002),
    "overlap": (0, 2),
}


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
        figures.prediction_chart(errors["a"], {"half": errors["a"] / 2}, alt="x"),
        figures.weight_chart([0, 0.1, 0.2], {"a": [3, 1, 2]}, 0.1, alt="x"),
    ]
    for chart in charts:
        assert chart.alt == "x"
        assert chart.encode()[0].startswith("image/")


# --- exercise: the runs that were not made --------------------------------------------------------


def test_effects_predict_the_runs_that_were_not_made():
    plan = experiment.half_fraction(NAMES)
    rest = plan.assign(overlap=-plan["overlap"])
    assert not pd.concat([plan, rest]).duplicated().any()

    def error(table):
        return 3 + 0.5 * table["TV"] - 0.2 * table["size"] * table["overlap"]

    found = solutions.predict_the_rest(plan, error(plan), rest)
    np.testing.assert_allclose(found, error(rest))
    np.testing.assert_allclose(solutions.predict_the_rest(plan, error(plan), plan), error(plan))


def test_three_settings_together_are_taken_for_the_other_pair():
    plan = experiment.half_fraction(NAMES)
    rest = plan.assign(overlap=-plan["overlap"])
    triple = ["iterations", "size", "aperture"]
    found = solutions.predict_the_rest(plan, plan[triple].prod(axis=1), rest)
    np.testing.assert_allclose(found, -rest[triple].prod(axis=1))


def from_effects(plan, errors, others, *, level=1.0, alone=0.5, pairs=0.5):
    """Add up the effects, each with a weight of its own."""
    predicted = pd.Series(level * errors.mean(), index=others.index)
    for name, effect in experiment.effects(plan, errors.to_frame())["effect"].items():
        of = name.split(" × ")
        predicted += (alone, pairs)[len(of) - 1] * effect * others[of].prod(axis=1)
    return predicted


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ({"pairs": 0}, "pairs are missing"),
        ({"alone": 1, "pairs": 1}, "twice"),
        ({"level": 0}, "mean error of all runs"),
        ({"alone": -0.5, "pairs": -0.5}, "turned round"),
        ({"pairs": -0.5}, "wrong sign"),
        ({"level": 0.7}, "one by one"),
    ],
)
def test_rest_check_names_the_wrong_sum(weights, says):
    assert says in mistake(lambda *given: from_effects(*given, **weights))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda plan, errors, others: errors, "that were made"),
        (lambda plan, errors, others: errors.mean(), "one error for each"),
        (lambda plan, errors, others: errors * np.nan, "finite"),
        (lambda plan, errors, others: list("a" * len(others)), "one error for each"),
    ],
)
def test_rest_check_names_the_mistake(wrong, says):
    assert says in mistake(wrong)


def mistake(wrong):
    """Return the hint; not through check(), which would run the course's solution as well."""
    try:
        value, hint = checks.rest_score(wrong)
    except exercises.Wrong as fault:
        return str(fault)
    assert value < exercises.find(REST).goal
    return hint
