"""Folders as people have them: each gives the right result, or one sentence."""

import unicodedata

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image
from scipy import ndimage

from gpu_course import own_images
from gpu_course.errors import CourseError
from gpu_course.own_images import deal, looks, pictures, plan, read
from tests.own_images.conftest import discs, write_folder, write_picture


def nothing(sentence):
    """Say nothing."""


def rewritten(folder, kind, change):
    for file in sorted((folder / kind).iterdir()):
        tifffile.imwrite(file, change(tifffile.imread(file)))
    return folder


# --- to learn from --------------------------------------------------------------------------------


def test_masks_of_imagej_show_the_objects_and_not_what_is_around_them(tmp_path):
    folder = write_folder(tmp_path / "a", kind="masks")
    for file in (folder / "masks").iterdir():
        tifffile.imwrite(file, tifffile.imread(file).astype(np.uint8), photometric="miniswhite")
    for n, scene in enumerate(read(folder).scenes):
        np.testing.assert_array_equal(scene.mask, discs(n)[1] > 0)


def test_masks_with_soft_edges_are_not_numbers_of_rims(tmp_path):
    folder = rewritten(
        write_folder(tmp_path / "a", kind="masks"),
        "masks",
        lambda mask: ndimage.gaussian_filter(mask.astype(np.float32), 0.4).round().astype(np.uint8),
    )
    with pytest.raises(CourseError, match=r"edges are grey.*Save it with 0 and 255 alone"):
        read(folder)


def test_classes_are_not_two_objects(tmp_path):
    folder = rewritten(
        write_folder(tmp_path / "a", kind="masks"),
        "masks",
        lambda mask: np.where(mask > 0, 1, 2).astype(np.uint8),
    )
    with pytest.raises(CourseError, match=r"keep those pixels that are objects \(labels == 1"):
        read(folder)


def test_masks_that_were_turned_round_are_noted(tmp_path):
    folder = write_folder(tmp_path / "a", kind="masks")
    assert not any("turn them round" in note for note in read(folder).notes)
    rewritten(folder, "masks", lambda mask: (255 - mask).astype(np.uint8))
    assert any("turn them round" in note for note in read(folder).notes)


def test_one_object_an_image_with_the_number_255_is_a_mask(tmp_path):
    folder = tmp_path / "a"
    for n in range(3):
        image, labels = discs(n)
        write_picture(folder / "images" / f"{n}.tif", image)
        write_picture(folder / "labels" / f"{n}.tif", (labels == 1) * np.uint8(255), "")
    assert read(folder).kind == "masks"


def test_numbers_above_a_thousand_million_need_no_more_memory(tmp_path):
    folder = write_folder(tmp_path / "a")
    rewritten(folder, "labels", lambda found: found.astype(np.int32) * 100_000_000)
    done = own_images.train(folder, tmp_path / "m.safetensors", method="threshold", say=nothing)
    assert done.validation["threshold"] > 0.9
    assert 0 < done.model.settings.smallest < 113


def test_a_grey_frame_among_colours_keeps_them(tmp_path):
    folder = write_folder(tmp_path / "a", channels=3)
    write_picture(folder / "images" / "p1.tif", np.zeros((72, 80, 3), np.uint8), "YXC")
    assert [scene.image.shape[2:] for scene in read(folder).scenes] == [(3,)] * 4


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_told_with_the_name_of_the_file(tmp_path, value):
    folder = write_folder(tmp_path / "a")
    image = discs(1)[0].astype(np.float32)
    image[3, 4] = value
    write_picture(folder / "images" / "p1.tif", image)
    with pytest.raises(CourseError, match="p1 holds missing or infinite values"):
        read(folder)
    tifffile.imwrite(folder / "images" / "p1.tif", discs(1)[0].astype(np.complex64))
    with pytest.raises(CourseError, match="holds values of type complex64"):
        read(folder)


def test_images_of_the_split_whole_are_not_lost_without_a_word(tmp_path):
    folder = write_folder(tmp_path / "a", 3)
    (folder / "labels.csv").write_text("file,split\np0,train\np1,validation\np2,whole\n")
    with pytest.raises(CourseError, match="names the split whole"):
        deal(read(folder).scenes)


