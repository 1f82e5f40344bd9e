"""A forest's features are the same on all processors, so its scores do not hang on who adds up."""

import numpy as np
import pytest

from tests.processors import PROCESSORS, answers_of, on_x86

pytestmark = on_x86

PROGRAM = """
import sys
import numpy as np
from gpu_course.pixel_classification import course_classifiers, features
from gpu_course.pixel_classification.recipe import FEATURES, Recipe

random = np.random.default_rng(0)
flat, solid = (random.normal(100, 20, shape) for shape in ((200, 210), (24, 30, 36)))
logarithm = course_classifiers.logarithm(np.arange(2**16, dtype=np.uint16))
product = np.float32(flat) @ np.float32(flat).T
np.savez(sys.argv[1], logarithm=logarithm, product=product,
         flat=features.compute(flat, Recipe((0.5, 1, 4, 16), FEATURES)),
         solid=features.compute(solid, Recipe((1, 2), FEATURES)))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Return what each processor computes: its name, and arrays by name."""
    return answers_of(PROGRAM, tmp_path_factory.mktemp("processors"))


@pytest.mark.parametrize("name", list(PROCESSORS)[1:])
@pytest.mark.parametrize("array", ["flat", "solid", "logarithm"])
def test_features_are_the_same_to_the_last_digit(answers, name, array):
    """In float64 sums differ in digits that rounding takes away, but for one value in 10⁸ or so."""
    ours, theirs = answers["as it is"][array], answers[name][array]
    assert ours.dtype == np.float32
    assert (ours != theirs).mean() < 1e-5
    np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-5)


def test_a_plain_product_is_not_the_same(answers):
    """The other processors are really asked: what is added up in float32 shows them apart."""
    assert (answers["with SSE"]["product"] != answers["with AVX2"]["product"]).mean() > 0.01
