"""A model takes a picture however it is written, and refuses what is none."""

import warnings

import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.own_images import threshold
from gpu_course.own_images.model import OwnModel, Settings
from tests.own_images.conftest import discs


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (np.full((20, 30), 1e300) * np.eye(20, 30), "one and the same"),
        (1e12 + 100 * np.eye(20, 30), "one and the same"),
        (10**9 + np.eye(20, 30, dtype=np.int64), "one and the same"),
        (1e-320 * np.eye(20, 30), "one and the same"),
        (np.full((20, 30), np.nan), "missing or infinite"),
        (np.eye(20, 30) * 1j, "no grey values"),
        (np.eye(20, 30, dtype=bool), "no grey values"),
        (np.ma.array(np.eye(20, 30), mask=np.eye(20, 30, dtype=bool)), "masked array"),
        (np.zeros(30), "array of shape"),
        (np.zeros((2, 3, 20, 30)), "array of shape"),
        (np.arange(1200.0).reshape(20, 30, 2), "2 channel"),
    ],
)
def test_a_model_refuses_what_is_no_picture_in_one_sentence(image, says):
    rule = threshold.Rule(0, 1.0, 0.5, False)
    model = OwnModel("threshold", rule, Settings("labels", 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(CourseError, match=says):
            model.predict(image)


@pytest.mark.parametrize("diameter", ["20", True, [14], np.array([14.0]), 0, np.nan, 1e9, 1j])
def test_a_diameter_is_a_number_of_pixels(diameter):
    model = OwnModel("threshold", threshold.Rule(0, 1.0, 0.5, False), Settings("labels", 1))
    with pytest.raises(CourseError, match=r"A diameter of .* is not possible\. Give pixels"):
        model.predict(discs(3)[0], diameter=diameter)


@pytest.mark.parametrize(
    "write",
    [
        np.ndarray.tolist,
        lambda image: image.astype(">u2"),
        lambda image: image.astype(np.uint64),
        lambda image: image.astype(np.float16),
        lambda image: image.astype(np.int64) + 10**7,
        lambda image: image.repeat(2, 0)[::2],
        lambda image: np.ma.array(image, mask=False),
        lambda image: np.stack([image] * 3, axis=-1),
    ],
)
def test_a_model_finds_the_same_however_the_picture_is_written(write):
    image, _ = discs(3)
    rule = threshold.Rule(0, 1.0, 0.5, False)
    model = OwnModel("threshold", rule, Settings("labels", 1))
    there = model.predict(image).labels
    assert there.any()
    np.testing.assert_array_equal(model.predict(write(image)).labels, there)
