"""Several images in one window: strokes stay with theirs, all train one forest, models learn on."""

import numpy as np
import pytest

from gpu_course.pixel_classification import PixelClassifier
from gpu_course.pixel_classification.painter import paint

pytestmark = pytest.mark.display


@pytest.fixture
def two(window, nuclei):
    """Open two parts of the nuclei, of one size, with the plugin, and paint on the first."""
    parts = [nuclei.crop(slice(180, 308), slice(0, 128)), nuclei.crop(slice(0, 128), slice(0, 128))]
    a, b = (
        window.viewer.add_image(part.image, name=name)
        for part, name in zip(parts, "ab", strict=True)
    )
    widget = window.open_plugin()
    widget.panel.trees.setValue(20)
    widget.panel.image.value = a
    truths = [part.labels > 0 for part in parts]
    strokes = painted(window, widget, truths[0])
    return window, widget, (a, b), truths, strokes


def painted(window, widget, truth, seed=1):
    """Press New and paint strokes on what is chosen."""
    widget.new_scribbles()
    layer = widget.panel.scribbles.value
    marks = paint(truth, strokes=3, seed=seed, width=3, margin=1)
    forest = widget.engine.classifier
    for number in (1, 2):
        window.stroke(layer, marks == number, number)
    window.wait(lambda: widget.engine.classifier is not forest)
    window.idle(widget)
    return layer


def answer(widget, image):
    return widget.results[image].classes.data


def right(widget, image, truth):
    return float(np.mean((answer(widget, image) == 2) == truth))


def choose(window, widget, image):
    widget.panel.image.value = image
    widget.predict_whole()
    window.idle(widget)


def test_each_image_has_its_own_strokes_and_all_train_one_forest(two):
    window, widget, (a, b), truths, strokes = two
    alone = PixelClassifier(widget.engine.classifier.recipe, trees=20)
    expected = np.mean((alone.fit(a.data, strokes.data).predict(b.data) == 2) == truths[1])
    forest = widget.engine.classifier
    choose(window, widget, b)
    # No strokes of a on b: the forest goes on.
    assert widget.panel.scribbles.value is None
    assert set(widget.panel.scribbles.choices) == {None}
    assert widget.engine.classifier is forest
    assert right(widget, b, truths[1]) >= 0.95 * expected
    assert right(widget, b, truths[1]) == pytest.approx(expected, abs=1e-3)
    assert widget.panel.status.text() == "No strokes here: the forest learned from 1 other image."
    own = painted(window, widget, truths[1])
    assert "Learned from 1 other image, too." in widget.panel.status.text()
    both = alone.fit([a.data, b.data], [strokes.data, own.data]).predict(b.data)
    widget.predict_whole()
    window.idle(widget)
    assert (answer(widget, b) == both).mean() > 0.999
    choose(window, widget, a)
    assert widget.panel.scribbles.value is strokes
    assert set(widget.panel.scribbles.choices) == {None, strokes}
    assert right(widget, a, truths[0]) > 0.9


def test_renamed_reordered_and_closed(two):
    window, widget, (a, b), _, strokes = two
    choose(window, widget, b)
    before = answer(widget, b).copy()
    a.name, b.name, strokes.name = "b", "a", "mine"
    window.viewer.layers.reverse()
    choose(window, widget, a)
    assert widget.panel.scribbles.value is strokes
    choose(window, widget, b)
    np.testing.assert_array_equal(answer(widget, b), before)
    # Close the painted image and its strokes: what was learned stays, and only Forget drops it.
    window.viewer.layers.selection = {a, strokes}
    window.viewer.layers.remove_selected()
    window.turns(0.1)
    choose(window, widget, b)
    np.testing.assert_array_equal(answer(widget, b), before)
    assert "1 other image" in widget.panel.status.text()
    assert not widget.panel.scales.isEnabled()
    widget.panel.forget.click()
    window.idle(widget)
    assert widget.engine.classifier is None
    assert not answer(widget, b).any() or not widget.stage.can_predict()


def test_a_deleted_strokes_layer_takes_its_strokes_back(two):
    window, widget, (_, b), truths, _ = two
    choose(window, widget, b)
    alone = answer(widget, b).copy()
    own = painted(window, widget, truths[1])
    assert (answer(widget, b) != alone).any()
    window.viewer.layers.remove(own)
    window.wait(lambda: not widget.busy and (answer(widget, b) == alone).all())


def test_an_undo_to_one_class_takes_the_answer_back(two):
    window, widget, (a, _), _, strokes = two
    widget.make_objects()
    window.idle(widget)
    assert answer(widget, a).any()
    strokes.undo()
    window.wait(lambda: "Only class 1" in widget.panel.status.text())
    assert not answer(widget, a).any()
    assert not widget.results[a].objects.data.any()
    assert widget.panel.progress.value() == 0
    strokes.redo()
    window.wait(lambda: (answer(widget, a) > 0).all())


def test_a_loaded_model_is_corrected_switched_and_comes_back(two, tmp_path):
    window, widget, (a, b), truths, strokes = two
    choose(window, widget, a)
    known = right(widget, a, truths[0])
    widget.panel.classes.set_names({2: "nucleus"})
    widget.save(tmp_path / "nuclei")
    assert widget.panel.status.text().startswith("Saved nuclei.npz.")
    window.viewer.layers.remove(strokes)
    window.turns(0.1)
    dim = window.viewer.add_image((b.data * 0.7).astype(b.data.dtype), name="dim")
    widget.panel.image.value = dim
    widget.panel.classes.names[1].clear()
    widget.load(tmp_path / "nuclei.npz")
    window.idle(widget)
    assert widget.panel.classes.class_names() == {2: "nucleus"}
    loaded = right(widget, dim, truths[1])
    first = answer(widget, dim).copy()
    widget.new_scribbles()
    layer = widget.panel.scribbles.value
    missed = truths[1] & (first != 2)
    corrections = paint(truths[1], strokes=1, length=60, width=3, seed=3)
    inside = paint(truths[1], strokes=1, length=60, width=3, seed=3, where=missed)
    corrections = np.where(corrections == 1, 1, np.where(inside == 2, 2, 0))
    seen = [loaded]
    for number in (2, 1):
        forest = widget.engine.classifier
        window.stroke(layer, corrections == number, number)
        window.wait(lambda forest=forest: widget.engine.classifier is not forest)
        window.idle(widget)
        seen.append(right(widget, dim, truths[1]))
    assert min(seen) == loaded
    assert seen[-1] > loaded + 0.005
    assert "nuclei.npz, too" in widget.panel.status.text()
    # Another image and back, in between: nothing is lost.
    choose(window, widget, a)
    assert right(widget, a, truths[0]) > known - 0.03
    choose(window, widget, dim)
    assert right(widget, dim, truths[1]) == seen[-1]
    layer.undo()
    layer.undo()
    window.wait(lambda: (answer(widget, dim) == first).all())
    assert widget.engine.model is widget.stage.base
