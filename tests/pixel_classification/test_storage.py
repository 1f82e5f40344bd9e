"""A saved classifier predicts as before; a file of another mind is refused in one sentence."""

import io
import json
import pickle
import zipfile

import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.pixel_classification import FEATURES, PixelClassifier, Recipe, storage


def trained(recipe=None, ndim=2):
    rng = np.random.default_rng(0)
    image = rng.random((30,) * ndim + ((3,) if recipe and recipe.channels else ()))
    image[:, :15] += 0.7
    scribbles = np.zeros((30,) * ndim, np.uint8)
    scribbles[3:9, 2:6] = 1
    scribbles[3:9, 20:26] = 4
    return PixelClassifier(recipe or Recipe((1.0, 2.0)), trees=7, depth=6, seed=3).fit(
        image, scribbles
    ), image


@pytest.mark.parametrize(
    ("recipe", "ndim"),
    [
        (None, 2),
        (Recipe((0.0, 1.5), FEATURES), 3),
        (Recipe((1.0,), channels=3), 2),
        (Recipe((1.0,), voxel_size=(2.0, 0.5)), 2),
    ],
)
def test_what_is_loaded_predicts_as_what_was_saved(tmp_path, recipe, ndim):
    classifier, image = trained(recipe, ndim)
    path = classifier.save(tmp_path / "model.npz")
    loaded = PixelClassifier.load(path)
    np.testing.assert_array_equal(loaded.predict_proba(image), classifier.predict_proba(image))
    np.testing.assert_array_equal(loaded.predict(image), classifier.predict(image))
    for name in ("recipe", "classes", "trees", "depth", "seed", "ndim"):
        assert getattr(loaded, name) == getattr(classifier, name), name
    assert loaded.importances() == classifier.importances()
    # It can be saved again, and is the same again.
    again = PixelClassifier.load(loaded.save(tmp_path / "again.npz"))
    np.testing.assert_array_equal(again.predict(image), classifier.predict(image))


def test_numpy_reads_the_file_without_pickle(tmp_path):
    classifier, _ = trained()
    with np.load(classifier.save(tmp_path / "model.npz"), allow_pickle=False) as content:
        np.testing.assert_array_equal(content["threshold"], classifier.forest.threshold)
        assert json.loads(content["model.json"])["classes"] == [1, 4]


def test_a_file_is_replaced_whole(tmp_path):
    classifier, _ = trained()
    path = tmp_path / "model.npz"
    path.write_bytes(b"old")
    classifier.save(path)
    assert PixelClassifier.load(path).classes == (1, 4)
    assert [file.name for file in tmp_path.iterdir()] == ["model.npz"]


# --- files of another mind ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Return the members of a good file."""
    path = trained()[0].save(tmp_path_factory.mktemp("good") / "model.npz")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


def npy(array, **options):
    content = io.BytesIO()
    np.lib.format.write_array(content, np.asanyarray(array), version=(1, 0), **options)
    return content.getvalue()


def array(members, name):
    return np.load(io.BytesIO(members[f"{name}.npy"]))


def with_array(name, change):
    return lambda good: packed({**good, f"{name}.npy": npy(change(array(good, name)))})


def with_model(**changes):
    def change(good):
        model = {**json.loads(good["model.json"]), **changes}
        return packed({**good, "model.json": json.dumps(model)})

    return change


def with_recipe(**changes):
    def change(good):
        recipe = {**json.loads(good["model.json"])["recipe"], **changes}
        return with_model(recipe=recipe)(good)

    return change


class Trap:
    """Unpickling it fails the test."""

    def __reduce__(self):
        return (pytest.fail, ("code of the file was executed",))


def lying_header(good):
    """Return a file whose array says it has 10¹⁵ numbers."""
    data = good["threshold.npy"]
    count = len(array(good, "threshold"))
    old, new = f"({count},)".encode(), b"(1000000000000000,)"
    data = data.replace(old, new).replace(b" " * (len(new) - len(old)) + b"\n", b"\n")
    return packed({**good, "threshold.npy": data})


def damaged(good):
    whole = bytearray(packed(good))
    middle = len(whole) // 2
    whole[middle : middle + 20] = bytes(20)
    return bytes(whole)


def set_at(index, value):
    def change(values):
        values = values.copy()
        values[index] = value
        return values

    return change


