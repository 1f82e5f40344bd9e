"""Total variation: its force is the derivative of what it lowers, in µm, at every border."""

import numpy as np
import pytest

from gpu_course.deconvolution import richardson_lucy
from gpu_course.deconvolution.psf import gaussian
from gpu_course.deconvolution.total_variation import (
    curvature,
    relative_spacing,
    with_neighbours,
)
from gpu_course.errors import CourseError


@pytest.mark.parametrize(("shape", "spacing"), [((4, 5, 6), (2.5, 1.0, 1.0)), ((6, 7), (1.0, 3.0))])
def test_the_force_is_minus_the_derivative_of_the_total_variation(shape, spacing):
    image = np.random.default_rng(0).random(shape)
    bend, _ = curvature(image, spacing, 0.01)
    step = 1e-6
    for place in np.ndindex(*shape):
        up, down = image.copy(), image.copy()
        up[place] += step
        down[place] -= step
        slope = (curvature(up, spacing, 0.01)[1] - curvature(down, spacing, 0.01)[1]).sum()
        assert bend[place] == pytest.approx(-slope / (2 * step), abs=1e-5)


def test_a_flat_image_feels_no_force():
    bend, length = curvature(np.full((5, 6, 7), 3, np.float32), (1.0, 1.0, 1.0), 1e-4)
    assert (bend == 0).all()
    np.testing.assert_allclose(length, 1e-4, rtol=1e-5)


def test_bumps_are_lowered_and_slopes_left_alone():
    image = np.zeros((9, 9), np.float32)
    image[4, 4] = 1
    bend, _ = curvature(image, (1.0, 1.0), 1e-4)
    assert bend[4, 4] < -2
    slope = np.broadcast_to(np.arange(9, dtype=np.float32), (9, 9)).copy()
    assert np.abs(curvature(slope, (1.0, 1.0), 1e-4)[0][:, 1:-1]).max() < 1e-5


def test_blocks_with_their_neighbours_give_the_whole():
    image = np.random.default_rng(1).random((7, 8, 9)).astype(np.float32)
    whole, _ = curvature(image, (2.0, 1.0, 1.0), 0.01)
    for z in (slice(0, 3), slice(3, 6), slice(6, 9)):
        block = (z, slice(2, 5), slice(0, 9))
        outer, inner = with_neighbours(block, image.shape)
        part, _ = curvature(image[outer], (2.0, 1.0, 1.0), 0.01)
        np.testing.assert_allclose(part[inner], whole[block], atol=1e-6)


def test_only_ratios_of_the_voxel_size_count():
    assert relative_spacing((0.3, 0.1, 0.1), (8, 8, 8)) == pytest.approx((3, 1, 1))
    assert relative_spacing((300, 100, 100), (8, 8, 8)) == pytest.approx((3, 1, 1))
    assert relative_spacing((0.1, 0.2, 0.2), (1, 8, 8))[1:] == pytest.approx((1, 1))
    assert relative_spacing((0.1, 0.2), (1, 1)) == pytest.approx((1, 2))
    assert relative_spacing(None, (8, 8)) == (1, 1)
    for bad in ((1, 1), (1, 1, 0), (1, 1, -1), (1, 1, float("nan"))):
        with pytest.raises(CourseError, match="voxel_size"):
            relative_spacing(bad, (8, 8, 8))


def test_more_weight_leaves_less_variation_and_none_breaks():
    image = np.random.default_rng(2).poisson(20, (10, 20, 21)).astype(np.float32)
    psf = gaussian((5, 5, 5), 1.0, 1.0)
    spread = []
    for weight in (0.0, 0.002, 0.02, 0.2, 5.0):
        found = richardson_lucy(image, psf, 40, tv=weight, voxel_size=(3, 1, 1))
        assert np.isfinite(found).all()
        spread.append(found.std())
    assert spread[:4] == sorted(spread[:4], reverse=True)
    assert spread[3] < 0.5 * spread[0]


def test_a_flat_image_stays_flat_with_it():
    flat = np.full((8, 9, 10), 30, np.float32)
    found = richardson_lucy(flat, gaussian((3, 3, 3), 1.0, 1.0), 50, tv=0.05)
    np.testing.assert_allclose(found, 30, rtol=0.02)


@pytest.mark.parametrize("planes", [11, 12, 13])
def test_a_thin_psf_leaves_an_even_image_even(planes):
    # 11 and 13 planes are no number that an FFT likes: no dark plane may be added to them.
    image = np.full((planes, 21, 21), 100.0)
    estimate = richardson_lucy(image, gaussian((1, 5, 5), 0.1, 0.1), 20, tv=0.05)
    np.testing.assert_allclose(estimate, image, rtol=0.01)


def test_a_plane_is_regularised_alike_as_an_image_and_as_a_stack_of_one():
    image = np.random.default_rng(0).poisson(50, (24, 30)).astype(float)
    kernel = gaussian((5, 5), 0.1, 0.1)
    flat = richardson_lucy(image, kernel, 10, tv=0.05)
    for axis in (0, 1):
        deep = richardson_lucy(
            np.expand_dims(image, axis), np.expand_dims(kernel, axis), 10, tv=0.05
        )
        np.testing.assert_allclose(np.squeeze(deep, axis), flat, rtol=1e-5)
