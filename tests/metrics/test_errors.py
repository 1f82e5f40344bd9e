"""The error of an estimate, against numbers that can be worked out in the head."""

import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.metrics import errors

TRUTH = np.random.default_rng(0).random((4, 5, 6), dtype=np.float32) * 100
ESTIMATE = TRUTH + np.random.default_rng(1).normal(0, 10, TRUTH.shape).astype(np.float32)


def test_error_is_0_for_the_truth_1_for_black_and_does_not_depend_on_the_unit():
    assert errors.nrmse(TRUTH, TRUTH) == 0
    assert errors.nrmse(0 * TRUTH, TRUTH) == pytest.approx(1)
    assert errors.nrmse(1.3 * TRUTH, TRUTH) == pytest.approx(0.3, abs=1e-5)
    found = errors.nrmse(7 * ESTIMATE, 7 * TRUTH)
    assert found == pytest.approx(errors.nrmse(ESTIMATE, TRUTH), rel=1e-5)


def test_error_of_tensors_is_that_of_arrays():
    torch = pytest.importorskip("torch")
    found = errors.nrmse(torch.asarray(ESTIMATE), torch.asarray(TRUTH))
    assert found == pytest.approx(errors.nrmse(ESTIMATE, TRUTH), rel=1e-4)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i1", "f2", ">i4", "u8", "f8"])
def test_small_types_do_not_wrap_around(dtype):
    one, other = np.array([[10, 20, 0]]), np.array([[20, 10, 100]])
    wanted = errors.nrmse(one.astype(float), other.astype(float))
    assert errors.nrmse(one.astype(dtype), other.astype(dtype)) == pytest.approx(wanted)
    assert errors.nrmse(one.tolist(), other.tolist()) == pytest.approx(wanted)


@pytest.mark.parametrize("unit", [1e-30, 1e30, 1e200])
def test_squares_of_large_and_small_numbers_are_numbers(unit):
    dtype = np.float32 if unit < 1e38 else np.float64
    one = np.full((3, 4), unit, dtype)
    assert errors.nrmse(one, 2 * one) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        (np.ones((4, 4)), np.ones(4), "same shape"),
        (np.ones(4) * np.nan, np.ones(4), "estimate holds NaN"),
        (np.ones(4), np.ones(4) * np.inf, "truth holds NaN"),
        (np.ones(4) * 1j, np.ones(4), "real numbers"),
        (np.ones(0), np.ones(0), "real numbers"),
        ("a", "b", "real numbers"),
        (None, None, "real numbers"),
        ([[1], [2, 3]], [[1], [2, 3]], "real numbers"),
        (np.ones(4), np.zeros(4), "0 everywhere"),
        (np.ma.masked_less(np.arange(4), 2), np.ones(4), "masked"),
    ],
    ids=str,
)
def test_what_cannot_be_compared_is_named(one, other, says):
    with pytest.raises(CourseError, match=says):
        errors.nrmse(one, other)


def test_two_libraries_are_named():
    torch = pytest.importorskip("torch")
    with pytest.raises(CourseError, match="two libraries"):
        errors.nrmse(torch.ones(4), np.ones(4))
