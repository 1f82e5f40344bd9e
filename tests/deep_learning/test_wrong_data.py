"""Data that would train quietly and wrongly: other pixels under an old name, masks of 0 and 255."""

import dataclasses

import numpy as np
import pytest
import tifffile
import torch

from gpu_course.deep_learning import labelled_folder
from gpu_course.deep_learning.data import Patches, Tiles
from gpu_course.deep_learning.losses import dice_cross_entropy
from gpu_course.deep_learning.normalisation import Normalisation
from gpu_course.deep_learning.scenes import digest
from gpu_course.deep_learning.training import evaluate, train
from gpu_course.deep_learning.unet import UNet
from gpu_course.errors import CourseError


def patches(scenes, **changes):
    return Patches(scenes, **{"patch": 16, "batch": 2, "batches": 2, "device": "cpu"} | changes)


def run(scenes, file=None, validation=None, classes=1, **changes):
    torch.manual_seed(0)
    net = UNet(1, classes, depth=1, width=2)
    return train(
        net, patches(scenes, **changes), validation, epochs=1, resume_from=file, show_progress=False
    )


# --- the content is known ----------------------------------------------------------------------


def changed(array):
    array = array.copy()
    array[20, 20] = array[20, 20] + 1 if array.dtype != bool else not array[20, 20]
    return array


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: [dataclasses.replace(s[0], mask=changed(s[0].mask)), *s[1:]], "labels of data"),
        (
            lambda s: [dataclasses.replace(s[0], image=changed(s[0].image)), *s[1:]],
            "images of data",
        ),
        (lambda s: s[::-1], "scenes and images and labels of data"),
        (lambda s: s[:2], "scenes and images and labels of data"),
    ],
)
def test_a_checkpoint_of_other_pixels_or_labels_is_refused(scenes, tmp_path, change, words):
    file = tmp_path / "run.pt"
    run(scenes, file)
    run([dataclasses.replace(s, image=s.image.copy()) for s in scenes], file)  # the same content
    with pytest.raises(CourseError, match=f"another run: {words} differ"):
        run(change(scenes), file)


def test_a_setting_and_the_validation_are_part_of_the_run(draw, scenes, tmp_path):
    file, judge = tmp_path / "run.pt", draw(7)
    run(scenes, file, Tiles([judge], patch=16, batch=2, device="cpu"))
    with pytest.raises(CourseError, match="foreground of data differ"):
        run(scenes, file, Tiles([judge], patch=16, batch=2, device="cpu"), foreground=0.2)
    judge = dataclasses.replace(judge, mask=changed(judge.mask))
    with pytest.raises(CourseError, match="run: labels of validation differ"):
        run(scenes, file, Tiles([judge], patch=16, batch=2, device="cpu"))


def test_a_picture_in_training_and_validation_is_noticed_by_its_pixels(draw, scenes):
    def judged_by(scene):
        return run(scenes, None, Tiles([scene], patch=16, batch=2, device="cpu"))

    copy = scenes[1].image.astype(np.float64)
    renamed = dataclasses.replace(scenes[1], name="other", split="validation", index=9, image=copy)
    with pytest.raises(CourseError, match=r"1 scene.s. are in both training and validation"):
        judged_by(renamed)
    # Two folders of one name: same name, split and number, another picture.
    judged_by(dataclasses.replace(draw(8), name=scenes[0].name, index=0))


def test_a_digest_tells_values_and_shapes_and_not_how_they_are_stored():
    array = np.arange(12).reshape(3, 4)
    same = [array.astype(t) for t in (np.uint8, ">i2", np.float32, np.float64)]
    same.append(np.asfortranarray(array))
    assert {digest(a) for a in same} == {digest(array)}
    assert len({digest(a) for a in (array, array.T, array.reshape(4, 3), array[::-1])}) == 4


# --- masks -------------------------------------------------------------------------------------


def batches_of(scenes):
    return [(b.images, b.masks) for b in patches(scenes).batches(0)]


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.uint16, np.int64, np.float32])
def test_one_truth_in_every_dtype_gives_the_same_batches(scenes, dtype):
    coded = [dataclasses.replace(s, mask=s.mask.astype(dtype)) for s in scenes]
    for one, other in zip(batches_of(scenes), batches_of(coded), strict=True):
        assert all(map(torch.equal, one, other))


@pytest.mark.parametrize(
    ("dtype", "value"),
    [(np.uint8, 255), (np.int64, 255), (np.uint16, 65535), (np.int8, -1), (np.float32, 0.5)],
)
@pytest.mark.parametrize("data", [Patches, Tiles])
def test_a_mask_with_values_that_are_no_class_is_refused_with_the_cure(scenes, data, dtype, value):
    coded = [dataclasses.replace(s, mask=s.mask * np.array(value, dtype)) for s in scenes]
    more = {"batches": 2} if data is Patches else {}
    with pytest.raises(CourseError, match=r"Scene 0 of 'bars'.*give mask > 0"):
        data(coded, patch=16, batch=2, device="cpu", **more)


