"""The table of strokes travels with its classifier, and rules over nothing that is painted."""

import dataclasses
import io
import zipfile

import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.pixel_classification import PixelClassifier, Recipe, storage, training
from gpu_course.pixel_classification.correctable import CorrectableClassifier
from gpu_course.pixel_classification.stroke_table import StrokeTable, corrected, joined

RECIPE = Recipe((1.0, 2.0), ("gaussian",))


def table(rows, labels):
    return StrokeTable(np.array(rows, np.float32), np.array(labels, np.uint8))


@pytest.fixture
def taught():
    rng = np.random.default_rng(0)
    image = rng.random((30, 30))
    image[:, 15:] += 1
    marks = np.zeros((30, 30), np.uint8)
    marks[3:9, 2:6], marks[3:9, 20:26] = 1, 4
    strokes = StrokeTable(*training.painted([image], [marks], RECIPE)[:2])
    forest = PixelClassifier(RECIPE, trees=7).fit_table(strokes.features, strokes.labels)
    return CorrectableClassifier(forest, strokes, {4: "light"}), image


def test_strokes_and_names_come_back_and_the_forest_is_refitted_from_them(taught, tmp_path):
    model, image = taught
    path = model.save(tmp_path / "model.npz")
    again = CorrectableClassifier.load(path)
    np.testing.assert_array_equal(again.strokes.features, model.strokes.features)
    assert again.strokes.counts() == {1: 24, 4: 36}
    assert again.class_names == {4: "light"}
    anew = PixelClassifier(RECIPE, trees=7)
    anew.fit_table(again.strokes.features, again.strokes.labels)
    np.testing.assert_array_equal(anew.predict(image), model.classifier.predict(image))
    np.testing.assert_array_equal(
        PixelClassifier.load(path).predict(image), model.classifier.predict(image)
    )


def test_a_file_without_strokes_is_read_too(taught, tmp_path):
    model, _ = taught
    again = CorrectableClassifier.load(model.classifier.save(tmp_path / "model.npz"))
    assert again.strokes is None
    assert again.class_names == {}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: StrokeTable(t.features[:, :1].copy(), t.labels), "recipe"),
        (lambda t: StrokeTable(t.features[1:], t.labels), "recipe"),
        (lambda t: StrokeTable(t.features * np.float32(np.nan), t.labels), "missing or infinite"),
        (lambda t: StrokeTable(t.features, np.where(t.labels == 4, 3, 1)), "classes"),
    ],
)
def test_a_table_of_another_mind_is_refused(taught, tmp_path, change, says):
    model, _ = taught
    bad = dataclasses.replace(model, strokes=change(model.strokes))
    path = bad.save(tmp_path / "bad.npz")
    with pytest.raises(CourseError, match=says):
        CorrectableClassifier.load(path)


def test_half_a_table_is_refused(taught, tmp_path):
    content = io.BytesIO()
    with (
        zipfile.ZipFile(taught[0].save(tmp_path / "model.npz")) as whole,
        zipfile.ZipFile(content, "w") as part,
    ):
        for name in whole.namelist():
            if name != "painted_labels.npy":
                part.writestr(name, whole.read(name))
    (tmp_path / "half.npz").write_bytes(content.getvalue())
    with pytest.raises(CourseError, match="not those of a classifier"):
        CorrectableClassifier.load(tmp_path / "half.npz")


def test_what_would_not_be_read_again_is_not_written(taught, tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "LARGEST_CONTENT", storage.LARGEST_TEXT + 100)
    with pytest.raises(CourseError, match="larger than"):
        taught[0].save(tmp_path / "model.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_pixel_painted_again_counts_once_and_with_its_new_class():
    kept = table([[1, 1], [2, 2], [3, 3]], [1, 1, 2])
    painted = table([[2, 2], [3, 3], [4, 4]], [2, 2, 1])
    before, now = corrected(kept, painted)
    assert before.features[:, 0].tolist() == [1, 3]
    assert now.features[:, 0].tolist() == [2, 4]
    assert joined([before, now]).counts() == {1: 2, 2: 2}
    assert corrected(kept, kept)[0] is kept
    assert len(corrected(kept, kept)[1].labels) == 0
