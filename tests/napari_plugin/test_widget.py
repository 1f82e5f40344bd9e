"""The plugin in a real window: found, opened from the menu, painted with, and mistreated."""

import subprocess
import sys

import numpy as np
import pytest
from skimage.measure import label

import gpu_course
from gpu_course import metrics
from gpu_course.pixel_classification import PixelClassifier
from gpu_course.pixel_classification.painter import paint

pytestmark = pytest.mark.display

MANIFEST = gpu_course.__path__[0] + "/napari.yaml"


@pytest.fixture
def ready(window, small):
    """Open the plugin on a small image with strokes, and wait for the first result."""
    sample, marks = small
    image = window.viewer.add_image(sample.image, name="nuclei", scale=(2, 3), translate=(5, 7))
    widget = window.open_plugin()
    widget.panel.trees.setValue(10)
    widget.new_scribbles()
    scribbles = widget.panel.scribbles.value
    scribbles.data_setitem(np.nonzero(marks), marks[np.nonzero(marks)])
    window.wait(
        lambda: result(widget, image) is not None and (result(widget, image).data > 0).all()
    )
    window.idle(widget)
    return window, widget, image, scribbles


def result(widget, image):
    kept = widget.results.get(image)
    return kept.classes if kept else None


# --- found and opened ---


