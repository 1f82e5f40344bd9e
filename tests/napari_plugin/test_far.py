"""The plugin knows which grey values it learned from, and says when a picture is far from them."""

import csv
import dataclasses

import numpy as np
import pytest
import tifffile

from gpu_course.napari_plugin import folder as folders
from gpu_course.napari_plugin import grey_values, sentences, tiles
from gpu_course.napari_plugin.engine import Engine
from gpu_course.napari_plugin.layout import Layout
from gpu_course.napari_plugin.requests import Picture
from gpu_course.pixel_classification import PixelClassifier, Recipe, seen
from gpu_course.pixel_classification.correctable import CorrectableClassifier
from tests.napari_plugin.pictures import discs, every_fifth, request, run

SAYS = "The classifier learned from grey values of"


@pytest.fixture
def near():
    image, truth = discs()
    return request(image, truth, source="near")


def far(**changes):
    """Ask about a picture as the first, on another background."""
    image, truth = discs(seed=1)
    return request(image + 1000, truth, source="far", **changes)


def saved(asked, path, **fields):
    """Learn, save and load, as a person does."""
    engine = Engine()
    run(engine, asked)
    return CorrectableClassifier.load(dataclasses.replace(engine.model, **fields).save(path))


def test_a_saved_model_knows_the_image_that_was_painted_on(near, tmp_path):
    path = tmp_path / "model.npz"
    base = saved(near, path)
    assert base.classifier.seen == seen.of([near.picture.pixels])
    image, truth = discs()
    fitted = PixelClassifier(Recipe((1.0,)), trees=2).fit(image, every_fifth(truth))
    assert fitted.seen == PixelClassifier.load(path).seen


def test_several_images_are_known_together(near):
    image, truth = discs(seed=2)
    brighter = request(1.5 * image, truth, source="brighter")
    both = dataclasses.replace(
        near, lessons=near.lessons + brighter.lessons, open=frozenset({"near", "brighter"})
    )
    engine = Engine()
    run(engine, both)
    assert engine.classifier.seen == seen.of([near.picture.pixels, 1.5 * image])
    # One is closed: what was learned from it stays, and so do its grey values.
    kept = engine.tables.learned("brighter")
    run(engine, dataclasses.replace(near, kept=(kept,), open=frozenset({"near"})))
    assert engine.classifier.seen == seen.of([near.picture.pixels, 1.5 * image])
    # Its strokes are erased: it counts no more.
    run(engine, near)
    assert engine.classifier.seen == seen.of([near.picture.pixels])


def test_a_far_picture_gets_a_sentence_until_it_is_painted_on(near, tmp_path):
    base = saved(near, tmp_path / "model.npz")
    engine = Engine()
    ready = run(engine, far(scribbles=None, base=base))[0]
    assert ready.doubt == seen.doubt(base.classifier.seen, far().picture.pixels)
    assert ready.doubt.startswith(SAYS)
    text = sentences.about(ready, {}, "model.npz")
    assert text == f"No strokes here: the forest learned from model.npz. {ready.doubt}"
    assert run(engine, dataclasses.replace(near, lessons=(), base=base))[0].doubt == ""
    corrected = far(base=base)
    assert run(engine, corrected)[0].doubt == ""
    one, other = base.classifier.seen, seen.of([corrected.picture.pixels])
    assert engine.classifier.seen.low == pytest.approx((one.low + other.low) / 2)
    assert engine.classifier.seen.high == pytest.approx((one.high + other.high) / 2)


def test_strokes_on_another_image_are_known_on_this_one(near):
    asked = dataclasses.replace(
        far(scribbles=None), lessons=near.lessons, open=frozenset({"near", "far"})
    )
    assert run(Engine(), asked)[0].doubt.startswith(SAYS)


def test_a_model_that_cannot_learn_from_strokes_stays_doubtful(near, tmp_path):
    base = saved(near, tmp_path / "model.npz", strokes=None)
    ready = run(Engine(), far(base=base))[0]
    assert "holds no strokes" in ready.note
    assert ready.doubt.startswith(SAYS)


def test_of_an_older_model_nothing_is_said(near, tmp_path):
    base = saved(near, tmp_path / "model.npz")
    base.classifier.seen = None
    engine = Engine()
    assert run(engine, far(scribbles=None, base=base))[0].doubt == ""
    run(engine, far(base=base))
    assert engine.classifier.seen is None


