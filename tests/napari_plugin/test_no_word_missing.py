"""What a person at the window would take for something else is prevented, or said."""

import os
import subprocess
import sys

import numpy as np
import pytest

from gpu_course import napari_view
from gpu_course.napari_plugin import hints
from gpu_course.pixel_classification import PixelClassifier

pytestmark = pytest.mark.display


def painted(window, widget, marks):
    """Press New, paint, and wait for the answer."""
    widget.panel.trees.setValue(10)
    widget.panel.new.click()
    strokes = widget.panel.scribbles.value
    forest = widget.engine.classifier
    strokes.data_setitem(np.nonzero(marks), marks[np.nonzero(marks)])
    window.wait(lambda: widget.engine.classifier is not forest)
    window.idle(widget)
    return strokes


@pytest.fixture
def opened(window, small):
    sample, marks = small
    image = window.viewer.add_image(sample.image, name="nuclei")
    widget = window.open_plugin()
    return window, widget, image, painted(window, widget, marks), marks


def closed(window, widget):
    """Close the plugin's dock, as its cross does."""
    dock = widget.parent()
    while not hasattr(dock, "destroyOnClose"):
        dock = dock.parent()
    dock.destroyOnClose()
    window.turns(0.2)


# --- closed and opened again ---


def test_a_plugin_opened_again_goes_on_with_its_layers(opened, small):
    window, widget, _, strokes, _ = opened
    names = [layer.name for layer in window.viewer.layers]
    copy = type(strokes)(strokes.data.copy(), name="copy", metadata=dict(strokes.metadata))
    window.viewer.add_layer(copy)
    closed(window, widget)
    again = window.open_plugin()
    assert again is not widget
    assert again.panel.scribbles.value is strokes
    again.panel.trees.setValue(10)
    strokes.data_setitem((np.arange(60), np.arange(60)), 1)
    window.wait(lambda: again.engine.classifier is not None)
    window.idle(again)
    # No second answer that the first one hides, and the copy of the strokes does not count.
    assert [layer.name for layer in window.viewer.layers] == [*names, "copy"]
    forest = PixelClassifier(again.engine.classifier.recipe, trees=10)
    expected = forest.fit(small[0].image, strokes.data).predict(small[0].image)
    again.predict_whole()
    window.idle(again)
    shown = window.viewer.layers["nuclei classes"].data
    assert (shown == expected).mean() > 0.999


def test_strokes_on_pixels_that_are_no_more_are_not_found_again(opened):
    window, widget, image, _, _ = opened
    image.data = image.data[::-1].copy()
    closed(window, widget)
    again = window.open_plugin()
    assert again.panel.scribbles.value is None


def test_objects_of_a_plugin_that_was_closed_are_called_old(opened):
    window, widget, _, _, _ = opened
    widget.make_objects()
    window.idle(widget)
    closed(window, widget)
    again = window.open_plugin()
    again.predict_whole()
    window.idle(again)
    assert hints.OLD_OBJECTS in again.panel.status.text()
    again.make_objects()
    window.idle(again)
    assert hints.OLD_OBJECTS not in again.panel.status.text()
    assert [layer.name for layer in window.viewer.layers].count("nuclei objects") == 1