def test_manifest_is_valid():
    done = subprocess.run(
        [sys.executable, "-m", "npe2", "validate", "--imports", MANIFEST],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✔" in done.stdout


def test_napari_finds_the_installed_plugin():
    from npe2 import PluginManager

    manager = PluginManager()
    manager.discover()
    found = [w.display_name for w in manager.iter_widgets() if w.plugin_name == "gpu-course"]
    assert found == ["Pixel classification"]
    assert {m.key for m in manager.get_manifest("gpu-course").contributions.sample_data} == {
        "nuclei", "nuclei_volume", "bees", "roots",
    }  # fmt: skip


# --- ten strokes ---


def test_ten_strokes_find_the_nuclei_live_and_a_saved_model_finds_them_again(
    window, nuclei, tmp_path
):
    truth = nuclei.labels > 0
    image = window.viewer.add_image(nuclei.image, name="nuclei")
    widget = window.open_plugin()
    widget.new_scribbles()
    scribbles = widget.panel.scribbles.value
    assert window.viewer.layers.selection.active is scribbles
    painted = 0
    where = None
    # Six strokes, then four where the live result shows mistakes, as a person would.
    for count in (3, 2):
        marks = paint(truth, strokes=count, seed=1, width=4, margin=1, length=60, where=where)
        marks[scribbles.data > 0] = 0
        numbers = label(marks, connectivity=2)
        for number in range(1, numbers.max() + 1):
            stroke = numbers == number
            window.stroke(scribbles, stroke, int(marks[stroke][0]))
            painted += 1
        model = widget.engine.classifier
        window.wait(lambda model=model: widget.engine.classifier is not model)
        window.idle(widget)
        where = (result(widget, image).data == 2) != truth
    assert painted <= 10
    assert metrics.dice(truth, result(widget, image).data == 2) >= 0.9
    widget.predict_whole()
    window.idle(widget)
    expected = result(widget, image).data.copy()
    widget.save(tmp_path / "nuclei.npz")
    assert "Saved" in widget.panel.status.text()
    window.viewer.close()
    window.turns(0.1)

    import napari

    fresh = type(window)(napari.Viewer(show=True))
    image = fresh.viewer.add_image(nuclei.image, name="again")
    widget = fresh.open_plugin()
    widget.load(tmp_path / "nuclei.npz")
    widget.predict_whole()
    fresh.idle(widget)
    np.testing.assert_array_equal(result(widget, image).data, expected)
    fresh.viewer.close()
    fresh.turns(0.1)


# --- layers ---


def test_result_layers_lie_on_the_image_and_strokes_stay_chosen(ready):
    window, widget, image, scribbles = ready
    layers = window.viewer.layers
    assert [layer.name for layer in layers] == [
        "nuclei",
        "nuclei probability",
        "nuclei classes",
        "nuclei strokes",
    ]
    assert layers.selection.active is scribbles
    for layer in layers:
        np.testing.assert_array_equal(layer.scale, image.scale)
        np.testing.assert_array_equal(layer.translate, image.translate)
    # The results are not offered as something to learn from.
    assert set(widget.panel.image.choices) - {None} == {image}
    assert set(widget.panel.scribbles.choices) - {None} == {scribbles}


def test_updates_change_the_same_layer_and_never_the_strokes(ready):
    window, widget, image, scribbles = ready
    layer = result(widget, image)
    painted = scribbles.data.copy()
    history = len(scribbles._undo_history)
    before = layer.data.copy()
    scribbles.data_setitem((np.arange(40), np.arange(40)), 1)
    painted[np.arange(40), np.arange(40)] = 1
    widget.make_objects()
    window.idle(widget)
    np.testing.assert_array_equal(scribbles.data, painted)
    assert len(scribbles._undo_history) == history + 1
    assert result(widget, image) is layer
    assert (layer.data != before).any()
    # Undo takes the stroke back, and the live result follows.
    scribbles.undo()
    window.wait(lambda: (layer.data == before).all())


def test_probability_and_objects_are_of_the_class_shown(ready):
    window, widget, image, _ = ready
    layer = widget.results[image].probability
    two = np.asarray(layer.data).copy()
    widget.panel.shown.setValue(1)
    np.testing.assert_allclose(layer.data, 1 - two, atol=1e-5)
    widget.panel.shown.setValue(2)
    widget.make_objects()
    window.idle(widget)
    objects = widget.results[image].objects
    assert objects.name == "nuclei objects"
    assert objects.data.max() >= 2
    assert widget.panel.status.text() == f"{objects.data.max()} objects."


def test_volume_is_predicted_where_the_slider_stands_then_as_a_whole(window, monkeypatch):
    from gpu_course.napari_plugin import tiles

    monkeypatch.setitem(tiles.SIDE, 3, (8, 32, 32))
    volume = np.random.default_rng(0).normal(0, 1, (24, 32, 32)).astype(np.float32)
    volume[:, :, 16:] += 5
    image = window.viewer.add_image(volume, name="volume", scale=(2, 1, 1))
    window.viewer.dims.set_point(0, 2 * 20)
    widget = window.open_plugin()
    widget.panel.scales.setText("1")
    widget.new_scribbles()
    scribbles = widget.panel.scribbles.value
    along = np.arange(32)
    scribbles.data_setitem((np.full(32, 20), along, np.full(32, 5)), 1)
    scribbles.data_setitem((np.full(32, 20), along, np.full(32, 25)), 2)
    window.wait(lambda: (result(widget, image) is not None) and result(widget, image).data.any())
    window.idle(widget)
    classes = result(widget, image).data
    assert (classes[16:] > 0).all()
    assert not classes[:16].any()
    assert widget.engine.classifier.recipe.voxel_size == (2, 1, 1)
    widget.predict_whole()
    window.idle(widget)
    assert (classes == np.where(volume > 2.5, 2, 1)).mean() > 0.95


def test_colour_image(window):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 60, (40, 50, 3), dtype=np.uint8)
    image[:, 25:, 0] += 150
    layer = window.viewer.add_image(image, rgb=True, name="colours")
    widget = window.open_plugin()
    widget.new_scribbles()
    scribbles = widget.panel.scribbles.value
    scribbles.data_setitem((np.arange(40), np.full(40, 5)), 1)
    scribbles.data_setitem((np.arange(40), np.full(40, 45)), 2)
    window.wait(lambda: result(widget, layer) is not None and result(widget, layer).data.all())
    expected = np.broadcast_to(np.where(np.arange(50) < 25, 1, 2), (40, 50))
    assert (result(widget, layer).data == expected).mean() > 0.95


# --- models and scripts ---


