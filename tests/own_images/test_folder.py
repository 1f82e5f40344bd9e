import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.own_images import deal, read
from tests.own_images.conftest import discs, write_folder, write_picture


def test_labels_and_masks_are_told_apart_by_what_is_in_them(tmp_path):
    labels = read(write_folder(tmp_path / "a"))
    masks = read(write_folder(tmp_path / "b", kind="masks"))
    assert (labels.kind, masks.kind) == ("labels", "masks")
    assert all(scene.mask is None for scene in labels.scenes)
    assert all(scene.labels is None and scene.mask.dtype == bool for scene in masks.scenes)
    assert (labels.channels, labels.notes) == (1, [])


def test_numbers_in_masks_are_labels_as_stardist_has_them(tmp_path):
    folder = write_folder(tmp_path / "a")
    (folder / "labels").rename(folder / "masks")
    assert read(folder).kind == "labels"


def test_one_number_in_labels_is_taken_for_a_mask_with_a_note(tmp_path):
    folder = write_folder(tmp_path / "a", kind="masks")
    (folder / "masks").rename(folder / "labels")
    found = read(folder)
    assert found.kind == "masks"
    assert "taken for masks" in found.notes[0]


def test_an_image_without_objects_is_noted(tmp_path):
    folder = write_folder(tmp_path / "a")
    write_picture(folder / "labels" / "p1.tif", np.zeros((72, 80), np.uint16), "")
    assert "p1" in read(folder).notes[0]


def test_channels_are_kept_or_one_is_taken(tmp_path):
    folder = write_folder(tmp_path / "a", channels=3)
    assert read(folder).channels == 3
    one = read(folder, channel=0)
    np.testing.assert_array_equal(one.scenes[0].image, discs(0)[0])
    assert (one.channels, one.scenes[0].axes) == (1, "YX")


def test_three_equal_channels_are_grey(tmp_path):
    folder = write_folder(tmp_path / "a")
    grey = discs(0)[0]
    write_picture(folder / "images" / "p0.tif", np.stack([grey] * 3, axis=-1), "YXC")
    assert read(folder).channels == 1


def other_size(folder):
    write_picture(folder / "labels" / "p1.tif", discs(1, shape=(72, 81))[1], "")


def no_partner(folder):
    (folder / "labels" / "p1.tif").unlink()


def unreadable(folder):
    (folder / "images" / "p1.tif").write_bytes(b"II*\0 and then nothing")


def nothing_labelled(folder):
    for file in (folder / "labels").iterdir():
        write_picture(file, np.zeros((72, 80), np.uint16), "")


def twins(folder):
    (folder / "images" / "p1.tif").write_bytes((folder / "images" / "p0.tif").read_bytes())


def other_channels(folder):
    write_picture(folder / "images" / "p1.tif", discs(1, channels=3)[0], "YXC")


def a_stack(folder):
    for kind in ("images", "labels"):
        stack = np.stack([discs(n)[kind == "labels"] for n in range(5)])
        write_picture(folder / kind / "p1.tif", stack, "ZYX" if kind == "images" else "")


def no_images(folder):
    for file in (folder / "images").iterdir():
        file.unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (other_size, r"p1: the labels have the shape \(72, 81\)"),
        (no_partner, "p1 is in images/ and not in labels/"),
        (unreadable, "p1.tif cannot be read"),
        (nothing_labelled, "All label images are empty"),
        (twins, "p0 and p1 are the same picture"),
        (other_channels, r"p0 has 1 channel\(s\) and p1 has 3"),
        (a_stack, "p1 has the axes ZYX"),
        (no_images, "The folder images/ is empty"),
    ],
)
def test_each_fault_is_one_sentence_that_names_the_file(tmp_path, spoil, said):
    folder = write_folder(tmp_path / "a")
    spoil(folder)
    with pytest.raises(CourseError, match=said):
        read(folder)


def test_a_folder_that_is_not_there_or_empty(tmp_path):
    with pytest.raises(CourseError, match="There is no folder nowhere"):
        read(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CourseError, match="There is no folder images/ in empty"):
        read(tmp_path / "empty")


def test_a_channel_that_is_not_there(tmp_path):
    with pytest.raises(CourseError, match="no channel 2: it has 1"):
        read(write_folder(tmp_path / "a"), channel=2)


# --- who learns, who chooses ----------------------------------------------------------------------


def test_chance_deals_whole_images_and_says_so(tmp_path):
    scenes = read(write_folder(tmp_path / "a", 10)).scenes
    split = deal(scenes)
    parts = [split.train, split.validation, split.test]
    names = [[scene.facts["file"] for scene in part] for part in parts]
    assert [len(part) for part in parts] == [6, 2, 2]
    assert sorted(name for part in names for name in part) == sorted(
        scene.facts["file"] for scene in scenes
    )
    assert [{s.split for s in part} for part in parts] == [{"train"}, {"validation"}, {"test"}]
    assert "one plate" in split.notes[0]
    assert [s.facts["file"] for s in deal(scenes, seed=1).test] != names[2]


def test_few_images_spare_none_for_a_test(tmp_path):
    split = deal(read(write_folder(tmp_path / "a", 3)).scenes)
    assert (len(split.train), len(split.validation), split.test) == (2, 1, [])
    assert "a little too good" in split.notes[-1]


def test_the_table_decides_where_there_is_one(tmp_path):
    folder = write_folder(tmp_path / "a", 3)
    (folder / "labels.csv").write_text("file,split\np0,test\np1,train\np2,validation\n")
    split = deal(read(folder).scenes)
    assert [s.facts["file"] for s in (*split.train, *split.validation, *split.test)] == [
        "p1",
        "p2",
        "p0",
    ]
    (folder / "labels.csv").write_text("file,split\np0,test\np1,train\np2,train\n")
    with pytest.raises(CourseError, match="names no image of the split validation"):
        deal(read(folder).scenes)


def test_one_image_is_too_few(tmp_path):
    with pytest.raises(CourseError, match="One image cannot be learned from and judge"):
        deal(read(write_folder(tmp_path / "a", 1)).scenes)
