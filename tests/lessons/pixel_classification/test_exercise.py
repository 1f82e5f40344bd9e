"""The chapter “Nuclei, bees and roots again, with paint”: its check, and its chart."""

import numpy as np
import pytest

from gpu_course import exercises
from gpu_course.lessons.pixel_classification.exercise import checks
from gpu_course.lessons.pixel_classification.exercise.figures import histograms
from gpu_course.pixel_classification.course_classifiers import second_look

NAME = "pixel-classification/exercise/second-look"


def test_histograms_have_one_curve_for_each_group():
    figure = histograms({"a": np.arange(9.0), "b": np.ones(4)}, across="x", alt="two groups")
    assert figure.alt == "two groups"
    assert [line.get_label() for line in figure.axes[0].lines] == ["a", "b"]
    # All of b's pixels have one value.
    assert figure.axes[0].lines[1].get_ydata().max() == 100


def test_check_accepts_the_solution():
    judge = exercises.find(NAME)
    score, hint = judge.score(second_look)
    assert score >= judge.goal
    assert hint == ""


def test_check_knows_the_stub():
    assert exercises.check(NAME, lambda image, probability: None).state == "not solved yet"


@pytest.fixture(scope="module")
def few_scenes():
    """Teach each look on one scene: what a hint says does not depend on how many there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "SCENES", 1)
        checks._material.cache_clear()
        yield
    checks._material.cache_clear()


def only_the_image(image, probability):
    return image[..., None]


def only_the_probability(image, probability):
    return 255 * probability[..., None]


def channels_first(image, probability):
    return np.stack([image, 255 * probability])


def five_channels(image, probability):
    return np.stack([image] * 5, axis=-1)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (only_the_image, "give it the probability"),
        (only_the_probability, "give it the image"),
        (channels_first, "axis=-1"),
        (five_channels, "up to four"),
    ],
)
@pytest.mark.usefixtures("few_scenes")
def test_check_names_the_mistake(wrong, says):
    result = exercises.check(NAME, wrong)
    assert not result.solved
    assert says in result.message


def test_the_first_hand_is_that_of_the_course_and_the_next_paints_elsewhere():
    from gpu_course import images
    from gpu_course.lessons.pixel_classification.exercise.hands import nuclei_by_hand
    from gpu_course.pixel_classification.course_classifiers import teach_nuclei

    half = images.load("nuclei", split="train").crop(slice(0, 200), slice(0, 200))
    first, second = (nuclei_by_hand(half.image, half.labels, hand) for hand in (0, 1))
    course = teach_nuclei([half.image], [half.labels])
    assert first.importances() == course.importances()
    assert first.importances() != second.importances()
