"""The exercises of the chapter on chunks: solutions, stubs and typical mistakes; its charts."""

from collections import namedtuple

import numpy as np
import pandas as pd
import pytest

from gpu_course import exercises
from gpu_course.lessons.scaling.chunks_and_dask import figures, solutions

REACH, MEANS = "scaling/chunks-and-dask/chain-reach", "scaling/chunks-and-dask/join-means"


def the_longer(gaussian, minimum):
    return [max(int(4 * g + 0.5), m // 2) for g, m in zip(gaussian, minimum, strict=True)]


def whole_box(gaussian, minimum):
    return [int(4 * g + 0.5) + m for g, m in zip(gaussian, minimum, strict=True)]


def one_number(gaussian, minimum):
    return max(solutions.chain_reach(gaussian, minimum))


def a_fraction(gaussian, minimum):
    return [4 * g + m / 2 for g, m in zip(gaussian, minimum, strict=True)]


def mean_of_means(parts):
    table = pd.concat(parts).groupby("label", as_index=False)
    return table.agg({"area": "sum", "mean_intensity": "mean"})


def largest_part(parts):
    return pd.concat(parts).sort_values("area").groupby("label", as_index=False).last()


def decimals_cut_off(gaussian, minimum):
    return [int(4 * g) + m // 2 for g, m in zip(gaussian, minimum, strict=True)]


def label_as_index(parts):
    return solutions.join_means(parts).set_index("label")


def with_the_background(parts):
    nothing = pd.DataFrame({"label": [0], "area": [1], "mean_intensity": [1.0]})
    return pd.concat([nothing, solutions.join_means(parts)])


def one_by_one(parts):
    rows = []
    for label, group in pd.concat(parts).groupby("label"):
        mean = np.average(group["mean_intensity"], weights=group["area"])
        rows.append({"label": label, "mean_intensity": mean, "area": group["area"].sum()})
    return pd.DataFrame(rows[::-1])


def test_means_may_come_in_any_order():
    assert exercises.check(MEANS, one_by_one).solved


def only_joined(parts):
    return pd.concat(parts)


def first_chunk(parts):
    return parts[0]


@pytest.mark.parametrize(
    ("exercise", "answer", "words"),
    [
        (REACH, decimals_cut_off, "adds a half"),
        (MEANS, label_as_index, "reset_index"),
        (MEANS, with_the_background, "none of the parts"),
        (REACH, the_longer, "a seam shows"),
        (REACH, whole_box, "2 voxels to either side"),
        (REACH, one_number, "one for each of the two axes"),
        (REACH, a_fraction, "whole numbers"),
        (MEANS, mean_of_means, "not the mean of the means"),
        (MEANS, largest_part, "areas of an object's parts add up"),
        (MEANS, only_joined, "several rows"),
        (MEANS, first_chunk, "no row"),
        (MEANS, lambda parts: 5, "pandas table"),
    ],
)
def test_checks_name_typical_mistakes(exercise, answer, words):
    result = exercises.check(exercise, answer)
    assert result.state in ("wrong", "below the goal")
    assert words in result.message


def test_the_cost_chart_has_both_lines():
    figure = figures.cost_chart([64, 128], [1.5, 1.2], [1.6, 1.3], alt="two lines fall")
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    assert [list(line.get_ydata()) for line in lines[:2]] == [[1.5, 1.2], [1.6, 1.3]]


def test_the_trace_chart_has_a_bar_for_every_task():
    Task = namedtuple("Task", "key start_time end_time worker_id")
    tasks = [Task(("blur-1", 0), 5, 7, 11), Task("sum-2", 7, 8, 11), Task(("blur-1", 1), 5, 8, 12)]
    axes = figures.trace_chart(tasks, ["blur"], alt="three bars").axes[0]
    assert np.allclose(sorted((b.get_x(), b.get_width()) for b in axes.patches),
                       [(0, 2), (0, 3), (2, 1)])  # fmt: skip
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["blur", "other"]
    assert len(axes.get_yticks()) == 2
