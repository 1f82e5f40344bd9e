"""Comparing methods: paired intervals, costs, and the exercises."""

import re

import numpy as np
import pytest

from gpu_course import exercises
from gpu_course.book import chapters, notebooks
from gpu_course.deep_learning import storage, weights
from gpu_course.lessons.deep_learning.compare import figures, hands, solutions
from gpu_course.metrics import protocol

METHODS = {
    "slow start": {"score": 0.9, "labelling": 50, "training": 10, "per image": 0.1},
    "quick start": {"score": 0.9, "labelling": 5, "training": 0, "per image": 1.0},
    "poor": {"score": 0.4, "labelling": 0, "training": 0, "per image": 0.01},
}


def test_the_interval_holds_a_gain_that_all_scenes_share():
    rng = np.random.default_rng(0)
    first = rng.uniform(0, 0.8, 12)
    difference, low, high = solutions.paired_difference(first, first + 0.1)
    assert difference == pytest.approx(0.1)
    assert (low, high) == pytest.approx((0.1, 0.1))


def test_the_interval_has_about_the_coverage_it_promises():
    rng = np.random.default_rng(1)
    inside = 0
    for seed in range(100):
        second = rng.normal(0.2, 1, 40)
        _, low, high = solutions.paired_difference(np.zeros(40), second, seed=seed)
        inside += low <= 0.2 <= high
    assert 85 <= inside <= 100


def test_few_images_pay_for_no_training_and_many_do():
    assert solutions.good_enough(METHODS, 0.8, 10) == ["quick start", "slow start"]
    assert solutions.good_enough(METHODS, 0.8, 1000) == ["slow start", "quick start"]
    assert solutions.good_enough(METHODS, 0.3, 10)[0] == "poor"
    assert solutions.good_enough(METHODS, 0.95, 10) == []


def test_charts_have_a_panel_for_each_set_and_a_line_for_each_scene():
    figure = figures.ladder(
        {"bees": {"a": [0.1, 0.2, 0.3], "b": [0.4, 0.5, 0.6]}}, alt="Three scenes."
    )
    (axis,) = figure.axes
    assert figure.alt == "Three scenes."
    assert len(axis.lines) == 3 + 1
    assert np.allclose(axis.lines[-1].get_ydata(), [0.2, 0.5])


def test_intervals_have_a_bar_for_several_scenes_and_none_for_one():
    figure = figures.intervals(
        {
            "bees": {"classical": [0.1, 0.2, 0.9], "my own": [0.4, 0.5, 0.6]},
            "hive": {"classical": [0.3]},
        },
        alt="Two sets.",
    )
    bees, hive = figure.axes
    assert figure.alt == "Two sets."
    assert [label.get_text() for label in bees.get_yticklabels()] == ["classical", "my own"]
    bar, mark, *_ = bees.lines
    assert list(bar.get_xdata()) == list(protocol.interval([0.1, 0.2, 0.9])[1:])
    assert list(mark.get_xdata()) == [0.2]
    assert len(bees.lines) == 4
    assert len(hive.lines) == 1
    assert bees.get_ylim()[0] > bees.get_ylim()[1]  # the first method stands above


def test_other_hands_see_the_same_scenes_in_another_order():
    first, *others = hands.orders(9)
    assert first == list(range(9))
    assert len(others) == hands.HANDS - 1
    for order in others:
        assert order != first
        assert sorted(order) == first
    assert hands.orders(9) == [first, *others]


def test_again_keeps_picture_and_truth_together_and_leaves_out_the_first_hand():
    pictures = [f"picture {i}" for i in range(9)]
    truths = [f"truth {i}" for i in range(9)]
    seen = []

    def score(some, theirs):
        assert [p.split()[1] for p in some] == [t.split()[1] for t in theirs]
        seen.append(some)
        return [float(len(seen))]

    assert hands.again(score, pictures, truths, hands=4) == [[1.0], [2.0], [3.0]]
    assert all(sorted(some) == pictures and some != pictures for some in seen)


