import numpy as np
import pytest
from scipy import ndimage

from gpu_course import exercises
from gpu_course.errors import CourseError
from gpu_course.lessons.pixel_classification.introduction.solutions import graininess
from gpu_course.lessons.pixel_classification.introduction.textures import (
    best_threshold,
    two_textures,
)

NAME = "pixel-classification/introduction/make-a-feature"


def test_both_textures_have_the_same_grey_values():
    image, fine = two_textures(seed=7)
    shares = np.linspace(0.05, 0.95, 10)
    np.testing.assert_allclose(
        np.quantile(image[fine], shares), np.quantile(image[~fine], shares), atol=3
    )


def test_no_threshold_parts_the_textures_and_the_feature_does():
    image, fine = two_textures(seed=7)
    assert best_threshold(image, fine)[1] < 0.55
    assert best_threshold(graininess(image), fine)[1] > 0.8


def test_best_threshold_of_values_that_can_be_parted():
    values = np.array([[1.0, 2.0, 2.0], [5.0, 6.0, 9.0]])
    threshold, right = best_threshold(values, values > 3)
    assert 2 <= threshold < 5
    assert right == 1
    assert best_threshold(-values, values > 3)[1] == 1


def test_equal_values_cannot_be_parted():
    assert best_threshold(np.ones((4, 4)), np.eye(4, dtype=bool))[1] == 0.5


def test_best_threshold_wants_both_classes():
    with pytest.raises(CourseError, match="both classes"):
        best_threshold(np.ones((4, 4)), np.ones((4, 4), bool))


def blurred(image):
    return ndimage.gaussian_filter(image, 5)


def grainy(image):
    return np.abs(image - ndimage.gaussian_filter(image, 2))


def one_number(image):
    return image.mean()


def not_numbers(image):
    return np.full_like(image, np.nan)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (blurred, "averages both grains"),
        (grainy, "How do you calm it"),
        (lambda image: ndimage.gaussian_gradient_magnitude(image, 1), "How do you calm it"),
        (lambda image: ndimage.gaussian_laplace(image, 1), "only their size"),
        (lambda image: ndimage.gaussian_filter(grainy(image), 40), "another size"),
        (one_number, "one number for every pixel"),
        (not_numbers, "real number"),
    ],
)
def test_check_names_the_mistake(wrong, says):
    result = exercises.check(NAME, wrong)
    assert not result.solved
    assert says in result.message