def test_copied_script_reproduces_the_result(ready):
    from qtpy.QtWidgets import QApplication

    window, widget, image, _ = ready
    widget.predict_whole()
    window.idle(widget)
    widget.panel.copy.click()
    script = QApplication.clipboard().text()
    names = {"viewer": window.viewer}
    exec(script, names)
    shown = result(widget, image).data
    assert (names["labels"] == shown).mean() > 0.999
    np.testing.assert_array_equal(window.viewer.layers["from a script"].scale, image.scale)


def test_script_of_a_loaded_model_loads_it(ready, tmp_path):
    window, widget, image, _ = ready
    widget.save(tmp_path / "model.npz")
    expected = result(widget, image).data.copy()
    widget.load(tmp_path / "model.npz")
    window.idle(widget)
    names = {"viewer": window.viewer}
    assert "PixelClassifier.load" in widget.script()
    exec(widget.script(), names)
    assert (names["labels"] == expected).mean() > 0.999


def test_settings_of_a_loaded_model_are_shown(ready, tmp_path):
    from gpu_course.pixel_classification import Recipe

    window, widget, image, scribbles = ready
    model = PixelClassifier(Recipe((3.0,), ("laplacian",)), trees=7)
    model.fit(image.data, scribbles.data).save(tmp_path / "other.npz")
    widget.load(tmp_path / "other.npz")
    window.idle(widget)
    assert widget.panel.scales.text() == "3"
    assert widget.panel.trees.value() == 7
    assert [n for n, box in widget.panel.features.items() if box.isChecked()] == ["laplacian"]
    # A file without strokes cannot be corrected, and says so; it is not thrown away either.
    assert widget.engine.classifier.trees == 7
    assert widget.engine.model is widget.stage.base
    assert "holds no strokes" in widget.panel.status.text()
    assert not widget.panel.scales.isEnabled()
    widget.panel.forget.click()
    window.idle(widget)
    assert widget.panel.scales.isEnabled()
    assert widget.stage.base is None
    assert "Painted" in widget.panel.status.text()


def test_hostile_file_is_refused_with_a_sentence(ready, heard, tmp_path):
    _, widget, _, _ = ready
    model = widget.engine.classifier
    contents = [b"", b"PK\x03\x04 cut off", b"\x80\x04\x95import os"]
    for number, content in enumerate(contents, 1):
        path = tmp_path / f"bad{number}.npz"
        path.write_bytes(content)
        widget.load(path)
        assert len(heard()) == number
        assert path.name in heard()[-1]
    widget.load(tmp_path / "missing.npz")
    assert "missing.npz" in heard()[-1]
    assert widget.engine.classifier is model


# --- what must not crash ---


def test_no_layer(window, heard):
    widget = window.open_plugin()
    panel = widget.panel
    for button in (panel.new, panel.view, panel.whole, panel.objects, panel.stop, panel.copy):
        button.setEnabled(True)
        button.click()
    widget.save()
    assert len(heard()) == 6
    assert not window.viewer.layers


def test_one_class_and_empty_scribbles(window, small, heard):
    sample, _ = small
    window.viewer.add_image(sample.image)
    widget = window.open_plugin()
    widget.new_scribbles()
    window.turns()
    assert widget.panel.status.text().startswith("Paint with label 1")
    widget.panel.scribbles.value.data_setitem((np.arange(9), np.arange(9)), 1)
    window.wait(lambda: "Only class 1" in widget.panel.status.text())
    # Nobody is interrupted while painting; a click gets an answer.
    assert heard() == []
    widget.predict_view()
    window.idle(widget)
    assert heard() == ["Only class 1 is painted. Paint a stroke of another class, too."]


def test_settings_that_cannot_be_read(ready, heard):
    _, widget, _, _ = ready
    widget.panel.scales.setText("one, two")
    widget.predict_view()
    assert heard() == ["“one, two” is no list of scales. Write numbers such as 1, 2, 4."]


@pytest.mark.parametrize("which", ["image", "scribbles", "classes"])
def test_layer_deleted_while_computing(ready, heard, which):
    window, widget, image, scribbles = ready
    classes = result(widget, image)
    widget.panel.trees.setValue(300)
    widget.predict_whole()
    window.viewer.layers.remove({"image": image, "scribbles": scribbles, "classes": classes}[which])
    window.idle(widget)
    window.turns()
    assert heard() == []
    assert widget.panel.image.value is (None if which == "image" else image)
    if which == "classes":
        widget.predict_whole()
        window.idle(widget)
        assert result(widget, image) in window.viewer.layers


