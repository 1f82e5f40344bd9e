"""Strokes belong to their picture, several pictures train one forest, and a correction adds."""

import dataclasses

import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.napari_plugin.engine import Engine
from gpu_course.napari_plugin.layout import Layout
from gpu_course.pixel_classification import PixelClassifier, Recipe
from gpu_course.pixel_classification.correctable import CorrectableClassifier
from tests.napari_plugin.pictures import RECIPE, discs, every_fifth, marks, repainted, request, run


def accuracy(engine, asked, truth):
    return float(np.mean((run(engine, asked)[0].classes == 2) == truth))


@pytest.fixture
def two():
    """Return what is asked of two pictures of one size, and their truths."""
    (a, truth_a), (b, truth_b) = discs(seed=0), discs(seed=1)
    return request(a, truth_a, source="a"), request(b, truth_b, source="b"), truth_a, truth_b


def test_another_picture_of_the_same_size_gets_the_forest_at_hand(two):
    a, b, _, truth_b = two
    both = {"open": frozenset({"a", "b"})}
    engine = Engine()
    run(engine, dataclasses.replace(a, **both))
    forest = engine.classifier
    shown = dataclasses.replace(b, lessons=a.lessons, **both)
    alone = PixelClassifier(RECIPE, trees=20, seed=0).fit(a.picture.pixels, marks(a))
    expected = float(np.mean((alone.predict(b.picture.pixels) == 2) == truth_b))
    ready = run(engine, shown)[0]
    assert np.mean((ready.classes == 2) == truth_b) == expected > 0.95
    assert engine.classifier is forest
    assert ready.painted == {}
    assert ready.pictures == 1


def test_strokes_on_both_are_as_the_classifier_learns_from_both(two):
    a, b, _, _ = two
    shown = dataclasses.replace(b, lessons=a.lessons + b.lessons, open=frozenset({"a", "b"}))
    ready = run(Engine(), shown)[0]
    images = [a.picture.pixels, b.picture.pixels]
    both = PixelClassifier(RECIPE, trees=20, seed=0).fit(images, [marks(a), marks(b)])
    assert np.mean(ready.classes == both.predict(images[1])) > 0.999
    assert ready.pictures == 1


def test_a_closed_picture_stays_learned(two):
    a, b, _, truth_b = two
    engine = Engine()
    run(engine, a)
    kept = engine.tables.learned("a")
    shown = dataclasses.replace(b, lessons=(), kept=(kept,))
    ready = run(engine, shown)[0]
    assert np.mean((ready.classes == 2) == truth_b) > 0.95
    assert ready.pictures == 1
    assert engine.cache.held == sum(f.nbytes for f in engine.cache._kept.values()) > 0


def loaded_from(asked, tmp_path, **fields):
    engine = Engine()
    run(engine, asked)
    path = dataclasses.replace(engine.model, **fields).save(tmp_path / "model.npz")
    return CorrectableClassifier.load(path)


def harder(seed=1):
    """Return a picture whose discs are dimmer than the model knows, and its truth."""
    image, truth = discs(seed=seed)
    return np.where(truth, image - 35, image).astype(np.float32), truth


def test_a_loaded_model_is_corrected_and_comes_back_when_strokes_are_erased(two, tmp_path):
    base = loaded_from(two[0], tmp_path)
    image, truth = harder()
    nothing = np.zeros(truth.shape, np.uint8)
    asked = request(image, truth, scribbles=nothing, base=base, source="c")
    engine = Engine()
    before = accuracy(engine, asked, truth)
    assert engine.model is base
    assert before < 0.97
    found = run(engine, asked)[0].classes.copy()
    # One stroke where discs were missed, and one where there is none.
    corrections = nothing.copy()
    missed = np.argwhere(truth & (found != 2))[::9]
    corrections[tuple(missed.T)] = 2
    one = accuracy(engine, repainted(asked, corrections), truth)
    corrections[:3, :40] = 1
    two_strokes = accuracy(engine, repainted(asked, corrections), truth)
    assert min(one, two_strokes) >= before
    assert two_strokes > before + 0.01
    # It knows what it knew: on its own picture it is as good as before.
    assert accuracy(engine, dataclasses.replace(two[0], lessons=(), base=base), two[2]) > 0.98
    assert accuracy(engine, asked, truth) == before
    assert engine.model is base
    np.testing.assert_array_equal(run(engine, asked)[0].classes, found)


