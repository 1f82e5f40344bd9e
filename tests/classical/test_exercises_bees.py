"""The check of the bees passes on the course's recipe and tells typical wrong answers apart."""

import numpy as np
import pytest

from gpu_course import devices, exercises

NAME = "classical/segmentation/improve-bees"


@pytest.fixture(scope="module", autouse=True)
def opencl():
    devices.use_opencl()


def voronoi_otsu(image, spot):
    from gpu_course import cle

    return cle.voronoi_otsu_labeling(image, spot_sigma=spot, outline_sigma=3)


def test_the_courses_recipe_solves_it():
    from gpu_course.classical.segmentation import segment_bees

    result = exercises.check(NAME, segment_bees)
    assert result.solved
    assert result.score == result.course_score > result.goal


def test_the_untouched_stub_is_not_solved_yet():
    def my_bees(image): ...

    assert exercises.check(NAME, my_bees).state == "not solved yet"


@pytest.mark.parametrize(
    ("answer", "state", "hint"),
    [
        (lambda image: voronoi_otsu(image, 16), "below the goal", "bees are dark"),
        (lambda image: voronoi_otsu(255.0 - image, 3.5), "below the goal", "far more objects"),
        (lambda image: voronoi_otsu(255.0 - image, 16), "below the goal", "Take away the light"),
        (lambda image: image < 90, "wrong", "every object"),
        (lambda image: np.ones((3, 3), int), "wrong", "shape"),
    ],
    ids=["comb instead of bees", "pieces of bees", "uneven light", "a mask", "another shape"],
)
def test_typical_mistakes_get_their_hint(answer, state, hint):
    result = exercises.check(NAME, answer)
    assert result.state == state
    assert hint in result.message