def test_image_replaced_while_computing(ready, heard):
    window, widget, image, scribbles = ready
    widget.panel.trees.setValue(300)
    widget.predict_whole()
    window.turns(0.02)
    image.data = np.ascontiguousarray(image.data[::-1, :100])
    window.idle(widget)
    assert "has other pixels now" in widget.panel.status.text()
    scribbles.data = np.ascontiguousarray(scribbles.data[::-1, :100])
    widget.panel.scribbles.value = scribbles
    window.wait(lambda: "Painted" in widget.panel.status.text())
    window.idle(widget)
    assert result(widget, image).data.shape == (128, 100)
    assert result(widget, image).data.all()
    assert heard() == []


def test_strokes_are_not_moved_to_other_pixels(ready):
    window, widget, image, scribbles = ready
    before = result(widget, image).data.copy()
    forest = widget.engine.classifier
    image.data = np.ascontiguousarray(image.data[::-1])
    # What was learned from the pixels before goes on, and is as right on the new ones.
    window.wait(lambda: (result(widget, image).data == before[::-1]).mean() > 0.9)
    window.idle(widget)
    assert widget.panel.scribbles.value is None
    assert not widget.panel.scales.isEnabled()
    image_now = forest.predict(image.data)
    assert (result(widget, image).data == image_now).mean() > 0.95
    # Somebody may say that strokes fit the new pixels.
    scribbles.data = np.ascontiguousarray(scribbles.data[::-1])
    widget.panel.scribbles.value = scribbles
    window.wait(lambda: "Painted" in widget.panel.status.text())


def written_into(image):
    """Change an image as a script may: napari tells nobody."""
    image.data[...] = image.data[::-1].copy()
    image.refresh()


@pytest.mark.parametrize("live", [True, False])
def test_pixels_that_were_written_into_are_predicted_as_they_are(ready, heard, live):
    window, widget, image, scribbles = ready
    forest = widget.engine.classifier
    widget.panel.live.setChecked(live)
    widget.predict_whole()
    window.idle(widget)
    assert widget.panel.scribbles.value is scribbles
    written_into(image)
    widget.predict_whole()
    window.idle(widget)
    assert "has other pixels now" in widget.panel.status.text()
    assert widget.panel.scribbles.value is None
    np.testing.assert_array_equal(result(widget, image).data, forest.predict(image.data))
    assert heard() == []


def test_strokes_on_another_image_that_was_written_into_stay_learned(ready):
    window, widget, image, _ = ready
    forest = widget.engine.classifier
    other = window.viewer.add_image(image.data[::-1].copy(), name="other")
    widget.panel.image.value = other
    window.idle(widget)
    written_into(image)
    widget.predict_whole()
    window.idle(widget)
    assert widget.panel.image.value is other
    assert (result(widget, other).data == forest.predict(other.data)).mean() > 0.95
    widget.panel.image.value = image
    assert widget.panel.scribbles.value is None
    assert "has other pixels now" in widget.panel.status.text()


def test_of_a_large_image_an_even_grid_is_looked_at(monkeypatch):
    from napari.layers import Image

    from gpu_course.napari_plugin import reading

    image = Image(np.zeros((5, 60, 70), ">u2"))
    monkeypatch.setattr(reading, "LOOKED_AT", 1000)
    before = reading.checksum(image)
    image.data[:, 20:30, 20:30] = 1
    assert reading.checksum(image) != before
    image.data[:, 20:30, 20:30] = 0
    assert reading.checksum(image) == before


def test_what_lies_in_a_file_is_not_looked_at(tmp_path):
    from napari.layers import Image

    from gpu_course.napari_plugin import reading

    np.save(tmp_path / "image.npy", np.zeros((9, 9)))
    mapped = np.load(tmp_path / "image.npy", mmap_mode="r")
    assert reading.checksum(Image(mapped)) is None