@pytest.mark.parametrize("seed", range(6))
def test_images_without_objects_do_not_all_go_to_one_side(tmp_path, seed):
    folder = write_folder(tmp_path / "a", 6)
    for n in (0, 2, 3, 5):
        write_picture(folder / "labels" / f"p{n}.tif", np.zeros((72, 80), np.uint16), "")
    split = deal(read(folder).scenes, seed=seed)
    assert len(split.train + split.validation + split.test) == 6
    for part in (split.train, split.validation):
        assert any(scene.labels.any() for scene in part)
    write_picture(folder / "labels" / "p1.tif", np.zeros((72, 80), np.uint16), "")
    with pytest.raises(CourseError, match="No object is labelled in the images to"):
        deal(read(folder).scenes, seed=seed)


@pytest.mark.parametrize("dtype", [np.int8, np.int16])
def test_dark_objects_in_numbers_with_a_sign_do_not_run_over(dtype):
    image = np.full((40, 40), np.iinfo(dtype).max - 20, dtype)
    image[10:20, 10:20] = np.iinfo(dtype).min + 20
    assert looks.look(image, darker=True) == looks.look(image.astype(np.float64), darker=True)


@pytest.mark.parametrize("name", ["epochs", "batches", "width", "seed"])
@pytest.mark.parametrize("value", [-1, 1.5, "2", True, float("nan"), 2**32])
def test_numbers_that_are_not_whole_or_too_large_are_refused(name, value):
    with pytest.raises(CourseError, match=f"{name}=.* is not possible. Give a whole number"):
        plan.make("labels", 20.0, **{name: value})


def test_numbers_of_numpy_are_numbers(tmp_path):
    folder = write_folder(tmp_path / "a", 3, channels=3)
    done = own_images.train(
        folder, tmp_path / "m.safetensors", method="threshold", epochs=np.int64(2),
        seed=np.uint8(1), channel=np.int32(0), say=nothing,
    )  # fmt: skip
    assert own_images.load(done.file).settings.channel == 0


def test_a_damaged_checkpoint_is_no_reason_to_take_a_simpler_method(tmp_path):
    folder = write_folder(tmp_path / "a", 3, kind="masks")
    (tmp_path / "m.training").mkdir()
    (tmp_path / "m.training" / "unet.checkpoint").write_bytes(b"half of one")
    with pytest.raises(CourseError, match="is no checkpoint that can be read"):
        own_images.train(folder, tmp_path / "m.safetensors", say=nothing)
    assert not (tmp_path / "m.safetensors").exists()


def test_that_nothing_was_learned_is_said(tmp_path):
    folder = write_folder(tmp_path / "a")
    for n in range(4):
        write_picture(folder / "images" / f"p{n}.tif", np.full((72, 80), 7 + n, np.uint8))
    said = []
    own_images.train(folder, tmp_path / "m.safetensors", method="threshold", say=said.append)
    assert "next to nothing" in said[-1]


def test_a_doubt_about_images_is_a_sentence_among_the_others(tmp_path, recwarn):
    folder = write_folder(tmp_path / "a", 3)
    for n in range(3):
        labels = np.zeros((200, 200), np.uint16)
        labels[20 * n : 20 * n + 8, 50:58] = 1  # in a black frame that is nearly all of the image
        write_picture(folder / "images" / f"p{n}.tif", labels * np.uint16(200 + n))
        write_picture(folder / "labels" / f"p{n}.tif", labels, "")
    said = []
    own_images.train(folder, tmp_path / "m.safetensors", method="threshold", say=said.append)
    assert sum("cut the empty frame away" in sentence for sentence in said) == 1
    assert not [w for w in recwarn if w.category is UserWarning]