FILES = {
    "empty": (lambda good: b"", "damaged"),
    "text": (lambda good: b"hello", "damaged"),
    "a pickle": (lambda good: pickle.dumps(Trap()), "damaged"),
    "truncated": (lambda good: packed(good)[:-200], "damaged"),
    "cut in the middle": (lambda good: packed(good)[: len(packed(good)) // 2], "damaged"),
    "bytes lost": (damaged, "damaged|cannot be read"),
    "another archive": (lambda good: packed({"a.txt": b"x"}), "contents"),
    "a member missing": (
        lambda good: packed({k: v for k, v in good.items() if k != "left.npy"}),
        "contents",
    ),
    "a member too many": (lambda good: packed({**good, "../evil.py": b"x"}), "contents"),
    "an endless description": (
        lambda good: packed({**good, "model.json": b" " * (storage.LARGEST_TEXT + 1)}),
        "too long",
    ),
    "a pickled array": (
        lambda good: packed(
            {**good, "left.npy": npy(np.array([Trap()], object), allow_pickle=True)}
        ),
        "wrong kind",
    ),
    "numbers of another type": (with_array("left", lambda v: v.astype(np.int64)), "wrong kind"),
    "an array of another form": (with_array("left", lambda v: v[None]), "wrong kind"),
    "turned in memory": (
        with_array("probability", lambda v: np.asfortranarray(v)),
        "wrong kind",
    ),
    "a header that lies": (lying_header, "shorter than it says"),
    "an array with a tail": (
        lambda good: packed({**good, "left.npy": good["left.npy"] + b"tail"}),
        "as long as it says",
    ),
    "an array that is none": (lambda good: packed({**good, "left.npy": b"x"}), "cannot be read"),
    "an array of the future": (
        lambda good: packed(
            {**good, "left.npy": good["left.npy"].replace(b"\x01\0", b"\x07\0", 1)}
        ),
        "unknown form",
    ),
    "a circle": (with_array("left", set_at(0, 0)), "astray"),
    "a way out": (with_array("right", set_at(0, 2**31 - 1)), "astray"),
    "an unknown feature": (with_array("feature", set_at(0, 99)), "features"),
    "no number": (with_array("threshold", set_at(0, np.nan)), "missing"),
    "shares above 1": (with_array("probability", lambda v: v * 2), "add up"),
    "shorter than the others": (with_array("left", lambda v: v[:-1]), "length"),
    "no tree": (with_array("roots", lambda v: v[:0]), "no tree"),
    "no JSON": (lambda good: packed({**good, "model.json": b"{"}), "no JSON"),
    "not even text": (lambda good: packed({**good, "model.json": b"\xff\xfe"}), "no JSON"),
    "JSON without end": (lambda good: packed({**good, "model.json": b"[" * 100_000}), "no JSON"),
    "another program's": (with_model(format="other"), "another program"),
    "a list": (lambda good: packed({**good, "model.json": b"[]"}), "another program"),
    "from the future": (with_model(version=99), "update the course"),
    "no recipe": (with_model(recipe=None), "recipe is incomplete"),
    "a recipe with more": (with_recipe(code="import os"), "recipe is incomplete"),
    "a blur of millions": (with_recipe(sigmas=[1e7]), "recipe makes no sense"),
    "words for widths": (with_recipe(sigmas=["wide"]), "recipe makes no sense"),
    "other features": (with_recipe(features=["gaussian"]), "features|belong together"),
    "classes that are none": (with_model(classes=["a", "b"]), "description"),
    "a class too many": (with_model(classes=[1, 2, 3]), "classes"),
    "classes in disorder": (with_model(classes=[4, 1]), "description"),
    "four dimensions": (with_model(ndim=4), "description"),
    "a million trees": (with_model(trees=10**6), "description"),
    "trees that are not there": (with_model(trees=8), "belong together"),
    "a depth in words": (with_model(depth="deep"), "description"),
    "importances that are none": (with_model(importances=[float("nan")] * 8), "description"),
    "importances too few": (with_model(importances=[1.0]), "belong together"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_or_broken_file_is_refused_in_one_sentence(name, good, tmp_path):
    make, words = FILES[name]
    path = tmp_path / "model.npz"
    path.write_bytes(make(good))
    with pytest.raises(CourseError, match=words) as caught:
        PixelClassifier.load(path)
    message = str(caught.value)
    assert message.startswith("model.npz is not a usable pixel classifier: ")
    assert len(message) < 200
    assert "\n" not in message


def test_every_truncation_is_refused(good, tmp_path):
    whole = packed(good)
    path = tmp_path / "model.npz"
    for length in range(0, len(whole) - 1, 97):
        path.write_bytes(whole[:length])
        with pytest.raises(CourseError):
            PixelClassifier.load(path)


def test_random_damage_is_refused_or_harmless(good, tmp_path):
    _, image = trained()
    rng = np.random.default_rng(0)
    whole = packed(good)
    path = tmp_path / "model.npz"
    for _ in range(150):
        changed = bytearray(whole)
        for place in rng.integers(len(whole), size=rng.integers(1, 6)):
            changed[place] = rng.integers(256)
        path.write_bytes(bytes(changed))
        try:
            loaded = PixelClassifier.load(path)
        except CourseError:
            continue
        assert set(np.unique(loaded.predict(image))) <= set(loaded.classes)


def test_no_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(CourseError, match="There is no file"):
            PixelClassifier.load(path)


def test_a_zip_bomb_is_refused_unread(good, tmp_path, monkeypatch):
    path = tmp_path / "model.npz"
    monkeypatch.setattr(storage, "LARGEST_CONTENT", 1 << 20)
    monkeypatch.setattr(storage, "_array", lambda *_: pytest.fail("the array was read"))
    path.write_bytes(packed({**good, "threshold.npy": bytes(1 << 24)}))
    assert path.stat().st_size < 1 << 16
    with pytest.raises(CourseError, match="unpack"):
        PixelClassifier.load(path)


def test_a_huge_file_is_refused_unread(good, tmp_path, monkeypatch):
    path = tmp_path / "model.npz"
    path.write_bytes(packed(good))
    monkeypatch.setattr(storage, "LARGEST_FILE", 100)
    with pytest.raises(CourseError, match="too large"):
        PixelClassifier.load(path)


def test_what_breaks_a_reader_in_its_own_way_is_refused_in_one_sentence(good, tmp_path):
    headers = [b"{'descr': (", b"(" * 9000, b"{1:2,'a':3}", b"{[]:1}"]
    made = [with_model(ndim=2.0)(good)]
    for text in headers:
        data = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
        made.append(packed({**good, "threshold.npy": data}))
    for number, content in enumerate(made):
        file = tmp_path / f"{number}.npz"
        file.write_bytes(content)
        with pytest.raises(CourseError):
            PixelClassifier.load(file)
