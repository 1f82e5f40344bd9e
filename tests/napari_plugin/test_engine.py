import dataclasses

import numpy as np
import pytest

from gpu_course import images, metrics
from gpu_course.errors import CourseError
from gpu_course.napari_plugin import tiles
from gpu_course.napari_plugin.engine import Engine, Objects, Predicted, Ready, Request, warm_up
from gpu_course.pixel_classification import PixelClassifier, Recipe
from gpu_course.pixel_classification import features as pixel_features

RECIPE = Recipe((1.0, 3.0), ("gaussian", "gradient"))


def whole(shape):
    return tuple(slice(0, n) for n in shape)


def discs(shape=(96, 130), seed=0):
    """Return a noisy picture of bright discs, and the truth."""
    rng = np.random.default_rng(seed)
    grid = np.indices(shape)
    truth = np.zeros(shape, bool)
    for centre in rng.uniform(0.2, 0.8, (5, len(shape))) * shape:
        truth |= sum((g - c) ** 2 for g, c in zip(grid, centre, strict=True)) < 64
    return (40 + 60 * truth + rng.normal(0, 10, shape)).astype(np.float32), truth


def request(pixels, truth, **changes):
    shape = truth.shape
    scribbles = np.zeros(shape, np.uint8)
    scribbles[truth] = 2
    scribbles[~truth] = 1
    scribbles[(np.indices(shape).sum(axis=0) % 5) > 0] = 0
    made = Request(pixels, "image 1", scribbles, RECIPE, 20, whole(shape))
    return dataclasses.replace(made, **changes)


def run(engine, asked):
    steps = list(engine.run(asked))
    assert isinstance(steps[0], Ready)
    return steps


@pytest.mark.parametrize("shape", [(96, 130), (12, 40, 44)])
def test_finds_discs_and_counts_strokes(shape):
    image, truth = discs(shape)
    asked = request(image, truth)
    steps = run(Engine(), asked)
    assert metrics.dice(truth, steps[0].classes == 2) > 0.95
    assert steps[0].painted == {c: int((asked.scribbles == c).sum()) for c in (1, 2)}
    np.testing.assert_allclose(steps[0].probabilities.sum(axis=0), 1, atol=1e-5)
    assert steps[-1] == Predicted(1, 1)


def test_colours_are_told_apart():
    rng = np.random.default_rng(1)
    red = rng.random((60, 70)) < 2
    red[:, :35] = False
    image = np.where(red[..., None], [200, 60, 60], [60, 60, 200]) + rng.normal(0, 5, (60, 70, 3))
    asked = request(image.astype(np.float32), red)
    asked = dataclasses.replace(asked, recipe=dataclasses.replace(RECIPE, channels=3))
    classes = run(Engine(), asked)[0].classes
    assert (classes == red + 1).mean() > 0.98


def test_agrees_with_the_classifier_that_the_script_uses(monkeypatch):
    monkeypatch.setitem(tiles.SIDE, 2, (40, 60))
    image, truth = discs()
    asked = request(image, truth)
    classes = run(Engine(), asked)[0].classes
    alone = PixelClassifier(RECIPE, trees=20, seed=0).fit(image, asked.scribbles)
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
    more = asked.scribbles.copy()
    more[:2, :10] = 1
    run(engine, dataclasses.replace(asked, scribbles=more))
    assert engine.classifier is not first
    assert len(computed) == 4
    run(engine, dataclasses.replace(asked, scribbles=more, source="image 2"))
    assert len(computed) == 8


def test_features_kept_are_bounded(computed, monkeypatch):
    from gpu_course.napari_plugin import engine as module

    monkeypatch.setitem(tiles.SIDE, 2, (48, 65))
    image, truth = discs()
    asked = request(image, truth)
    expected = run(Engine(), asked)[0].classes.copy()
    monkeypatch.setattr(module, "MEMORY", 1)
    poor = Engine()
    assert (run(poor, asked)[0].classes == expected).all()
    assert len(poor._features) == 1


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
    assert [step.total for step in steps[1:]] == [4] * 4


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


def test_adopted_model_rules_until_strokes_change():
    image, truth = discs()
    engine, asked = Engine(), request(image, truth)
    run(engine, asked)
    foreign = PixelClassifier(Recipe((2.0,), ("gaussian",)), trees=5, seed=3)
    foreign.fit(image, np.where(asked.scribbles == 2, 7, asked.scribbles))
    engine.adopt(foreign)
    ready = run(engine, asked)[0]
    assert set(np.unique(ready.classes)) == {1, 7}
    assert ready.known == (1, 7)
    assert engine.adopted
    more = asked.scribbles.copy()
    more[:2, :10] = 1
    assert set(np.unique(run(engine, dataclasses.replace(asked, scribbles=more))[0].classes)) == {
        1,
        2,
    }
    assert not engine.adopted


def test_model_predicts_without_scribbles_and_says_where_it_does_not_fit():
    image, truth = discs()
    model = PixelClassifier(RECIPE, trees=5).fit(image, request(image, truth).scribbles)
    engine = Engine()
    engine.adopt(model)
    steps = run(engine, request(image, truth, scribbles=None))
    assert steps[0].painted == {}
    assert (steps[0].classes == model.predict(image)).mean() > 0.999
    volume, inside = discs((12, 40, 44))
    engine.adopt(model)
    with pytest.raises(CourseError, match="learned from images of 2 axes"):
        run(engine, request(volume, inside, scribbles=None, source="volume"))


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
        ({"goal": "objects", "object_class": 5}, "no class 5"),
        ({"image": np.zeros((2, 2, 96, 130), np.float32)}, "spatial axes"),
        ({"image": np.full((96, 130), np.nan, np.float32)}, "missing"),
    ],
)
def test_what_cannot_work_is_one_sentence(changes, says):
    image, truth = discs()
    with pytest.raises(CourseError, match=says):
        run(Engine(), request(image, truth, **changes))


def test_nuclei_from_ten_strokes():
    from gpu_course.pixel_classification.painter import paint

    sample = images.load("nuclei", split="train")
    assert sample.labels is not None
    marks = paint(sample.labels > 0, strokes=5, seed=1, width=4, margin=1, length=60)
    asked = Request(
        sample.image, 0, marks, Recipe((0.5, 1.0, 2.0, 4.0)), 100, whole(sample.image.shape)
    )
    assert metrics.dice(sample.labels > 0, run(Engine(), asked)[0].classes == 2) > 0.8


def test_warm_up_loads_what_a_stroke_needs():
    import sys

    warm_up()
    assert {"sklearn.ensemble", "skimage.segmentation"} <= set(sys.modules)


def test_a_grey_model_on_colours_and_strokes_below_zero_are_refused():
    image, truth = discs()
    engine = Engine()
    asked = request(image, truth)
    run(engine, asked)
    colours = dataclasses.replace(asked.recipe, channels=3)
    rgb = request(np.stack([image] * 3, -1), truth, source="2", scribbles=None, recipe=colours)
    with pytest.raises(CourseError, match="grey images"):
        run(engine, rgb)
    below = asked.scribbles.astype(int)
    below[3] = -1
    with pytest.raises(CourseError, match="label -1"):
        run(engine, request(image, truth, scribbles=below))
