"""The panel fits a small window with the names that files have, and shows what belongs to it."""

import numpy as np
import pytest

pytestmark = pytest.mark.display

NAME = "2026-11-29_experiment-17_plate-B_well-C04_field-012_channel-DAPI_z.ome"


def controls(widget):
    from qtpy.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QProgressBar

    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QProgressBar)
    found = [c for kind in kinds for c in widget.panel.widget().findChildren(kind)]
    return [c for c in found if not c.objectName().startswith("qt_") and c.isVisibleTo(widget)]


@pytest.fixture
def opened(window, small):
    window.viewer.window.resize(1000, 620)
    sample, marks = small
    stack = np.stack([sample.image] * 2)
    image = window.viewer.add_image(stack, name=NAME, axis_labels=("z", "y", "x"))
    widget = window.open_plugin()
    widget.panel.trees.setValue(5)
    widget.new_scribbles()
    widget.panel.scribbles.value.name = f"{NAME} strokes"
    marks = np.stack([marks, np.zeros_like(marks)])
    widget.panel.scribbles.value.data_setitem(np.nonzero(marks), marks[np.nonzero(marks)])
    widget.panel.classes.set_names({2: NAME})
    window.wait(lambda: widget.panel.importance.text() != "")
    window.idle(widget)
    return window, widget, image


def test_each_control_can_be_reached_at_1000_by_620(opened, tmp_path):
    window, widget, _ = opened
    widget.save(tmp_path / f"{NAME}.npz")
    widget.load(tmp_path / f"{NAME}.npz")
    window.idle(widget)
    window.turns(0.2)
    assert NAME in widget.panel.status.text()
    main = window.viewer.window._qt_window
    assert (main.width(), main.height()) == (1000, 620)
    assert widget.width() <= 300
    assert window.viewer.window._qt_viewer.canvas.native.width() >= 350
    view = widget.panel.viewport()
    inside = widget.panel.widget()
    assert inside.width() <= view.width()
    everything = controls(widget)
    assert len(everything) >= 30
    for control in everything:
        left = control.mapTo(inside, control.rect().topLeft()).x()
        assert left >= 0, control.toolTip()
        assert left + control.width() <= inside.width(), control.toolTip()
        widget.panel.ensureWidgetVisible(control)
        top = control.mapTo(view, control.rect().topLeft()).y()
        assert -1 <= top <= view.height() - control.height() + 1, control.toolTip()
    for button in (widget.panel.new, widget.panel.save, widget.panel.stop, widget.panel.copy):
        text = button.fontMetrics().horizontalAdvance(button.text())
        assert text <= button.width(), button.text()
    # The whole name is in the tooltip.
    assert NAME in widget.panel.image.native.toolTip()


def test_the_title_of_the_dock_is_not_cut(opened):
    from qtpy.QtWidgets import QLabel

    _, widget, _ = opened
    dock = widget.parent()
    while dock is not None and not hasattr(dock, "titleBarWidget"):
        dock = dock.parent()
    (title,) = [
        label for label in dock.titleBarWidget().findChildren(QLabel) if "Pixel" in label.text()
    ]
    # Its style adds a margin to the letters.
    assert title.sizeHint().width() <= title.width()


def test_classes_have_names_and_colours(opened):
    window, widget, image = opened
    classes = widget.panel.classes
    layer = widget.panel.scribbles.value
    window.turns(0.05)
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    QTest.mouseClick(classes.numbers[1], Qt.MouseButton.LeftButton)
    assert layer.selected_label == 2
    assert layer.mode == "paint"
    QTest.mouseClick(classes.more, Qt.MouseButton.LeftButton)
    assert len(classes.numbers) == 3
    assert layer.selected_label == 3
    layer.selected_label = 1
    assert [b.isChecked() for b in classes.numbers] == [True, False, False]
    classes.set_colour(2, (1.0, 0.0, 0.0, 1.0))
    for shown in (layer, widget.results[image].classes):
        np.testing.assert_allclose(shown.get_color(2), (1, 0, 0, 1), atol=0.01)
    classes.names[1].setText("nuclei")
    classes.names[1].editingFinished.emit()
    assert widget.panel.shown.text() == "2  nuclei"


def test_uncertainty_is_shown_when_wanted(opened):
    window, widget, image = opened
    widget.panel.uncertainty.click()
    window.idle(widget)
    results = widget.results[image]
    assert results.uncertainty in window.viewer.layers
    two = np.sort(np.stack([results._probabilities[c] for c in (1, 2)]), axis=0)
    shown = np.asarray(results.classes.data) > 0
    expected = 1 - (two[1] - two[0])
    np.testing.assert_allclose(results.uncertainty.data[shown], expected[shown], atol=1e-6)
    widget.panel.uncertainty.click()
    assert results.uncertainty is None
    assert not [layer for layer in window.viewer.layers if "uncertainty" in layer.name]


def test_objects_lie_on_top_and_follow_their_settings(opened):
    window, widget, image = opened
    counts = []
    for smallest in (30, 400):
        widget.panel.object_settings["smallest"].setValue(smallest)
        widget.panel.objects.click()
        window.idle(widget)
        counts.append(int(widget.results[image].objects.data.max()))
    assert counts[0] > counts[1]
    said = f"{counts[1]} objects."
    assert widget.panel.status.text() == said
    names = [layer.name.removeprefix(NAME).strip() for layer in window.viewer.layers]
    assert names == ["", "probability", "classes", "objects", "strokes"]
    # A sentence belongs to its image.
    other = window.viewer.add_image(np.zeros((40, 40), np.float32), name="other")
    widget.panel.image.value = other
    assert "objects" not in widget.panel.status.text()
    window.idle(widget)
    widget.panel.live.setChecked(False)
    other.visible = False
    widget.panel.image.value = image
    assert widget.panel.status.text() == said
