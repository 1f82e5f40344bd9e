import IPython
import IPython.display
import pytest

from gpu_course.deep_learning.history import Epoch
from gpu_course.deep_learning.progress import LivePlot, draw
from gpu_course.errors import CourseError


def epochs(number):
    return [
        Epoch(n, number, 1 / n, 2 / n, n / 10, learning_rate=0.1, seconds=1, best=True)
        for n in range(1, number + 1)
    ]


@pytest.mark.parametrize("score", ["validation Dice", "star IoU"])
def test_a_run_is_drawn_with_the_score_it_has(score):
    rows = [{"epoch": e, "training loss": 1 / e, score: e / 10} for e in (1, 2, 3)]
    figure = draw(rows, alt="A run.")
    loss, below = figure.axes
    assert list(loss.lines[0].get_ydata()) == [1, 1 / 2, 1 / 3]
    assert list(below.lines[0].get_ydata()) == [0.1, 0.2, 0.3]
    assert below.get_ylabel() == score
    assert figure.alt == "A run."


def test_both_losses_are_told_apart_by_name_and_in_grey():
    loss = draw([epoch.row() for epoch in epochs(3)], alt="A run.").axes[0]
    names = [text.get_text() for text in loss.get_legend().get_texts()]
    assert names == ["training loss", "validation loss"]
    assert len({line.get_linestyle() for line in loss.lines}) == 2


def test_a_run_without_validation_has_one_chart():
    assert len(draw([{"epoch": 1, "training loss": 1.0}], alt="A run.").axes) == 1


def test_charts_without_a_text_are_refused():
    with pytest.raises(CourseError, match="cannot see"):
        draw([{"epoch": 1, "training loss": 1.0}], alt=" ")


def test_the_live_plot_replaces_its_picture_and_tells_what_it_shows(monkeypatch):
    shown = []

    class Place:
        def update(self, bundle, *, raw, metadata):
            assert raw
            shown.append(("again", bundle, metadata))

    def display(bundle, *, raw, metadata, display_id):
        assert raw
        assert display_id
        shown.append(("first", bundle, metadata))
        return Place()

    monkeypatch.setattr(IPython, "get_ipython", object)
    monkeypatch.setattr(IPython.display, "display", display)
    plot = LivePlot(every=2)
    for epoch in epochs(5):
        plot(epoch)
    assert [how for how, _, _ in shown] == ["first", "again", "again"]  # epochs 2, 4 and 5
    for _, bundle, metadata in shown:
        (kind,) = metadata
        assert kind.startswith("image/")
        assert isinstance(bundle[kind], bytes)
    assert [next(iter(m.values()))["alt"] for _, _, m in shown][-1] == (
        "A training of 5 epochs, from the first to the last: training loss from 1.00 to 0.20, "
        "validation loss from 2.00 to 0.40, validation Dice from 0.10 to 0.50."
    )


def test_outside_a_notebook_the_live_plot_draws_nothing(capsys):
    plot = LivePlot()
    for epoch in epochs(2):
        plot(epoch)
    assert capsys.readouterr().out == ""
