"""A classifier knows which grey values it learned from, and says when an image is far from them."""

import json
import warnings
import zipfile

import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.pixel_classification import PixelClassifier, Recipe, features, seen
from gpu_course.pixel_classification.correctable import CorrectableClassifier
from gpu_course.pixel_classification.seen import Seen


def ramp(low=0.0, high=500.0):
    """Return each hundredth of the way from one value to the other, once, in no order."""
    values = low + (high - low) * np.arange(101) / 100
    return np.random.default_rng(0).permutation(values).reshape(1, 101).astype(np.float32)


def picture(seed=0):
    """Return an uneven picture of some bright spots on a noisy background."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:120, :150]
    image = rng.normal(100, 5, y.shape)
    for row, column in rng.uniform(10, 110, (12, 2)):
        image += 200 * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 60)
    return image


def test_percentiles_of_a_ramp_are_exact():
    assert seen.of([ramp(0, 100)]) == Seen(1, 50, 99)
    assert seen.of([ramp(0, 100).reshape(101)]) == Seen(1, 50, 99)
    assert seen.of([ramp(0, 100).astype(np.uint8)]) == Seen(1, 50, 99)
    assert seen.of([np.full((3, 4), 7)]) == Seen(7, 7, 7)


def test_of_several_images_the_median_counts():
    three = [ramp(0, 100), ramp(0, 200), ramp(1000, 1100)]
    assert seen.of(three) == Seen(2, 100, 198)
    assert seen.of(three[:2]) == Seen(1.5, 75, 148.5)


def test_a_large_image_is_looked_at_in_steps(monkeypatch):
    monkeypatch.setattr(seen, "LOOKED_AT", 1000)
    values = np.random.default_rng(1).permutation(np.linspace(0, 100, 200_000))
    found = seen.of([values.reshape(400, 500)])
    np.testing.assert_allclose([found.low, found.middle, found.high], [1, 50, 99], atol=5)
    assert np.all(np.diff([found.low, found.middle, found.high]) > 0)


@pytest.mark.parametrize("shift", [600, -600, 5000])
def test_shifted_by_more_than_a_range_both_ranges_are_named(shift):
    known = seen.of([ramp()])
    sentence = seen.doubt(known, ramp() + shift)
    assert f"grey values of {known.low:.4g} to {known.high:.4g}, and" in sentence
    assert f"this image has {known.low + shift:.4g} to {known.high + shift:.4g}: " in sentence
    assert sentence.startswith("The classifier learned from")
    assert "\n" not in sentence


@pytest.mark.parametrize("factor", [1 / 5, 5])
def test_five_times_darker_or_brighter_is_far(factor):
    assert "may be nonsense" in seen.doubt(seen.of([ramp()]), ramp() * np.float32(factor))


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image,
        lambda image: image[20:90, 30:120],
        lambda image: 1.5 * image,
        lambda image: image / 1.5,
        lambda image: image + np.random.default_rng(2).normal(0, 10, image.shape),
        lambda image: image[::-1, ::-1],
        lambda image: image + 20,
    ],
    ids=["same", "crop", "brighter", "darker", "noise", "turned", "offset"],
)
def test_what_differs_a_little_is_near(change):
    known = picture()
    assert seen.doubt(seen.of([known]), change(known)) is None


def test_of_a_constant_image_nothing_is_said():
    assert seen.doubt(seen.of([ramp()]), np.full((5, 6), 9e6)) is None
    assert seen.doubt(seen.of([np.zeros((5, 6))]), ramp()) is None


def test_each_array_library_gives_the_same():
    expected = seen.of([ramp()])
    others = [ramp().tolist(), ramp().astype(np.float64), np.asfortranarray(ramp())]
    libraries = ("torch", "array_api_strict", "dask.array")
    for name in libraries:
        try:
            library = __import__(name, fromlist=["asarray"])
        except ImportError:
            continue
        others.append(library.asarray(ramp()))
    for other in others:
        assert seen.of([other]) == expected
        assert seen.doubt(expected, other) is None
        assert seen.doubt(Seen(-9e4, -8.9e4, -8.8e4), other).startswith("The classifier")


def fitted():
    image = picture()
    scribbles = np.where(image > 200, 2, image < 105).astype(np.uint8)
    return PixelClassifier(Recipe((1.0,), ("gaussian",)), trees=2).fit(image, scribbles), image


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    """Return what a file holds, by name."""
    path = fitted()[0].save(tmp_path_factory.mktemp("seen") / "model.npz")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path, members, **changes):
    """Write a file with another description; without `seen` if that is None."""
    model = json.loads(members["model.json"]) | changes
    model = {key: value for key, value in model.items() if (key, value) != ("seen", None)}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, json.dumps(model) if name == "model.json" else content)
    return path


def test_it_comes_back_from_a_file_and_goes_on(tmp_path):
    classifier, image = fitted()
    assert classifier.seen == seen.of([image])
    path = classifier.save(tmp_path / "model.npz")
    loaded = PixelClassifier.load(path)
    assert loaded.seen == classifier.seen
    correctable = CorrectableClassifier.load(path)
    again = correctable.save(tmp_path / "again.npz")
    assert PixelClassifier.load(again).seen == classifier.seen


def test_predict_warns_once_and_only_of_a_far_image():
    classifier, image = fitted()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        near = classifier.predict(image)
    with pytest.warns(UserWarning, match="learned from grey values") as caught:
        far = classifier.predict(image + 1000)
    assert len(caught) == 1
    # It answers all the same.
    assert far.shape == near.shape


def test_an_older_file_loads_and_says_nothing(members, tmp_path):
    assert "seen" in json.loads(members["model.json"])
    loaded = PixelClassifier.load(written(tmp_path / "model.npz", members, seen=None))
    assert loaded.seen is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded.predict(picture() + 1000)


RIGHT = {"low": 1.0, "middle": 2.0, "high": 3.0}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ([1.0, 2.0, 3.0], "does not say what it learned from"),
        ("bright", "does not say what it learned from"),
        (7, "does not say what it learned from"),
        ({}, "does not say what it learned from"),
        ({"low": 1.0, "high": 3.0}, "does not say what it learned from"),
        ({**RIGHT, "more": 4.0}, "does not say what it learned from"),
        ({**RIGHT, "middle": float("nan")}, "learned from makes no sense"),
        ({**RIGHT, "high": float("inf")}, "learned from makes no sense"),
        ({**RIGHT, "middle": "2"}, "learned from makes no sense"),
        ({**RIGHT, "middle": None}, "learned from makes no sense"),
        ({**RIGHT, "middle": [2.0]}, "learned from makes no sense"),
        ({**RIGHT, "middle": True}, "learned from makes no sense"),
        ({**RIGHT, "low": 9.0}, "learned from makes no sense"),
        ({**RIGHT, "high": 0.0}, "learned from makes no sense"),
    ],
)
def test_a_damaged_entry_is_refused_in_one_sentence(members, tmp_path, entry, words):
    path = written(tmp_path / "model.npz", members, seen=entry)
    with pytest.raises(CourseError, match=words) as caught:
        PixelClassifier.load(path)
    assert str(caught.value).startswith("model.npz is not a usable pixel classifier: ")
    assert "\n" not in str(caught.value)


def test_the_right_entry_is_taken(members, tmp_path):
    loaded = PixelClassifier.load(written(tmp_path / "model.npz", members, seen=RIGHT))
    assert loaded.seen == Seen(1, 2, 3)


def test_a_table_says_nothing_of_images_seen_before():
    """Else the next image would be compared with what an earlier lesson was about."""
    image = np.arange(64, dtype=np.float32).reshape(8, 8)
    scribbles = np.zeros((8, 8), np.uint8)
    scribbles[0], scribbles[-1] = 1, 2
    recipe = Recipe((1.0,))
    classifier = PixelClassifier(recipe, trees=2).fit(image, scribbles)
    assert classifier.seen is not None
    classifier.fit_features(features.compute(100 * image, recipe), scribbles)
    assert classifier.seen is None