def test_a_model_loaded_where_it_was_painted_counts_no_stroke_twice(two, tmp_path):
    base = loaded_from(two[0], tmp_path)
    engine = Engine()
    run(engine, dataclasses.replace(two[0], base=base))
    assert engine.model is base
    repainted_wrong = marks(two[0]).copy()
    repainted_wrong[repainted_wrong == 2] = 3
    run(engine, dataclasses.replace(repainted(two[0], repainted_wrong), base=base))
    assert engine.classifier.classes == (1, 3)


def test_a_model_without_strokes_goes_on_and_says_so(two, tmp_path):
    base = loaded_from(two[0], tmp_path, strokes=None)
    engine = Engine()
    ready = run(engine, dataclasses.replace(two[1], base=base))[0]
    assert engine.model is base
    assert "holds no strokes" in ready.note
    assert ready.note.count(". ") == 1
    assert run(engine, dataclasses.replace(two[1], base=base, lessons=()))[0].note == ""


def test_a_model_of_another_kind_is_one_sentence_or_a_note(two, tmp_path):
    base = loaded_from(two[0], tmp_path)
    volume, inside = discs((12, 40, 44))
    with pytest.raises(CourseError, match="learned from planes and this image is read as volumes"):
        run(Engine(), request(volume, inside, scribbles=None, base=base))
    ready = run(Engine(), request(volume, inside, base=base))[0]
    assert "for other images" in ready.note
    image, truth = discs()
    colours = np.stack([image] * 3, -1)
    with pytest.raises(CourseError, match="grey images and this image has 3 channels"):
        run(Engine(), request(colours, truth, scribbles=None, base=base))


def test_another_voxel_size_is_said(two, tmp_path):
    base = loaded_from(two[0], tmp_path)
    stretched = dataclasses.replace(two[1].picture, voxel_size=(2.0, 1.0))
    ready = run(Engine(), dataclasses.replace(two[1], picture=stretched, lessons=(), base=base))[0]
    assert ready.note == "The model learned from voxels of equal edges, here they are 2 × 1."


def test_pictures_of_two_kinds_train_two_forests(two):
    a, _, _, _ = two
    volume, inside = discs((12, 40, 44))
    both = {"open": frozenset({"a", "v"})}
    asked = request(volume, inside, source="v")
    lessons = a.lessons + asked.lessons
    engine = Engine()
    ready = run(engine, dataclasses.replace(asked, lessons=lessons, **both))[0]
    assert engine.classifier.ndim == 3
    assert ready.pictures == 0
    run(engine, dataclasses.replace(a, lessons=lessons, **both))
    assert engine.classifier.ndim == 2


def test_what_was_kept_with_other_features_is_left_out(two):
    engine = Engine()
    run(engine, two[0])
    kept = engine.tables.learned("a")
    other = dataclasses.replace(kept, recipe=Recipe((9.0,)))
    ready = run(engine, dataclasses.replace(two[1], kept=(other,)))[0]
    assert ready.pictures == 0
    assert "left out" in ready.note
    assert run(engine, dataclasses.replace(two[1], kept=(kept,)))[0].pictures == 1


def test_a_movie_is_as_its_planes_one_by_one():
    frames, truths = zip(*(discs(seed=n) for n in range(4)), strict=True)
    movie, truth = np.stack(frames), np.stack(truths)
    scribbles = np.zeros(movie.shape, np.uint8)
    scribbles[0] = every_fifth(truth[0])
    scribbles[2] = every_fifth(truth[2])
    layout = Layout(3, (1, 2))
    asked = request(movie, truth, scribbles=scribbles, layout=layout)
    classes = run(Engine(), asked)[0].classes
    one = PixelClassifier(RECIPE, trees=20, seed=0)
    one.fit([movie[0], movie[2]], [scribbles[0], scribbles[2]])
    assert np.mean(classes == np.stack([one.predict(frame) for frame in movie])) > 0.999
    objects = run(Engine(), dataclasses.replace(asked, goal="objects"))[-1].labels
    numbers = [set(np.unique(plane)) - {0} for plane in objects]
    assert all(1 <= len(found) <= 5 for found in numbers)
    assert not set.intersection(*numbers)
    assert len(set.union(*numbers)) == objects.max() == sum(map(len, numbers))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_channels_on_any_axis_are_features(axis):
    rng = np.random.default_rng(1)
    truth = np.zeros((60, 70), bool)
    truth[:, 35:] = True
    image = np.where(truth[..., None], [200, 60], [60, 200]) + rng.normal(0, 5, (60, 70, 2))
    moved = np.moveaxis(image.astype(np.float32), -1, axis)
    layout = Layout(3, tuple(a for a in range(3) if a != axis), axis)
    engine = Engine()
    classes = run(engine, request(moved, truth, layout=layout))[0].classes
    assert np.mean((classes == 2) == truth) > 0.98
    assert engine.classifier.recipe.channels == 2