def test_missing_values_in_a_mask_are_refused(scenes):
    mask = np.where(scenes[0].mask, 1.0, np.nan)
    with pytest.raises(CourseError, match="give mask > 0"):
        patches([dataclasses.replace(scenes[0], mask=mask)])


def test_more_classes_than_the_network_has_are_refused(draw, scenes):
    coded = [dataclasses.replace(s, mask=s.mask * np.uint8(2)) for s in scenes]
    with pytest.raises(CourseError, match=r"holds the value 2.*classes 0 to 1"):
        run(coded)
    judge = Tiles(
        [dataclasses.replace(draw(5), mask=draw(5).mask * np.uint8(3))], patch=16, batch=2
    )
    with pytest.raises(CourseError, match=r"holds the value 3.*classes 0 to 2"):
        run(coded, None, judge, classes=3)
    with pytest.raises(CourseError, match="holds the value 3"):
        evaluate(UNet(1, 1, depth=1, width=2), judge, dice_cross_entropy())
    run(coded, classes=3)


# --- splits ------------------------------------------------------------------------------------


@pytest.mark.parametrize("split", ["test", "Test", "TEST ", "testing", "whole"])
def test_test_scenes_are_not_trained_on_and_not_chosen_by(draw, scenes, split):
    kept = dataclasses.replace(draw(4), split=split)
    with pytest.raises(CourseError, match="last score"):
        patches([*scenes, kept])
    with pytest.raises(CourseError, match="last score"):
        run(scenes, None, Tiles([kept], patch=16, batch=2, device="cpu"))


# --- folders -----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    mask = np.zeros((40, 50), np.uint8)
    mask[3:9, 3:9] = mask[20:30, 20:30] = 255
    for kind, array in (("images", mask), ("labels", mask)):
        (tmp_path / kind).mkdir()
        tifffile.imwrite(tmp_path / kind / "a.tif", array)
    return tmp_path


def test_a_folder_of_masks_is_refused_unless_it_is_meant(folder):
    with pytest.raises(CourseError, match=r"labels of a: one number, 255, .* looks like a mask"):
        labelled_folder.read(folder)
    (scene,) = labelled_folder.read(folder, in_pieces=True)
    assert (scene.facts["in_pieces"], scene.labels.max()) == (True, 255)
    told = {"who": "me", "when": "2026-01-01"}
    with pytest.raises(CourseError, match="looks like a mask"):
        labelled_folder.write(folder / "copy", [scene], **told)
    labelled_folder.write(folder / "copy", [scene], **told, in_pieces=True)


def test_the_split_of_a_table_is_read_however_it_is_spelled(folder):
    card = folder / "labels.csv"
    card.write_bytes("file,split\na,Test\n".encode("utf-8-sig"))  # as spreadsheets write it
    for asked in ("test", "TEST", None):
        (scene,) = labelled_folder.read(folder, split=asked, in_pieces=True)
        assert scene.split == "test"
    card.write_text("file,split\na,tset\n")
    with pytest.raises(CourseError, match=r"labels.csv, row a: There is no split 'tset'"):
        labelled_folder.read(folder, in_pieces=True)


def test_numbers_that_32_bits_do_not_hold_are_counted_anew(folder):
    labels = np.zeros((40, 50), np.uint64)
    labels[3:9, 3:9], labels[20:30, 20:30] = 2**40, 2**40 + 1
    tifffile.imwrite(folder / "labels" / "a.tif", labels)
    (scene,) = labelled_folder.read(folder)
    assert np.unique(scene.labels).tolist() == [0, 1, 2]
    assert scene.labels[25, 25] == 2


# --- normalisation -----------------------------------------------------------------------------


def test_a_crop_in_a_large_black_frame_is_brought_to_its_own_range():
    frame = np.zeros((1, 4096, 1024), np.float32)
    crop = np.random.default_rng(0).poisson(100, (32, 32))
    frame[:, :32, :32] = crop
    with pytest.warns(UserWarning, match="percentiles 1.0 and 99.8 are equal"):
        done = Normalisation()(frame)
    assert (done.min(), done.max(), done.dtype) == (0, 1, np.float32)
    np.testing.assert_allclose(done[0, :32, :32], crop / crop.max(), rtol=1e-6)


def test_other_channels_and_plain_images_are_normalised_as_ever(recwarn):
    rng = np.random.default_rng(0)
    image = np.stack([rng.normal(5, 1, (60, 60)), np.full((60, 60), 7.0)]).astype(np.float32)
    low, high = np.percentile(image[:1], [1, 99.8], axis=(1, 2), keepdims=True)
    expected = ((image[:1] - low) / (high - low)).astype(np.float32)
    done = Normalisation()(image)
    np.testing.assert_array_equal(done[:1], expected)
    assert not done[1].any()
    assert not recwarn.list
