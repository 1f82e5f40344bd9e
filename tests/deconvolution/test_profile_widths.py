import numpy as np
import pytest

from gpu_course.deconvolution import psf
from gpu_course.deconvolution.profile_widths import broadening, widths

VOXEL = (0.2, 0.1, 0.1)
SPOT = psf.gaussian((25, 41, 41), (0.4, 0.16, 0.16), VOXEL)


def test_widths_of_a_gaussian():
    np.testing.assert_allclose(
        widths(SPOT, VOXEL), [2.3548 * 0.4, 2.3548 * 0.16, 2.3548 * 0.16], rtol=0.02
    )
    assert widths(np.ones((5, 5)), (1, 1)) == (np.inf, np.inf)


def test_a_bead_makes_the_picture_wider_by_the_rule_of_variances():
    made = psf.gaussian((41, 41, 41), 0.2, 0.04)
    for diameter in (0.1, 1.0):
        expected = np.sqrt(1 + (diameter / 2) ** 2 / 5 / 0.2**2)
        assert broadening(made, 0.04, diameter)[0] == pytest.approx(expected, rel=0.01)