class Counted:
    """A large array, of which only parts may be read."""

    def __init__(self, values):
        self.values, self.shape, self.ndim, self.read = values, values.shape, values.ndim, 0

    def __getitem__(self, index):
        part = self.values[index]
        self.read += part.size
        return part


def test_of_a_large_picture_some_tiles_are_looked_at_and_once(monkeypatch):
    monkeypatch.setitem(tiles.SIDE, 2, (10, 10))
    monkeypatch.setattr(grey_values, "MOST_TILES", 4)
    pixels = Counted(np.arange(20.0 * 30 * 40).reshape(20, 30, 40))
    picture = Picture(pixels, "movie", Layout(3, (1, 2)))
    greys = grey_values.GreyValues()
    found = greys.of(picture)
    assert pixels.read == 400
    assert 0 <= found.low < found.middle < found.high < pixels.values.size
    assert greys.of(picture) is found
    assert pixels.read == 400
    learned = seen.Seen(-9e9, -8e9, -7.99e9)
    assert greys.doubt(learned, picture) == greys.doubt(learned, picture) != ""
    assert pixels.read == 800
    greys.keep_only(frozenset())
    greys.of(picture)
    assert pixels.read == 1200


def test_missing_values_do_not_count_and_nothing_finite_is_nothing_known():
    greys, layout = grey_values.GreyValues(), Layout(2, (0, 1))
    values = np.arange(101.0).repeat(2).reshape(2, 101)
    values[0, :50] = np.nan
    values[1, 0] = np.inf
    found = greys.of(Picture(values, "some", layout))
    assert found.low > 0
    assert np.isfinite([found.low, found.middle, found.high]).all()
    for source, shape in (("none", (4, 4)), ("empty", (0, 4))):
        nothing = Picture(np.full(shape, np.nan), source, layout)
        assert greys.of(nothing) is None
        assert greys.doubt(found, nothing) == ""


def test_together_is_the_median_and_unknown_if_one_is():
    one, other, third = seen.Seen(0, 1, 2), seen.Seen(2, 5, 9), seen.Seen(4, 6, 100)
    assert grey_values.together([one, other, third]) == other
    assert grey_values.together([one]) == one
    assert grey_values.together([]) is None
    assert grey_values.together([one, None]) is None


@pytest.fixture
def folder(tmp_path):
    image, _ = discs(seed=3)
    for name, offset in (("a", 0), ("b", 1000), ("c", 2000)):
        tifffile.imwrite(tmp_path / f"{name}.tif", image + np.float32(offset))
    (tmp_path / "broken.tif").write_bytes(b"II*\x00 and no more")
    return tmp_path


def test_far_images_of_a_folder_are_classified_and_listed(folder):
    image, truth = discs()
    forest = PixelClassifier(Recipe((1.0, 3.0)), trees=5).fit(image, every_fifth(truth))
    ends = {s.name: s for s in folders.classify_folder(forest, folder) if s.finished}
    assert [name for name, end in ends.items() if end.doubt] == ["b.tif", "c.tif"]
    assert [name for name, end in ends.items() if end.problem] == ["broken.tif"]
    assert ends["b.tif"].doubt.startswith(SAYS)
    with (folder / "classified" / "doubts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{"file": name, "doubt": ends[name].doubt} for name in ("b.tif", "c.tif")]
    assert (folder / "classified" / "c classes.tif").exists()
    # The list is of this time: nothing is far from a forest that does not know.
    forest.seen = None
    assert not any(step.doubt for step in folders.classify_folder(forest, folder))
    assert not (folder / "classified" / "doubts.csv").exists()


@pytest.mark.display
def test_the_panel_says_it_once_of_a_layer_and_of_a_folder(window, folder, near, tmp_path, heard):
    saved(near, tmp_path / "model.npz")
    shown = far().picture.pixels
    window.viewer.add_image(shown, name="far")
    widget = window.open_plugin()
    widget.load(tmp_path / "model.npz")
    window.wait(lambda: SAYS in widget.panel.status.text())
    window.idle(widget)
    assert widget.panel.status.text().count(SAYS) == 1
    # It does not stand in the way: the answer is there, and nobody was interrupted.
    assert widget.engine.classifier is not None
    assert heard() == []
    (folder / "broken.tif").unlink()
    widget.apply_to_folder(folder)
    window.idle(widget)
    text = widget.panel.status.text()
    assert text.startswith(f"3 of 3 images classified, into “classified”. b.tif: {SAYS}")
    assert text.endswith("So is 1 other: see doubts.csv.")
    assert text.count(SAYS) == 1
    assert heard() == []