def test_a_window_closed_at_once_leaves_no_traceback():
    lacking = napari_view.missing()
    if lacking:
        pytest.skip(lacking)
    code = """
from gpu_course import napari_view
assert not napari_view.missing()
import napari
viewer = napari.Viewer(show=True)
viewer.window.add_plugin_dock_widget("gpu-course", "Pixel classification")
viewer.close()
"""
    # On a screen of its own: that of these tests ends with its last window.
    own = {name: value for name, value in os.environ.items() if not name.endswith("DISPLAY")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=False, timeout=120, env=own,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


# --- before the first stroke ---


def test_how_to_paint_stays_until_something_is_painted(window, small):
    sample, marks = small
    window.viewer.add_image(sample.image, name="nuclei")
    widget = window.open_plugin()
    widget.panel.new.click()
    strokes = widget.panel.scribbles.value
    window.turns(0.5)
    assert widget.panel.status.text().startswith("Paint with label 1, press M")
    assert [layer.name for layer in window.viewer.layers] == ["nuclei", "nuclei strokes"]
    strokes.data_setitem((np.arange(9), np.arange(9)), 1)
    window.wait(lambda: "Only class 1" in widget.panel.status.text())
    strokes.undo()
    strokes.refresh()
    assert not strokes.data.any()
    strokes.data_setitem(np.nonzero(marks), marks[np.nonzero(marks)])
    window.wait(lambda: widget.engine.classifier is not None)
    window.idle(widget)
    strokes.undo()
    strokes.refresh()
    window.wait(lambda: "Nothing is painted yet" in widget.panel.status.text())
    assert widget.engine.classifier is None


def test_objects_that_are_taken_for_strokes_are_told(window, small):
    sample, _ = small
    window.viewer.add_image(sample.image, name="nuclei")
    numbers = np.kron(np.arange(36).reshape(6, 6), np.ones((25, 25))).astype(np.uint8)
    own = window.viewer.add_labels(numbers[:128, :150], name="objects of another program")
    widget = window.open_plugin()
    widget.panel.trees.setValue(5)
    widget.panel.scribbles.value = own
    window.wait(lambda: "look like numbers of objects" in widget.panel.status.text())
    window.idle(widget)


# --- the answer that is shown ---


def test_objects_of_an_earlier_answer_are_called_so(opened):
    window, widget, image, strokes, _ = opened
    say = widget.panel.status.text
    widget.make_objects()
    window.idle(widget)
    assert say() == f"{widget.results[image].objects.data.max()} objects."
    widget.panel.object_settings["smallest"].setValue(60)
    assert say().endswith(hints.OLD_OBJECTS)
    widget.panel.object_settings["smallest"].setValue(30)
    assert hints.OLD_OBJECTS not in say()
    widget.panel.shown.setValue(1)
    assert say().endswith(hints.OLD_OBJECTS)
    widget.panel.shown.setValue(2)
    assert hints.OLD_OBJECTS not in say()
    strokes.data_setitem((np.arange(90), np.arange(90)), 1)
    window.wait(lambda: hints.OLD_OBJECTS in say())
    window.idle(widget)
    widget.make_objects()
    window.idle(widget)
    assert say() == f"{widget.results[image].objects.data.max()} objects."


def test_the_probability_of_a_class_that_nobody_painted_is_zero(opened):
    _, widget, image, _, _ = opened
    shown = widget.results[image].probability
    assert shown.data.max() > 0.5
    widget.panel.shown.setValue(5)
    assert shown.data.max() == 0
    widget.panel.shown.setValue(2)
    assert shown.data.max() > 0.5


def test_nobody_paints_on_the_answer(opened):
    window, widget, image, strokes, _ = opened
    classes = widget.results[image].classes
    window.viewer.layers.selection.active = classes
    classes.mode = "paint"
    assert classes.mode == "pan_zoom"
    assert not classes.editable
    assert strokes.editable


# --- what is napari's own, and slow when it comes first ---


def test_napari_draws_layers_without_compiling_code(opened):
    from napari.utils.colormaps import CyclicLabelColormap

    window, widget, image, strokes, _ = opened
    widget.make_objects()
    window.idle(widget)
    results = widget.results[image]
    for layer in (strokes, results.classes, results.objects):
        assert layer.data.dtype.itemsize <= 2
        assert isinstance(layer.colormap, CyclicLabelColormap)
    for number in (1, 2, 3, 254, 255):
        colour = widget.panel.classes._colour(number)
        np.testing.assert_allclose(strokes.get_color(number), colour, atol=1e-6)
    widget.panel.classes.set_colour(255, (0.0, 1.0, 0.0, 1.0))
    np.testing.assert_allclose(strokes.get_color(255), (0, 1, 0, 1))
    np.testing.assert_allclose(strokes.get_color(1), widget.panel.classes._colour(1), atol=1e-6)


def test_more_objects_than_16_bits_hold_keep_their_numbers(opened):
    _, widget, image, _, _ = opened
    results = widget.results[image]
    results.prepare(widget.panel.classes.colormap(), objects=True)
    many = np.zeros(image.data.shape, np.int32)
    many[0, :2] = 1, 70_000
    results.show_objects(many, widget.panel.chosen_objects())
    np.testing.assert_array_equal(results.objects.data, many)


# --- which image is seen ---


def test_an_image_that_hides_the_chosen_one_is_named(opened):
    window, widget, image, _, _ = opened
    say = widget.panel.status.text
    other = window.viewer.add_image(image.data[::-1].copy(), name="other")
    window.turns(0.1)
    assert "“other” lies over it" in say()
    for how in ({"visible": False}, {"opacity": 0.3}, {"blending": "additive"}):
        ((name, value),) = how.items()
        before = getattr(other, name)
        setattr(other, name, value)
        assert not hints.covering(window.viewer, image)
        setattr(other, name, before)
        assert hints.covering(window.viewer, image) == "other"
    other.visible = False
    assert "lies over it" not in say()
    other.visible = True
    assert "lies over it" in say()
    # Strokes lie with their image: under the other one.
    widget.panel.new.click()
    names = [layer.name for layer in window.viewer.layers]
    assert names[-1] == "other"
    assert names[-2] == "nuclei strokes [1]"
    widget.panel.image.value = other
    assert "lies over it" not in say()
    window.viewer.layers.move(len(window.viewer.layers) - 1, 0)
    window.turns(0.1)
    assert "“nuclei” lies over it" in say()
    other.translate = (0, 5000)
    assert not hints.covering(window.viewer, other)
