import dataclasses

import numpy as np
import pytest
import torch

from gpu_course import images
from gpu_course.deep_learning.normalisation import Normalisation, channels_first
from gpu_course.deep_learning.scenes import mask_of, split_scenes, tensors
from gpu_course.errors import CourseError


def test_a_split_deals_every_scene_once_and_repeats_itself():
    names = [f"scene {n}" for n in range(20)]
    parts = split_scenes(names, validation=0.2, test=0.1, seed=3)
    assert [len(part) for part in parts] == [14, 4, 2]
    assert sorted(name for part in parts for name in part) == sorted(names)
    assert parts == split_scenes(names, validation=0.2, test=0.1, seed=3)
    assert parts != split_scenes(names, validation=0.2, test=0.1, seed=4)


def test_even_a_small_share_gets_a_scene():
    assert [len(part) for part in split_scenes("abc", validation=0.01)] == [2, 1, 0]


@pytest.mark.parametrize(
    ("scenes", "shares"),
    [("ab", {"validation": 0.5, "test": 0.5}), ("", {}), ("abc", {"test": -1})],
)
def test_a_split_that_leaves_nothing_to_train_on_is_refused(scenes, shares):
    with pytest.raises(CourseError, match="smaller shares or more scenes"):
        split_scenes(scenes, **shares)


def test_the_mask_or_all_labels_become_class_one(scenes):
    mask = mask_of(scenes[0])
    assert mask.dtype == np.uint8
    assert np.array_equal(mask, scenes[0].mask)
    labels = scenes[0].mask * np.arange(56, dtype=np.int32)
    labelled = dataclasses.replace(scenes[0], mask=None, labels=labels)
    assert np.array_equal(mask_of(labelled), labels > 0)


def test_several_classes_stay_apart(scenes):
    classes = np.where(scenes[0].mask, 2, 1)
    assert np.array_equal(mask_of(dataclasses.replace(scenes[0], mask=classes)), classes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mask": np.ones((48, 57), bool)}, r"\(48, 57\) and the image \(48, 56\)"),
        ({"mask": None}, "neither mask nor labels"),
        ({"mask": np.full((48, 56), 300)}, "goes from 300 to 300.*give mask > 0"),
    ],
)
def test_labels_that_do_not_fit_are_refused(scenes, change, words):
    with pytest.raises(CourseError, match=words):
        mask_of(dataclasses.replace(scenes[1], **change))


def test_scenes_become_tensors_with_channels_first(draw):
    pixels, masks = tensors([draw(0, channels=3)], Normalisation())
    assert pixels[0].shape == (3, 48, 56)
    assert masks[0].shape == (1, 48, 56)
    assert (pixels[0].dtype, masks[0].dtype) == (torch.float32, torch.uint8)


def test_no_scenes_empty_labels_and_mixed_channels_are_refused(draw):
    with pytest.raises(CourseError, match="no scenes"):
        tensors([], Normalisation())
    with pytest.raises(CourseError, match=r"\[1, 3\] channels"):
        tensors([draw(0), draw(1, channels=3)], Normalisation())
    empty = dataclasses.replace(draw(0), mask=np.zeros((48, 56), bool))
    with pytest.raises(CourseError, match="All label images are empty"):
        tensors([empty, empty], Normalisation())
    tensors([empty, draw(1)], Normalisation())  # one empty scene among others is fine


def test_percentiles_become_0_and_1_whatever_the_camera():
    image = images.load("roots", "train", index=0, size="small").image[None]
    scaled = Normalisation(1, 99)(image)
    assert np.percentile(scaled, [1, 99]) == pytest.approx([0, 1], abs=1e-6)
    assert scaled.max() > 1  # glints are kept
    # Another exposure and offset of the same scene gives the same input.
    assert np.allclose(Normalisation(1, 99)(image * 12.5 + 300), scaled, atol=1e-4)


def test_each_channel_has_its_own_range():
    ramp = np.linspace(0, 1, 64).reshape(1, 8, 8)
    scaled = Normalisation()(np.concatenate([ramp, 1000 * ramp]))
    assert np.allclose(scaled[0], scaled[1], atol=1e-6)


def test_a_plain_image_becomes_zero_and_missing_values_are_refused():
    assert not Normalisation()(np.full((1, 8, 8), 7)).any()
    with pytest.raises(CourseError, match="NaN"):
        Normalisation()(np.full((1, 8, 8), np.nan))
    with pytest.raises(CourseError, match="percentiles"):
        Normalisation(99, 1)


def test_only_planes_are_images():
    with pytest.raises(CourseError, match="one plane"):
        channels_first(np.zeros((4, 8, 8, 3)))
    with pytest.raises(CourseError, match="one plane"):
        channels_first(np.zeros((8, 8, 8)), "ZYX")
