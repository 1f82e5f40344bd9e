"""All that places an image in the world is copied and followed; axis labels are read."""

import numpy as np
import pytest
from napari.layers import Image

from gpu_course.napari_plugin import reading
from gpu_course.pixel_classification import PixelClassifier
from gpu_course.pixel_classification.painter import paint

pytestmark = pytest.mark.display


def random_place(seed, ndim):
    rng = np.random.default_rng(seed)
    affine = np.eye(ndim + 1)
    affine[:ndim, :ndim] += rng.normal(0, 0.2, (ndim, ndim))
    affine[:ndim, -1] = rng.normal(0, 30, ndim)
    turn = np.linalg.qr(rng.normal(size=(ndim, ndim)))[0]
    return {
        "scale": rng.uniform(0.5, 3, ndim),
        "translate": rng.normal(0, 20, ndim),
        "rotate": turn * np.sign(np.linalg.det(turn)),
        "shear": rng.normal(0, 0.2, ndim * (ndim - 1) // 2),
        "affine": affine,
        "units": ("um",) * ndim,
        "axis_labels": ("z", "y", "x")[-ndim:],
    }


@pytest.mark.parametrize("ndim", [2, 3])
def test_strokes_and_results_lie_on_their_image_wherever_it_is(window, ndim):
    shape = (40, 50) if ndim == 2 else (5, 40, 50)
    data = np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)
    data[..., 25:] += 6
    image = Image(data, name="placed", **random_place(1, ndim))
    window.viewer.add_layer(image)
    widget = window.open_plugin()
    widget.panel.trees.setValue(5)
    widget.panel.scales.setText("1")
    widget.new_scribbles()
    strokes = widget.panel.scribbles.value
    strokes.data[..., :30, 5:9], strokes.data[..., :30, 40:44] = 1, 2
    strokes.refresh()
    widget.panel.uncertainty.setChecked(True)
    widget.make_objects()
    window.idle(widget)

    def all_lie_on_it():
        made = [layer for layer in window.viewer.layers if layer is not image]
        assert len(made) == 5
        points = np.random.default_rng(2).uniform(0, 40, (9, ndim))
        for layer in made:
            for point in points:
                np.testing.assert_allclose(
                    layer.data_to_world(point), image.data_to_world(point), atol=1e-6
                )
            assert layer.units == image.units
            assert layer.axis_labels == image.axis_labels

    all_lie_on_it()
    # The brush under the mouse trains the pixel under the mouse.
    at = (2, 20, 42)[-ndim:]
    found = strokes.world_to_data(image.data_to_world(at))
    np.testing.assert_allclose(found, at, atol=1e-6)
    for name, value in random_place(3, ndim).items():
        setattr(image, name, value)
    all_lie_on_it()
    script = {"viewer": window.viewer}
    exec(widget.script(), script)
    made = window.viewer.layers["from a script"]
    np.testing.assert_allclose(made.data_to_world(at), image.data_to_world(at), atol=1e-6)


def test_voxels_are_as_long_as_scale_affine_and_units_make_them():
    def edges(**place):
        image = Image(np.zeros((3, 4, 5)), **place)
        return reading.voxel_size(image, reading.layout(image))

    assert edges() is None
    assert edges(scale=(2, 1, 1)) == (2, 1, 1)
    assert edges(scale=(2, 1, 1), affine=np.diag([0.5, 1, 1, 1])) is None
    assert edges(scale=(1, 500, 500), units=("um", "nm", "nm")) == (2, 1, 1)
    turned = [[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1]]
    assert edges(affine=turned) == (1, 1, 3)


@pytest.fixture
def movie(nuclei):
    """Four frames that have nothing to do with one another, and their truths."""
    corners = [(180, 0), (0, 0), (300, 100), (100, 120)]
    parts = [nuclei.crop(slice(y, y + 100), slice(x, x + 110)) for y, x in corners]
    return np.stack([p.image for p in parts]), np.stack([p.labels > 0 for p in parts])


@pytest.mark.parametrize("how", ["labels", "choice", "channels"])
def test_a_movie_is_classified_frame_by_frame(window, movie, how):
    frames, truth = movie
    if how == "channels":
        frames = np.stack([frames, frames[:, ::-1]], axis=1)
        labels = ("t", "c", "y", "x")
    else:
        labels = ("t", "y", "x") if how == "labels" else ("-3", "-2", "-1")
    image = window.viewer.add_image(frames, name="movie", axis_labels=labels)
    window.viewer.dims.set_point(0, 0)
    widget = window.open_plugin()
    panel = widget.panel
    panel.trees.setValue(20)
    assert panel.axes.isVisibleTo(panel)
    assert panel.axes.currentText() == ("Volume" if how == "choice" else "Independent planes")
    if how == "choice":
        panel.axes.setCurrentIndex(1)
        panel.axes.activated.emit(1)
    widget.new_scribbles()
    strokes = panel.scribbles.value
    assert strokes.data.shape == frames.shape
    marks = paint(truth[0], strokes=3, seed=1, width=3, margin=1)
    for number in (1, 2):
        for pixel in np.argwhere(marks == number):
            place = (0, *((0,) if how == "channels" else ()), *pixel)
            strokes.data[place] = number
    strokes.refresh()
    widget.predict_whole()
    window.idle(widget)
    recipe = widget.engine.classifier.recipe
    assert recipe.channels == (2 if how == "channels" else None)
    planes = [np.moveaxis(f, 0, -1) if how == "channels" else f for f in frames]
    alone = PixelClassifier(recipe, trees=20).fit(planes[0], marks)
    expected = np.stack([alone.predict(plane) for plane in planes])
    found = widget.results[image].classes.data
    if how == "channels":
        assert (found[:, 0] == found[:, 1]).all()
        found = found[:, 0]
    assert (found == expected).mean() >= 0.99
    script = {"viewer": window.viewer}
    exec(widget.script(), script)
    made = script["labels"][:, 0] if how == "channels" else script["labels"]
    assert (made == found).mean() > 0.999


def test_strokes_of_the_users_own_that_lie_elsewhere_are_named(window, heard):
    window.viewer.add_image(np.zeros((30, 30), np.float32), name="image")
    own = window.viewer.add_labels(np.zeros((30, 30), np.uint8), name="own", scale=(2, 2))
    widget = window.open_plugin()
    widget.panel.scribbles.value = own
    assert heard() == ["“own” lies elsewhere than the image. Press New."]


def test_the_mouse_paints_what_is_under_it_on_a_turned_image(window):
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    turned = np.array([[0.8, -0.6, 30], [0.6, 0.8, -20], [0, 0, 1]])
    data = np.zeros((60, 80), np.float32)
    image = window.viewer.add_image(data, name="turned", affine=turned, scale=(2, 2))
    widget = window.open_plugin()
    widget.panel.new.click()
    strokes = widget.panel.scribbles.value
    scene = getattr(window.viewer, "scene", window.viewer)
    scene.camera.center = (0, *image.data_to_world((20, 50)))
    window.turns(0.3)
    canvas = window.viewer.window._qt_viewer.canvas.native
    QTest.mouseMove(canvas, canvas.rect().center())
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().center())
    window.wait(lambda: strokes.data.any())
    middle = np.argwhere(strokes.data).mean(axis=0)
    np.testing.assert_allclose(middle, (20, 50), atol=1.5)
