"""The error of an estimate, against numbers that can be worked out in the head."""

import numpy as np
import pytest

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
