"""Classical recipes: one picture in every dtype is one answer, and no image stops them."""

import numpy as np
import pytest
from hypothesis import given

from gpu_course.classical import segmentation
from tests.fuzz.things import REFUSED, answer, cases, images

RECIPES = ("segment_nuclei", "segment_bees", "segment_roots")


@pytest.fixture(autouse=True, scope="module")
def _device():
    from gpu_course import devices
    from gpu_course.errors import CourseError

    try:
        devices.use_opencl()
    except CourseError as error:
        pytest.skip(str(error))


def scene():
    """Return a picture with bright spots and a line, whole numbers from 0 to 255."""
    yy, xx = np.mgrid[:96, :96]
    picture = 20.0 + np.random.default_rng(1).poisson(4, xx.shape)
    for y, x in ((24, 24), (24, 60), (70, 40)):
        picture += 180 * np.exp(-((yy - y) ** 2 + (xx - x) ** 2) / 60)
    return picture.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_dtype_decides_nothing(recipe):
    door, picture = getattr(segmentation, recipe), scene()
    wanted = door(picture)
    for dtype in ("u2", "i4", "f4", "f8", ">u2", "u8", "f2"):
        np.testing.assert_array_equal(door(picture.astype(dtype)), wanted)
    np.testing.assert_array_equal(door(np.asfortranarray(picture)), wanted)
    np.testing.assert_array_equal(door(picture.tolist()), wanted)


def test_roots_are_the_same_in_sixteen_bits():
    yy, xx = np.mgrid[:96, :96]
    picture = 20 + 120 * np.exp(-((yy - 48 - 10 * np.sin(xx / 15)) ** 2) / 8)
    picture = (picture + np.random.default_rng(0).normal(0, 6, xx.shape)).clip(0, 255)
    door = segmentation.segment_roots
    found = door(picture.astype(np.uint8))
    np.testing.assert_array_equal(door(picture.astype(np.uint8).astype(np.uint16) * 257), found)


@cases(0.20)
@given(images(containers=("array", "array", "list"), units=(1.0, 255.0, 65535.0)))
def test_any_image_is_segmented_or_refused(image):
    # Of one size, because drivers compile anew for each.
    held = np.resize(np.asarray(image.held), (32, 32)) if image.usable else image.held
    for recipe in RECIPES:
        found = answer(getattr(segmentation, recipe), held)
        if found is not REFUSED:
            assert found.shape == (32, 32)
