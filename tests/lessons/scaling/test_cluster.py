"""The exercises of the chapter on clusters: solutions, stubs and typical mistakes; its charts."""

from math import ceil, log

import pytest

from gpu_course import exercises
from gpu_course.lessons.scaling.cluster import figures, solutions
from gpu_course.scaling import makespan

DEVICES, RETRIES = "scaling/cluster/devices-needed", "scaling/cluster/retries-needed"


def divided(hours, deadline):
    return ceil(sum(hours) / deadline)


def one_each(hours, deadline):
    return len(hours)


def hours_of_all(hours, deadline):
    return makespan(hours, 3) / 7


def one_too_few(hours, deadline):
    return max(1, solutions.devices_needed(hours, deadline) - 1)


def attempts(chance, tasks, wanted):
    return solutions.retries_needed(chance, tasks, wanted) + 1


def of_one_task(chance, tasks, wanted):
    return solutions.retries_needed(chance, 1, wanted)


def generous(chance, tasks, wanted):
    return 10


def more_than_wanted(chance, tasks, wanted):
    return next(r for r in range(100) if (1 - chance ** (r + 1)) ** tasks > wanted)


def by_logarithms(chance, tasks, wanted):
    return ceil(log(1 - wanted ** (1 / tasks)) / log(chance)) - 1 if chance else 0


def a_fraction(chance, tasks, wanted):
    return log(1 - wanted) / log(chance or 0.5)


@pytest.mark.parametrize(
    ("exercise", "answer", "words"),
    [
        (DEVICES, divided, "cannot be cut"),
        (DEVICES, one_each, "would do"),
        (DEVICES, hours_of_all, "whole number of devices"),
        (DEVICES, one_too_few, "Take one more"),
        (DEVICES, lambda *_: "many", "how many devices"),
        (RETRIES, attempts, "One fewer would do"),
        (RETRIES, of_one_task, "chances multiply"),
        (RETRIES, generous, "Fewer would do"),
        (RETRIES, a_fraction, "whole number of retries"),
        (RETRIES, more_than_wanted, "One fewer gives just 0.75"),
    ],
)
def test_checks_name_typical_mistakes(exercise, answer, words):
    result = exercises.check(exercise, answer)
    assert result.state in ("wrong", "below the goal")
    assert words in result.message


def test_retries_may_be_solved_for():
    assert exercises.check(RETRIES, by_logarithms).solved


def test_a_deadline_is_kept_and_one_device_fewer_would_miss_it():
    hours = [(5 * n) % 7 + 1.0 for n in range(40)]
    for deadline in (7, 12, 30, 1000):
        devices = solutions.devices_needed(hours, deadline)
        assert makespan(hours, devices) <= deadline
        assert devices == 1 or makespan(hours, devices - 1) > deadline


def test_a_run_of_one_task_and_a_run_that_never_fails():
    assert solutions.retries_needed(0.0, 10**6, 0.999) == 0
    assert solutions.retries_needed(0.5, 1, 0.8) == 2


def test_the_chart_of_the_simulation_has_a_line_and_marks():
    line, own, clock = {1: 8.0, 2: 4.0}, {2: 4.8}, {1: 8.0, 2: 5.0}
    axes = figures.foretold_chart(line, own, clock, alt="two").axes[0]
    drawn = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert drawn == {
        "simulated": [8.0, 4.0],
        "simulated, their own turns": [4.8],
        "measured": [8.0, 5.0],
    }


def test_the_chart_of_the_plan_has_the_storage_as_its_floor():
    days = {"one way": [4.0, 2.0], "another": [4.0, 3.0]}
    axes = figures.plan_chart([1, 2], days, 2.5, alt="lines").axes[0]
    assert [list(line.get_ydata()) for line in axes.lines] == [[4, 2], [4, 3], [2.5, 2.5]]
    assert axes.texts[0].get_text() == "storage alone"