def test_renamed_layers(ready):
    window, widget, image, scribbles = ready
    image.name, scribbles.name = "mice", "strokes"
    result(widget, image).name = "mine"
    scribbles.data_setitem((np.arange(40), np.arange(40)), 1)
    widget.predict_whole()
    window.idle(widget)
    assert "mine" in [layer.name for layer in window.viewer.layers]
    assert len(window.viewer.layers) == 4
    assert "viewer.layers['mice']" in widget.script()
    assert "viewer.layers['strokes']" in widget.script()


def test_window_closed_while_computing(ready, capfd):
    from superqt.utils import WorkerBase

    window, widget, _, _ = ready
    widget.panel.trees.setValue(500)
    widget.predict_whole()
    window.turns(0.02)
    window.viewer.close()
    window.turns(0.5)
    WorkerBase.await_workers(20_000)
    window.turns(0.1)
    assert capfd.readouterr().err == ""


def test_cancel_stops_and_keeps_the_window_usable(ready, heard):
    window, widget, image, _ = ready
    widget.panel.trees.setValue(300)
    widget.predict_whole()
    widget.cancel()
    window.idle(widget)
    assert widget.panel.status.text() == "Cancelled."
    widget.predict_whole()
    window.idle(widget)
    assert result(widget, image).data.all()
    assert heard() == []


def test_unexpected_fault_is_reported_and_work_goes_on(ready, heard, monkeypatch):
    window, widget, _, _ = ready

    def broken(self, features):
        raise RuntimeError("the forest burns")

    monkeypatch.setattr(PixelClassifier, "predict_features", broken)
    widget.panel.trees.setValue(11)
    window.wait(lambda: bool(heard()))
    assert heard() == ["The prediction stopped: RuntimeError: the forest burns"]
    monkeypatch.undo()
    widget.predict_whole()
    window.idle(widget)
    assert len(heard()) == 1


# --- keyboard and tooltips ---


def test_each_control_explains_itself_and_no_two_share_a_key(ready):
    from qtpy.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit

    _, widget, _, _ = ready
    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit)
    # A spin box has a line of its own inside.
    controls = list(widget.panel.findChildren(kinds[0]))
    for kind in kinds[1:]:
        controls += widget.panel.findChildren(kind)
    controls = [c for c in controls if not c.objectName().startswith("qt_")]
    assert len(controls) >= 17
    assert [c for c in controls if not c.toolTip()] == []
    keys = [c.shortcut().toString() for c in controls if hasattr(c, "shortcut")]
    keys = [key for key in keys if key]
    assert len(keys) == len(set(keys)) >= 9


# --- what is in view ---


def test_only_what_is_in_view_follows_a_change(window, nuclei):
    large = np.tile(nuclei.image, (2, 4))  # 1024 × 1024: four tiles
    image = window.viewer.add_image(large)
    widget = window.open_plugin()
    widget.panel.trees.setValue(10)
    widget.new_scribbles()
    marks = paint(nuclei.labels > 0, strokes=3, seed=1)
    part = widget.panel.scribbles.value
    part.data_setitem(np.nonzero(marks), marks[np.nonzero(marks)])
    window.wait(lambda: widget.panel.progress.value() == 4)
    window.idle(widget)
    scene = getattr(window.viewer, "scene", window.viewer)
    scene.camera.zoom, scene.camera.center = 8, (0, 800, 800)
    window.wait(lambda: image.corner_pixels[0].min() > 512)
    widget.panel.trees.setValue(12)
    window.wait(lambda: widget.panel.progress.maximum() == 1)
    window.idle(widget)
    # What comes into view afterwards follows, too, with the same forest.
    model = widget.engine.classifier
    scene.camera.zoom, scene.camera.center = 0.4, (0, 512, 512)
    window.wait(lambda: widget.panel.progress.value() == 4)
    assert widget.engine.classifier is model
    # Opened again, the plugin takes the image and not one of its own results.
    window.viewer.window.remove_dock_widget("all")
    assert window.open_plugin().panel.image.value is image
