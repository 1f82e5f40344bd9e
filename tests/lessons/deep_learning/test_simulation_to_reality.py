import dataclasses

import numpy as np
import pytest
from scipy import ndimage

from gpu_course import exercises
from gpu_course.images import Sample
from gpu_course.lessons.deep_learning.simulation_to_reality import looks, solutions

NAME = "deep-learning/simulation-to-reality/widths-along"


def distance(mask):
    return ndimage.distance_transform_edt(mask)


def test_the_solution_measures_odd_widths_exactly():
    for width in (1, 3, 9):
        mask, line = np.zeros((2, 60, 40), bool)
        mask[:, 20 - width // 2 : 21 + width // 2] = True
        line[10:50, 20] = True
        assert solutions.widths_along(mask, line) == pytest.approx(np.full(40, width))
    assert exercises.check(NAME, solutions.widths_along).solved


@pytest.mark.parametrize(
    "right",
    [
        lambda mask, line: solutions.widths_along(mask, line).astype(np.float32)[::-1],
        lambda mask, line: (2 * distance(mask)[tuple(at)] - 1 for at in np.argwhere(line & mask)),
        lambda mask, line: [2 * float(d) - 1 for d in distance(mask)[line & mask]],
    ],
)
def test_the_widths_may_come_in_any_form_and_order(right):
    assert exercises.check(NAME, right).solved


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda mask, line: 2 * distance(mask)[line & mask] - 0.5, "A pixel too much"),
        (lambda mask, line: 2 * distance(mask)[line & mask] - 0.2, "A pixel too much"),
        (
            lambda mask, line: 0 * distance(mask)[line & mask] + 2 * distance(mask)[line].max() - 1,
            "not one number for all",
        ),
        (lambda mask, line: distance(mask)[line & mask], "radius"),
        (lambda mask, line: 2 * distance(mask)[line & mask], "A pixel too much"),
        (lambda mask, line: 2 * distance(mask)[mask] - 1, "each pixel of the mask"),
        (lambda mask, line: 2 * distance(~mask)[line & mask] - 1, "not ~mask"),
        (lambda mask, line: 2 * distance(mask)[line] - 1, "alone"),
        (lambda mask, line: 2 * distance(mask) - 1, "(n,)"),
        (lambda mask, line: "wide", "array of numbers"),
        (lambda mask, line: np.full((line & mask).sum(), np.nan), "finite"),
        (lambda mask, line: np.full((line & mask).sum(), 30.0), "30.0 wide"),
    ],
)
def test_typical_mistakes_are_named(wrong, words):
    result = exercises.check(NAME, wrong)
    assert not result.solved
    assert words in str(result)


def test_a_look_tells_widths_and_levels():
    rng = np.random.default_rng(0)
    image = 50 + rng.normal(0, 1, (128, 128)).astype(np.float32)
    mask, line = np.zeros((2, 128, 128), bool)
    mask[:, 62:67], line[:, 64] = True, True
    image[mask] += 40
    found = looks.look([Sample("mine", "train", 0, image, "YX", mask=mask, centreline=line)])
    assert (found["width, 10 %"], found["median"], found["90 %"]) == (5, 5, 5)
    assert found["root"] > 0.8 > 0.2 > found["ground"]
    assert found["root over grain"] == pytest.approx(40, rel=0.15)


def test_a_scene_without_roots_or_without_ground_has_no_say():
    image = np.random.default_rng(0).normal(50, 1, (64, 64)).astype(np.float32)
    mask, line = np.zeros((2, 64, 64), bool)
    mask[30:33], line[31] = True, True
    one = Sample("mine", "train", 0, image, "YX", mask=mask, centreline=line)
    empty = dataclasses.replace(one, mask=np.zeros_like(mask), centreline=np.zeros_like(mask))
    full = dataclasses.replace(one, mask=np.ones_like(mask), centreline=np.zeros_like(mask))
    assert looks.look([empty, one, full]) == looks.look([one])