def test_the_spread_is_that_of_the_medians_and_not_of_scenes():
    assert hands.spread([[0.1, 0.5, 0.9], [0.6, 0.6, 0.6], [0.0, 0.4, 1.0]]) == (0.5, 0.4, 0.6)


def test_thresholds_in_the_files_are_those_chosen_on_validation_scenes():
    """Their chapter chose them, and its stored outputs say which."""
    stored = notebooks.read_executed(chapters.read("deep-learning/roots-unet"))
    said = "".join(o.get("text", "") for c in stored.cells for o in c.get("outputs", []))
    for name, line in (("roots-unet", r"([\d.]+), with flips"), ("rootnav-unet", r"([\d.]+)")):
        (chosen,) = re.findall(rf"^threshold {line}$", said, re.MULTILINE)
        record = storage.load(weights.find(name))[2]
        assert record["threshold"] == float(chosen)


def bootstrap(differences, draws=4000, scenes=None, seed=1):
    rng = np.random.default_rng(seed)
    scenes = scenes or len(differences)
    return np.median(differences[rng.integers(0, len(differences), (draws, scenes))], axis=1)


def another_seed(first, second):
    ends = np.percentile(bootstrap(second - first), [2.5, 97.5])
    return np.median(second - first), *ends


def nine_of_ten(first, second):
    return np.median(second - first), *np.percentile(bootstrap(second - first), [5, 95])


def unpaired(first, second):
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(first), (2, 4000, len(first)))
    ends = np.percentile(
        np.median(second[draws[0]], axis=1) - np.median(first[draws[1]], axis=1), [2.5, 97.5]
    )
    return np.median(second - first), *ends


def turned_round(first, second):
    return -np.median(second - first), 0, 0


def means(first, second):
    return (second - first).mean(), 0, 1


def spread_of_scenes(first, second):
    return np.median(second - first), *np.percentile(second - first, [2.5, 97.5])


def no_interval(first, second):
    value = np.median(second - first)
    return value, value, value


def without(cost):
    def ranking(methods, wanted, images):
        free = {name: method | {cost: 0.0} for name, method in methods.items()}
        return solutions.good_enough(free, wanted, images)

    return ranking


@pytest.mark.parametrize(
    ("name", "function", "state", "word"),
    [
        ("paired-difference", solutions.paired_difference, "solved", ""),
        ("paired-difference", another_seed, "solved", ""),
        ("paired-difference", lambda first, second: None, "not solved yet", ""),
        ("paired-difference", unpaired, "below the goal", "keep both scores of a scene together"),
        ("paired-difference", spread_of_scenes, "below the goal", "far too wide"),
        ("paired-difference", nine_of_ten, "below the goal", "Take 95 %"),
        ("paired-difference", no_interval, "below the goal", "too narrow"),
        ("paired-difference", turned_round, "wrong", "turned round"),
        ("paired-difference", means, "wrong", "That is the mean"),
        ("paired-difference", lambda first, second: 0.05, "wrong", "three numbers"),
        ("good-enough", solutions.good_enough, "solved", ""),
        ("good-enough", lambda m, w, n: None, "not solved yet", ""),
        ("good-enough", lambda m, w, n: list(m), "wrong", "does not reach the score"),
        ("good-enough", lambda m, w, n: solutions.good_enough(m, w, 0), "wrong", "multiply"),
        ("good-enough", lambda m, w, n: solutions.good_enough(m, w, n)[::-1], "wrong", "other way"),
        ("good-enough", lambda m, w, n: solutions.good_enough(m, w + 1e-6, n), "wrong", "just"),
        ("good-enough", without("labelling"), "wrong", "Labelling is paid once"),
        ("good-enough", without("training"), "wrong", "Training is paid once"),
        ("good-enough", lambda m, w, n: "recipe", "wrong", "list of names"),
        ("good-enough", lambda m, w, n: [3], "wrong", "names of methods"),
    ],
)
def test_checks(name, function, state, word):
    result = exercises.check(f"deep-learning/compare/{name}", function)
    assert result.state == state
    assert word in str(result)