# --- to predict -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["labels", "masks"])
def test_the_truth_is_found_however_its_file_is_called(model_file, tmp_path, kind):
    folder = write_folder(tmp_path / "a", 3, first=30)
    (folder / "labels").rename(folder / kind)
    (folder / kind / "p30.tif").rename(folder / kind / "p30.TIFF")
    (folder / "images" / "p31.tif").rename(folder / "images" / "p31.ome.tif")
    for part, form in (("images", "NFC"), (kind, "NFD")):
        file = folder / part / "p32.tif"
        file.rename(file.with_name(unicodedata.normalize(form, "ä32.tif")))
    applied = own_images.predict(model_file, folder, tmp_path / "out", say=nothing)
    assert [row.score > 0.9 for row in applied.rows] == [True] * 3
    assert [row.image for row in applied.rows] == ["p30", "p31.ome", "ä32"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: (found > 0) * np.uint8(255), "is a mask, which says nothing about single"),
        (lambda found: (found > 0) * np.uint8(1), "is a mask, which says nothing about single"),
        (lambda found: np.where(found > 0, 1, 2).astype(np.uint8), "share the whole image"),
        (lambda found: found.astype(np.float32), "holds float32"),
        (lambda found: found.astype(np.int16) - 1, "numbers from -1"),
        (lambda found: found[:-1], r"has the shape (71, 80)"),
        (
            lambda found: np.dstack([found.astype(np.uint8), *[np.uint8(found > 3)] * 2]),
            "is a picture in colours or a stack",
        ),
    ],
)
def test_what_cannot_judge_is_told_and_the_objects_are_there(model_file, tmp_path, change, said):
    folder = rewritten(write_folder(tmp_path / "a", 1, first=30), "labels", change)
    (row,) = own_images.predict(model_file, folder, tmp_path / "out", say=nothing).rows
    assert row.score is None
    assert row.objects == discs(30)[1].max()
    assert any(said in sentence for sentence in row.warnings)
    assert "labels/p30.tif" in (tmp_path / "out" / "report.html").read_text()


def test_a_mask_is_judged_by_labels(tmp_path):
    folder = write_folder(tmp_path / "a", 4, kind="masks")
    own_images.train(folder, tmp_path / "m.safetensors", method="threshold", say=nothing)
    new = write_folder(tmp_path / "new", 1, first=30)
    (row,) = own_images.predict(tmp_path / "m.safetensors", new, tmp_path / "out", say=nothing).rows
    assert row.score > 0.9


@pytest.mark.parametrize("name", ["NA", "nan", "null", "None", "007", "1e5", "=1+1"])
def test_a_picture_may_have_the_name_of_a_number_or_of_nothing(model_file, tmp_path, name):
    write_picture(tmp_path / "new" / f"{name}.tif", discs(5)[0])
    (row,) = own_images.predict(model_file, tmp_path / "new", tmp_path / "out", say=nothing).rows
    table = pd.read_csv(tmp_path / "out" / "objects.csv", dtype=str, keep_default_na=False)
    assert table["image"].tolist() == [name] * row.objects


def test_no_picture_is_lost_where_names_and_endings_run_into_each_other(model_file, tmp_path):
    write_picture(tmp_path / "new" / "a.tif", discs(3)[0])
    for name, seed in (("a.png", 4), ("a.tif.png", 5), ("B.PNG", 6)):
        Image.fromarray(discs(seed)[0]).save(tmp_path / "new" / name, "PNG")
    applied = own_images.predict(model_file, tmp_path / "new", tmp_path / "out", say=nothing)
    found = {row.image: row.objects for row in applied.rows}
    names = {"a.tif": 3, "a.png": 4, "a.tif.png": 5, "B": 6}
    assert found == {name: discs(seed)[1].max() for name, seed in names.items()}


def test_what_is_passed_over_is_told(model_file, tmp_path):
    folder = tmp_path / "new"
    write_picture(folder / "a.tif", discs(3)[0])
    write_picture(folder / "day 2" / "b.tif", discs(4)[0])
    for name in ("c.czi", ".hidden", "Thumbs.db"):
        (folder / name).write_bytes(b"x")
    said = []
    own_images.predict(model_file, folder, folder / "out", say=said.append)
    assert said[0] == "Passed over, as no TIFF, PNG or JPEG: c.czi, day 2/."
    assert said[1].startswith("1 of 1: a:")
    (tmp_path / "b" / "deeper").mkdir(parents=True)
    with pytest.raises(CourseError, match=r"holds no picture .* but deeper/"):
        pictures.listed(tmp_path / "b")


