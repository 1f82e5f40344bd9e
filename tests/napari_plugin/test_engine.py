import dataclasses

import numpy as np
import pytest

from gpu_course import images, metrics
from gpu_course.errors import CourseError
from gpu_course.napari_plugin import tiles
from gpu_course.napari_plugin.engine import Engine, warm_up
from gpu_course.napari_plugin.requests import (
    Cleared,
    Objects,
    ObjectSettings,
    Predicted,
)
from gpu_course.pixel_classification import PixelClassifier, Recipe
from gpu_course.pixel_classification import features as pixel_features
from tests.napari_plugin.pictures import RECIPE, discs, every_fifth, marks, repainted, request, run


@pytest.mark.parametrize("shape", [(96, 130), (12, 40, 44)])
def test_finds_discs_and_counts_strokes(shape):
    image, truth = discs(shape)
    asked = request(image, truth)
    steps = run(Engine(), asked)
    assert metrics.dice(truth, steps[0].classes == 2) > 0.95
    assert steps[0].painted == {c: int((marks(asked) == c).sum()) for c in (1, 2)}
    np.testing.assert_allclose(steps[0].probabilities.sum(axis=0), 1, atol=1e-5)
    assert steps[-1] == Predicted(len(shape) - 1, len(shape) - 1)


def test_colours_are_told_apart():
    rng = np.random.default_rng(1)
    red = rng.random((60, 70)) < 2
    red[:, :35] = False
    image = np.where(red[..., None], [200, 60, 60], [60, 60, 200]) + rng.normal(0, 5, (60, 70, 3))
    asked = request(image.astype(np.float32), red)
    classes = run(Engine(), asked)[0].classes
    assert (classes == red + 1).mean() > 0.98


def test_agrees_with_the_classifier_that_the_script_uses(monkeypatch):
    monkeypatch.setitem(tiles.SIDE, 2, (40, 60))
    image, truth = discs()
    asked = request(image, truth)
    classes = run(Engine(), asked)[0].classes
    alone = PixelClassifier(RECIPE, trees=20, seed=0).fit(image, marks(asked))
    assert (classes == alone.predict(image)).mean() > 0.999


@pytest.fixture
def computed(monkeypatch):
    """Count how often features are computed."""
    calls = []
    real = pixel_features.compute

    def counting(*arguments, **options):
        calls.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(pixel_features, "compute", counting)
    return calls


def test_new_strokes_compute_no_features_again(computed, monkeypatch):
    monkeypatch.setitem(tiles.SIDE, 2, (48, 65))
    image, truth = discs()
    engine, asked = Engine(), request(image, truth)
    run(engine, asked)
    assert len(computed) == 4
    first = engine.classifier
    run(engine, asked)
    assert engine.classifier is first
    more = marks(asked).copy()
    more[:2, :10] = 1
    run(engine, repainted(asked, more))
    assert engine.classifier is not first
    assert len(computed) == 4
    run(engine, request(image, truth, scribbles=more, source="image 2"))
    assert len(computed) == 8


def test_only_what_is_in_view_is_predicted_until_the_rest_is_wanted(monkeypatch):
    monkeypatch.setitem(tiles.SIDE, 2, (48, 65))
    image, truth = discs()
    engine, asked = Engine(), request(image, truth, view=(slice(0, 20), slice(70, 90)))
    classes = run(engine, asked)[0].classes
    assert (classes > 0).sum() == 48 * 65
    assert (classes[:48, 65:] > 0).all()
    steps = run(engine, dataclasses.replace(asked, goal="whole"))
    assert steps[0].classes is classes
    assert (classes > 0).all()
    assert [step.done for step in steps[1:]] == [2, 3, 4]
    assert run(engine, asked)[1:] == [Predicted(1, 1)]


def test_cancelled_work_goes_on_where_it_stopped(computed, monkeypatch):
    monkeypatch.setitem(tiles.SIDE, 2, (48, 65))
    image, truth = discs()
    engine, asked = Engine(), request(image, truth)
    job = engine.run(asked)
    next(job)
    next(job)
    job.close()
    run(engine, asked)
    assert len(computed) == 4


def test_objects_are_numbered():
    image, truth = discs()
    steps = run(Engine(), request(image, truth, goal="objects"))
    assert isinstance(steps[-1], Objects)
    assert 1 <= steps[-1].labels.max() <= 5
    assert metrics.dice(truth, steps[-1].labels > 0) > 0.9


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"scribbles": np.zeros((96, 130), np.uint8)}, "Nothing is painted"),
        ({"scribbles": np.full((96, 130), 3, np.uint8)}, "Only class 3"),
        ({"scribbles": np.ones((20, 30), np.uint8)}, "20 × 30 pixels and the image is 96 × 130"),
        ({"scribbles": np.full((96, 130), 700, np.int32)}, "label 700"),
        ({"goal": "objects", "objects": ObjectSettings(5)}, "no class 5"),
    ],
)
def test_what_cannot_work_is_one_sentence(changes, says):
    image, truth = discs()
    with pytest.raises(CourseError, match=says):
        list(Engine().run(request(image, truth, **changes)))


def test_missing_values_are_one_sentence():
    image, truth = discs()
    with pytest.raises(CourseError, match="missing"):
        run(Engine(), request(np.full_like(image, np.nan), truth))


def test_nuclei_from_ten_strokes():
    from gpu_course.pixel_classification.painter import paint

    sample = images.load("nuclei", split="train")
    assert sample.labels is not None
    strokes = paint(sample.labels > 0, strokes=5, seed=1, width=4, margin=1, length=60)
    recipe = Recipe((0.5, 1.0, 2.0, 4.0))
    asked = request(sample.image, sample.labels > 0, scribbles=strokes, recipe=recipe, trees=100)
    assert metrics.dice(sample.labels > 0, run(Engine(), asked)[0].classes == 2) > 0.8


def test_warm_up_loads_what_a_stroke_needs():
    import sys

    warm_up()
    assert {"sklearn.ensemble", "skimage.segmentation"} <= set(sys.modules)


def test_strokes_below_zero_are_refused():
    image, truth = discs()
    below = every_fifth(truth).astype(int)
    below[3] = -1
    with pytest.raises(CourseError, match="label -1"):
        run(Engine(), request(image, truth, scribbles=below))


def test_one_class_takes_the_old_answer_back():
    image, truth = discs()
    engine, asked = Engine(), request(image, truth)
    classes = run(engine, asked)[0].classes
    one = np.where(marks(asked) == 1, 1, 0)
    job = engine.run(repainted(asked, one))
    assert isinstance(next(job), Cleared)
    with pytest.raises(CourseError, match="Only class 1"):
        next(job)
    assert not classes.any()
    assert engine.classifier is None
    assert (run(engine, asked)[0].classes > 0).all()


def test_a_bucket_of_paint_is_thinned_out(monkeypatch):
    from gpu_course.napari_plugin import painted

    monkeypatch.setattr(painted, "MOST", 100)
    image, truth = discs()
    engine = Engine()
    ready = run(engine, request(image, truth, scribbles=np.where(truth, 2, 1)))[0]
    assert all(50 <= count <= 100 for count in engine.model.strokes.counts().values())
    assert metrics.dice(truth, ready.classes == 2) > 0.9
