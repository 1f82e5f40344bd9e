import dataclasses
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from gpu_course import own_images
from gpu_course.errors import CourseError
from gpu_course.own_images import outlines
from tests.own_images.conftest import discs, write_folder, write_picture


def nothing(sentence):
    """Say nothing."""


def everything(folder):
    return sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file())


def test_results_of_a_folder_of_pictures(model_file, tmp_path):
    folder = tmp_path / "new"
    for n in (20, 21):
        write_picture(folder / f"p{n}.tif", discs(n)[0])
    out = tmp_path / "out"
    applied = own_images.predict(model_file, folder, out, with_outlines=False, say=nothing)
    assert everything(out) == [
        *("images.csv", "labels/p20.tif", "labels/p21.tif", "objects.csv", "report.html")
    ]
    table = pd.read_csv(out / "objects.csv")
    for row, n in zip(applied.rows, (20, 21), strict=True):
        labels = tifffile.imread(out / "labels" / f"p{n}.tif")
        own = table[table["image"] == f"p{n}"]
        assert labels.max() == row.objects == len(own) == discs(n)[1].max()
        np.testing.assert_array_equal(own["area"], np.bincount(labels.ravel())[1:])
        assert own["mean_intensity"].between(120, 160).all()
    assert table["diameter"].median() == pytest.approx(12, abs=1)
    assert pd.read_csv(out / "images.csv")["objects"].tolist() == [r.objects for r in applied.rows]


def test_where_a_truth_lies_beside_results_are_judged_and_the_worst_shown(model_file, tmp_path):
    folder = write_folder(tmp_path / "new", 3, first=30)
    wrong = np.roll(discs(31)[1], 8, axis=1)  # labels that nobody could hit
    write_picture(folder / "labels" / "p31.tif", wrong, "")
    applied = own_images.predict(model_file, folder, tmp_path / "out", say=nothing)
    scores = {row.image: row.score for row in applied.rows}
    assert scores["p30"] > 0.9
    assert scores["p31"] < 0.2
    page = (tmp_path / "out" / "report.html").read_text()
    figures = page.split("<h2>Worst cases</h2>")[1]
    assert figures.index("p31: ") < figures.index("p30: ")
    assert figures.count("data:image/webp;base64,") == 3
    assert "http" not in page  # one file, no other needed
    assert "3 images that it had not seen" in page


def test_labels_of_two_pictures_with_one_name_judge_neither(model_file, tmp_path):
    folder = write_folder(tmp_path / "new", 2, first=30)
    Image.fromarray(discs(32)[0]).save(folder / "images" / "p30.png")
    applied = own_images.predict(model_file, folder, tmp_path / "out", say=nothing)
    rows = {row.image: row for row in applied.rows}
    for name in ("p30.tif", "p30.png"):
        assert rows[name].objects
        assert rows[name].score is None
        assert any("Another picture has this name" in said for said in rows[name].warnings)
    assert rows["p31"].score > 0.9
    assert not any("Another picture" in said for said in rows["p31"].warnings)


def test_images_seen_in_training_are_told_apart(model_file, tmp_path):
    folder = write_folder(tmp_path / "new", 6)
    applied = own_images.predict(model_file, folder, tmp_path / "out", say=nothing)
    assert sum(row.seen for row in applied.rows) == 4 + 1  # one of the six was kept for the test
    assert "seen in training" in (tmp_path / "out" / "report.html").read_text()


def test_channels_are_measured_one_by_one(tmp_path):
    folder = write_folder(tmp_path / "rgb", 4, channels=3)
    file = tmp_path / "rgb.safetensors"
    own_images.train(folder, file, method="threshold", say=nothing)
    own_images.predict(file, folder, tmp_path / "out", say=nothing)
    table = pd.read_csv(tmp_path / "out" / "objects.csv")
    assert (table["mean_intensity_channel_0"] > 120).all()
    assert (table["mean_intensity_channel_2"] < 140).all()