def test_a_model_of_colours_takes_a_picture_whose_colours_are_equal(tmp_path):
    folder = write_folder(tmp_path / "rgb", 4, channels=3)
    own_images.train(folder, tmp_path / "m.safetensors", method="threshold", say=nothing)
    write_picture(tmp_path / "new" / "black.tif", np.zeros((72, 80, 3), np.uint8), "YXC")
    (row,) = own_images.predict(
        tmp_path / "m.safetensors", tmp_path / "new", tmp_path / "out", say=nothing
    ).rows
    assert (row.problem, row.objects) == ("", 0)


@pytest.mark.parametrize("diameter", [0, -1, float("nan"), float("inf"), "24 px", "Measure", True])
def test_a_wrong_diameter_is_told_before_anything_is_written(model_file, tmp_path, diameter):
    write_picture(tmp_path / "new" / "p.tif", discs(5)[0])
    with pytest.raises(CourseError, match=r"A diameter of .* is not possible\. Give pixels"):
        own_images.predict(
            model_file, tmp_path / "new", tmp_path / "out", diameter=diameter, say=nothing
        )
    with pytest.raises(CourseError, match="does not say how large"):
        own_images.predict("roots-unet", tmp_path / "new", tmp_path / "out", diameter=9)
    assert not (tmp_path / "out").exists()


def test_where_no_picture_has_a_result_nothing_stands_in_the_way_of_the_next_call(
    model_file, tmp_path
):
    folder = write_folder(tmp_path / "new", 2, first=50)
    with pytest.raises(CourseError, match=r"None of 2 images has a result: p50: .* no channel 3"):
        own_images.predict(model_file, folder, tmp_path / "out", channel=3, say=nothing)
    assert not (tmp_path / "out").exists()
    own_images.predict(model_file, folder, tmp_path / "out", say=nothing)


@pytest.mark.parametrize("part", ["images", "labels"])
def test_a_picture_that_changed_since_is_not_gone_on_with(model_file, tmp_path, part):
    folder = write_folder(tmp_path / "new", 2, first=50)

    def stop(sentence):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        own_images.predict(model_file, folder, tmp_path / "out", say=stop)
    file = folder / part / "p50.tif"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1  # as long as before
    file.write_bytes(content)
    with pytest.raises(CourseError, match="the picture p50 or its labels differ"):
        own_images.predict(model_file, folder, tmp_path / "out", say=nothing)


def test_two_calls_that_write_one_folder_end_in_one_whole_result_and_a_sentence(
    model_file, tmp_path
):
    folder = write_folder(tmp_path / "new", 3, first=50)
    out = tmp_path / "out"

    def meanwhile(sentence):
        if sentence.startswith("2 of 3"):
            own_images.predict(model_file, folder, out, say=nothing)

    with pytest.raises(CourseError, match="Another call with the same folder of results has ended"):
        own_images.predict(model_file, folder, out, say=meanwhile)
    alone = own_images.predict(model_file, folder, tmp_path / "alone", say=nothing).out
    for file in ("objects.csv", "images.csv", "report.html"):
        assert (out / file).read_bytes() == (alone / file).read_bytes()
    assert not (out / ".work").exists()


def test_a_network_without_a_note_of_its_images_says_so_and_not_that_nothing_was_measured(tmp_path):
    write_picture(tmp_path / "new" / "p.tif", discs(5)[0])
    said = []
    for name in ("bees-stardist", "nuclei-stardist"):
        own_images.predict(
            name, tmp_path / "new", tmp_path / name, diameter="measure", say=said.append
        )
    assert "does not say what was measured on its training images" in said[0]
    assert "size of the training" not in said[1]  # it measures by itself
