import numpy as np
import pytest
from scipy import ndimage

from gpu_course import exercises, images
from gpu_course.labels import labelled_diameter
from gpu_course.lessons.deep_learning.nuclei_many_cameras import cameras, checks, solutions

NAME = "deep-learning/nuclei-many-cameras/diameter"
SIGMAS = np.geomspace(0.6, 20, 60)


def best(answers):
    return 2 * np.sqrt(2) * SIGMAS[int(np.argmax(answers))]


def test_the_solution_measures_discs():
    for diameter in (8, 21, 40):
        assert solutions.diameter(checks._disc(diameter, 7.0, 3.0)) == pytest.approx(
            diameter, rel=0.1
        )
    assert exercises.check(NAME, solutions.diameter).solved


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda image: solutions.diameter(image) / 2, "radius"),
        (lambda image: solutions.diameter(image) / 2 / np.sqrt(2), "sigma"),
        (
            lambda image: best([-ndimage.gaussian_laplace(image, s).min() for s in SIGMAS]),
            "sigma squared",
        ),
        (  # its first answer is 8 / (2 √2) pixels by chance
            lambda image: (
                2
                * np.sqrt(2)
                * np.geomspace(1, 20, 60)[
                    int(
                        np.argmax(
                            [
                                -ndimage.gaussian_laplace(image, s).min()
                                for s in np.geomspace(1, 20, 60)
                            ]
                        )
                    )
                ]
            ),
            "sigma squared",
        ),
        (
            lambda image: best([s**2 * ndimage.gaussian_laplace(image, s).min() for s in SIGMAS]),
            "turn its sign",
        ),
        (
            lambda image: best(
                [-(s**2) * ndimage.gaussian_laplace(image, s)[80, 80] for s in SIGMAS]
            ),
            "wherever it is",
        ),
        (lambda image: "wide", "one number"),
        (lambda image: float("nan"), "nan"),
    ],
)
def test_typical_mistakes_are_named(wrong, words):
    result = exercises.check(NAME, wrong)
    assert not result.solved
    assert words in str(result)


def test_other_cameras_show_the_same_nuclei():
    half = images.load("nuclei", "train")
    shown = cameras.as_other_cameras(half)
    width = labelled_diameter(half.labels)
    assert labelled_diameter(shown["fine pixels"][1]) == pytest.approx(2 * width, rel=0.03)
    assert labelled_diameter(shown["coarse pixels"][1]) == pytest.approx(width / 2, rel=0.05)
    dim, _ = shown["dim, on 400"]
    np.testing.assert_allclose((dim - 400) * 5, half.image, atol=0.01)
    assert all(image.shape == labels.shape for image, labels in shown.values())
