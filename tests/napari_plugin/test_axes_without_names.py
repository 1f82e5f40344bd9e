"""A stack whose axes have no names is read by guess: that is said, and a person can say better."""

import numpy as np
import pytest

from gpu_course.napari_plugin import hints
from gpu_course.napari_plugin.layout import Layout, is_guess, layout_of
from gpu_course.pixel_classification import PixelClassifier
from tests.napari_plugin.test_no_word_missing import painted

pytestmark = pytest.mark.display


@pytest.mark.parametrize("place", [0, 2])
def test_a_stack_without_names_may_be_channels(window, small, place):
    sample, marks = small
    both = np.stack([sample.image, sample.image[::-1]], axis=place)
    image = window.viewer.add_image(both, name="two channels", rgb=False)
    window.viewer.dims.order = (0, 1, 2) if place == 0 else (2, 0, 1)
    widget = window.open_plugin()
    panel = widget.panel
    assert panel.status.text().endswith(hints.GUESS)
    assert panel.axes.currentText() == "Volume"
    panel.axes.setCurrentIndex(2)
    panel.axes.activated.emit(2)
    assert panel.axes.currentText() == "Channels"
    assert panel.axes.isVisibleTo(panel)
    assert hints.GUESS not in panel.status.text()
    painted(window, widget, np.stack([marks] * 2, axis=place))
    widget.predict_whole()
    window.idle(widget)
    recipe = widget.engine.classifier.recipe
    assert recipe.channels == 2
    last = np.moveaxis(both, place, -1)
    expected = PixelClassifier(recipe, trees=10).fit(last, marks).predict(last)
    found = np.moveaxis(widget.results[image].classes.data, place, 0)
    assert (found == expected).mean(axis=(1, 2)) == pytest.approx([1, 1], abs=1e-3)
    script = {"viewer": window.viewer}
    exec(widget.script(), script)
    assert (np.moveaxis(script["labels"], place, 0)[0] == found[0]).mean() > 0.999
    panel.axes.setCurrentIndex(1)
    panel.axes.activated.emit(1)
    window.idle(widget)
    assert panel.axes.currentText() == "Independent planes"


def test_no_axis_of_many_planes_is_called_channels(window, heard):
    window.viewer.add_image(np.zeros((70, 80, 90), np.uint8), name="deep")
    widget = window.open_plugin()
    widget.panel.axes.setCurrentIndex(2)
    widget.panel.axes.activated.emit(2)
    assert heard() == ["No axis is short enough for channels: 64 at most."]
    assert widget.panel.axes.currentText() == "Independent planes"


@pytest.mark.parametrize(
    ("labels", "shape", "guess"),
    [
        (("z", "y", "x"), (9, 50, 60), False),
        (("-3", "-2", "-1"), (9, 50, 60), True),
        (("t", "y", "x"), (9, 50, 60), False),
        (("", "", ""), (1, 50, 60), False),
        (("-2", "-1"), (50, 60), False),
    ],
)
def test_only_a_guess_is_called_so(labels, shape, guess):
    assert is_guess(layout_of(shape, labels), labels) is guess
    assert layout_of((2, 50, 60), choice="channels") == Layout(3, (1, 2), 0)
