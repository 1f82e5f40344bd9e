import pytest
from matplotlib import pyplot as plt

from gpu_course.deep_learning.progress import draw


@pytest.mark.parametrize("score", ["validation Dice", "star IoU"])
def test_a_run_is_drawn_with_the_score_it_has(score):
    figure = draw([{"epoch": e, "training loss": 1 / e, score: e / 10} for e in (1, 2, 3)])
    loss, right = figure.axes
    assert list(loss.lines[0].get_ydata()) == [1, 1 / 2, 1 / 3]
    assert list(right.lines[0].get_ydata()) == [0.1, 0.2, 0.3]
    assert right.get_ylabel() == score
    plt.close(figure)


def test_a_run_without_validation_has_an_empty_chart():
    figure = draw([{"epoch": 1, "training loss": 1.0}])
    assert not figure.axes[1].lines
    plt.close(figure)
