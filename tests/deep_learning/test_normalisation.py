"""Both scales take every camera's images, and refuse what a network would spread."""

import numpy as np
import pytest

from gpu_course.deep_learning import Normalisation
from gpu_course.deep_learning.normalisation import FixedRange, channels_first
from gpu_course.errors import CourseError

SCALES = [Normalisation(), FixedRange(100, 200)]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
def test_a_fixed_range_is_the_same_for_every_dtype(dtype):
    """Below `dark`, unsigned numbers would begin anew at the top."""
    image = np.array([[[50, 100, 150, 250]]], dtype)
    found = FixedRange(100, 200)(image)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [[[-0.5, 0, 0.5, 1.5]]])


@pytest.mark.parametrize("scale", SCALES, ids=["percentiles", "fixed"])
@pytest.mark.parametrize(
    ("image", "told"),
    [
        (np.array([[[1, np.nan]]]), "missing or infinite"),
        (np.array([[[1, np.inf]]]), "missing or infinite"),
        (np.ma.masked_equal([[[1, 2]]], 2), "masked array"),
        (np.ones((4, 4)), "real numbers"),
        (np.ones((1, 4, 4), complex), "real numbers"),
        (np.ones((1, 0, 4)), "at least one pixel"),
    ],
)
def test_what_is_no_image_of_numbers_is_refused(scale, image, told):
    with pytest.raises(CourseError, match=told):
        scale(image)


def test_lists_are_images():
    assert channels_first([[1, 2], [3, 4]]).shape == (1, 2, 2)