def test_larger_objects_are_warned_of_and_found_with_their_diameter(model_file, tmp_path):
    write_picture(tmp_path / "new" / "big.tif", discs(3, shape=(240, 240), diameter=34)[0])
    found = {}
    for name, diameter in {"as": None, "given": 34.0, "measured": "measure"}.items():
        applied = own_images.predict(
            model_file, tmp_path / "new", tmp_path / name, diameter=diameter, say=nothing
        )
        (found[name],) = applied.rows
    truth = discs(3, shape=(240, 240), diameter=34)[1].max()
    assert any("give the diameter" in said for said in found["as"].warnings)
    assert not found["given"].warnings
    assert found["given"].objects == truth
    assert found["measured"].objects == pytest.approx(truth, abs=1)


def test_an_image_smaller_than_a_patch_is_predicted(model_file, tmp_path):
    write_picture(tmp_path / "new" / "tiny.tif", discs(4, shape=(20, 24))[0])
    (row,) = own_images.predict(model_file, tmp_path / "new", tmp_path / "out", say=nothing).rows
    assert tifffile.imread(tmp_path / "out" / "labels" / "tiny.tif").shape == (20, 24)
    assert not row.problem


def test_a_bad_file_stops_no_other_and_is_named(model_file, tmp_path):
    folder = write_folder(tmp_path / "new", 2, first=40)
    (folder / "images" / "p40.tif").write_bytes(b"II*\0 and then nothing")
    write_picture(folder / "images" / "rgb.tif", discs(1, channels=3)[0], "YXC")
    applied = own_images.predict(model_file, folder, tmp_path / "out", say=nothing)
    assert len(applied.problems) == 2
    assert "p40: The file cannot be read" in applied.problems[0]
    assert "rgb: The image has 3 channel(s)" in applied.problems[1]
    assert "p40" in (tmp_path / "out" / "report.html").read_text()
    assert everything(tmp_path / "out" / "labels") == ["p41.tif"]


@pytest.mark.skipif(not outlines.available(), reason="the package roifile is absent")
def test_outlines_lie_in_a_zip_for_each_image(model_file, tmp_path):
    write_picture(tmp_path / "new" / "p.tif", discs(5)[0])
    (row,) = own_images.predict(model_file, tmp_path / "new", tmp_path / "out", say=nothing).rows
    with zipfile.ZipFile(tmp_path / "out" / "outlines" / "p.zip") as archive:
        assert len(archive.namelist()) == row.objects


# --- the folder of results ------------------------------------------------------------------------


def test_interrupted_results_are_gone_on_with(model_file, tmp_path):
    folder = write_folder(tmp_path / "new", 3, first=50)
    out, said = tmp_path / "out", []

    def stop(sentence):
        said.append(sentence)
        if len(said) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        own_images.predict(model_file, folder, out, say=stop)
    assert not (out / "report.html").exists()
    first = (out / "labels" / "p50.tif").stat().st_mtime_ns
    own_images.predict(model_file, folder, out, say=said.append)
    assert said[2] == "out holds 2 of 3 results already: going on."
    assert said[3].startswith("3 of 3: p52")
    assert (out / "labels" / "p50.tif").stat().st_mtime_ns == first
    straight = own_images.predict(model_file, folder, tmp_path / "straight", say=nothing).out
    for file in ("objects.csv", "images.csv", "report.html"):
        assert (out / file).read_bytes() == (straight / file).read_bytes()
    assert everything(out) == everything(straight)


def test_unfinished_results_of_another_call_are_refused(model_file, tmp_path):
    write_picture(tmp_path / "new" / "p.tif", discs(5)[0])

    def stop(sentence):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        own_images.predict(model_file, tmp_path / "new", tmp_path / "out", say=stop)
    with pytest.raises(CourseError, match="of another call: diameter differ"):
        own_images.predict(
            model_file, tmp_path / "new", tmp_path / "out", diameter=20.0, say=nothing
        )


def test_unfinished_results_of_another_model_with_the_same_record_are_refused(model_file, tmp_path):
    folder = write_folder(tmp_path / "new", 2, first=50)
    file = tmp_path / "m.safetensors"
    model = own_images.load(model_file)
    own_images.save(file, model)

    def stop(sentence):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        own_images.predict(file, folder, tmp_path / "out", say=stop)
    higher = dataclasses.replace(model.core, level=2 * model.core.level)
    own_images.save(file, dataclasses.replace(model, core=higher))
    with pytest.raises(CourseError, match="of another call: model differ"):
        own_images.predict(file, folder, tmp_path / "out", say=nothing)
    own_images.save(file, model)
    assert len(own_images.predict(file, folder, tmp_path / "out", say=nothing).rows) == 2


def test_a_folder_that_holds_something_is_refused_and_untouched(model_file, tmp_path):
    write_picture(tmp_path / "new" / "p.tif", discs(5)[0])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(CourseError, match="holds files already"):
        own_images.predict(model_file, tmp_path / "new", tmp_path / "out", say=nothing)
    assert everything(tmp_path / "out") == ["thesis.txt"]
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match="is a file"):
        own_images.predict(model_file, tmp_path / "new", tmp_path / "file", say=nothing)


def test_no_pictures_no_model_or_another_file(model_file, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CourseError, match="The folder empty holds no picture"):
        own_images.predict(model_file, tmp_path / "empty", tmp_path / "out")
    with pytest.raises(CourseError, match=r"There is no model gone\.safetensors"):
        own_images.predict("gone.safetensors", tmp_path / "empty", tmp_path / "out")
    (tmp_path / "wrong.safetensors").write_bytes(b"no model")
    with pytest.raises(CourseError, match="is no file of weights to be used"):
        own_images.predict(tmp_path / "wrong.safetensors", tmp_path / "empty", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_model_of_the_course_is_found_by_its_name(tmp_path):
    model = own_images.load("roots-unet")
    assert (model.method, model.settings.kind, model.settings.learned) == ("unet", "masks", None)
    assert model.settings.threshold == model.record["threshold"]  # chosen on validation scenes
    with pytest.raises(CourseError, match="does not say how large"):
        model.predict(np.zeros((64, 64)), diameter=10)


def test_a_model_read_back_answers_the_same(model_file):
    model = own_images.load(model_file)
    image, labels = discs(9)
    found = own_images.load(own_images.save(model_file.with_name("again.safetensors"), model))
    np.testing.assert_array_equal(model.predict(image).labels, found.predict(image).labels)
    assert model.settings == found.settings
    assert json.dumps(model.record)
    assert (model.predict(image).labels > 0).mean() == pytest.approx((labels > 0).mean(), rel=0.1)


def test_a_picture_may_have_any_name_and_one_channel_may_be_named(model_file, tmp_path):
    image, labels = discs(11, channels=3)
    write_picture(tmp_path / "new" / "run.tif", image, "YXC")
    applied = own_images.predict(
        model_file, tmp_path / "new", tmp_path / "out", channel=0, say=nothing
    )
    assert [row.objects for row in applied.rows] == [labels.max()]


def test_of_a_turned_camera_it_is_said_where_results_lie(model_file, tmp_path):
    image, labels = discs(3)
    exif = Image.Exif()
    exif[274] = 3
    for kind in ("images", "labels"):
        (tmp_path / "in" / kind).mkdir(parents=True)
    Image.fromarray(image).save(tmp_path / "in" / "images" / "a.png", exif=exif)
    Image.fromarray(labels.astype(np.uint8)).save(tmp_path / "in" / "labels" / "a.png")
    applied = own_images.predict(model_file, tmp_path / "in", tmp_path / "out", say=lambda s: None)
    (row,) = applied.rows
    assert row.objects
    assert row.score is None
    assert any("as it is stored" in warning for warning in row.warnings)
    assert any("orientation 3" in warning for warning in row.warnings)


def test_what_lies_beside_the_pictures_is_said_and_never_chosen_from(model_file, tmp_path):
    folder = write_folder(tmp_path / "in", 2)
    (folder / "images" / "q.tif").symlink_to(tmp_path / "nowhere.tif")
    (folder / "labels" / "p1.tif").rename(folder / "labels" / "p1_mask.tif")
    said = []
    applied = own_images.predict(model_file, folder, tmp_path / "out", say=said.append)
    assert said[0].startswith("Of no picture: the labels p1_mask.")
    assert [row.image for row in applied.rows if row.problem] == ["q"]
    assert "where a link leads" in applied.rows[-1].problem
    assert applied.rows[0].score is not None
    Image.fromarray(np.zeros((72, 80), np.uint8)).save(folder / "labels" / "p0.png")
    with pytest.raises(CourseError, match=r"labels/ holds p0\.png and p0\.tif for one picture"):
        own_images.predict(model_file, folder, tmp_path / "again", say=nothing)
    assert not (tmp_path / "again").exists()
