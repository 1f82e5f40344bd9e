"""The checks pass on the course's solutions and tell typical wrong answers apart."""

import re

import numpy as np
import pytest
from scipy import ndimage

from gpu_course import devices, exercises

NUCLEI = "classical/segmentation/separate-nuclei"
BEES = "classical/segmentation/improve-bees"


@pytest.fixture(scope="module", autouse=True)
def opencl():
    devices.use_opencl()


def connected(image, foreground):
    from gpu_course import cle

    return cle.connected_component_labeling(cle.push(foreground))


def maxima(image, foreground, sigma=4):
    from gpu_course import cle

    blurred = cle.gaussian_blur(cle.push(image), sigma_x=sigma, sigma_y=sigma)
    seeds = cle.detect_maxima(blurred, radius_x=0, radius_y=0, radius_z=0)
    foreground = cle.push(foreground)
    labels = cle.masked_voronoi_labeling(cle.binary_and(seeds, foreground), foreground)
    return cle.mask(labels, foreground)


def domes(image, foreground, sigma):
    from gpu_course.classical.segmentation import separate_nuclei

    return separate_nuclei(image, foreground, sigma=sigma)


def shrunk(labels):
    labels = np.asarray(labels).astype(int)
    return np.where(ndimage.binary_erosion(labels > 0, iterations=4), labels, 0)


def extended(labels):
    from gpu_course import cle

    return cle.extend_labeling_via_voronoi(labels)


def course(image, foreground):
    from gpu_course.classical.segmentation import separate_nuclei

    return separate_nuclei(image, foreground)


def test_a_numpy_answer_or_float_labels_count_as_well():
    def as_float(image, foreground):
        return np.asarray(course(image, foreground)).astype(np.float32)

    assert exercises.check(NUCLEI, as_float).solved


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (connected, "still merged"),
        (lambda i, f: maxima(i, f, sigma=1.5), "are split"),
        (maxima, "still merged.*single point"),
        (lambda i, f: domes(i, f, sigma=3), "are split"),
        (lambda i, f: domes(i, f, sigma=6), "still merged"),
        (lambda i, f: shrunk(course(i, f)), "too few pixels"),
        (lambda i, f: extended(course(i, f)), "outside"),
    ],
    ids=["merged", "split", "maxima", "narrow domes", "wide domes", "shrunk", "outside"],
)
def test_weak_answers_stay_below_the_goal_with_a_hint(answer, hint):
    result = exercises.check(NUCLEI, answer)
    assert result.state == "below the goal"
    assert result.score < result.goal
    assert re.search(hint, result.message), result.message


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda i, f: f, "a mask"),
        (lambda i, f: f > 0, "a mask"),
        (lambda i, f: 0 * f, "no object"),
        (lambda i, f: 7 * f, "same number"),
        (lambda i, f: f[:10] * 2, "shape"),
        (lambda i, f: i / 7.3, "whole numbers"),
        (lambda i, f: -5 * f.astype(int), "whole numbers"),
        (lambda i, f: i.no_such_thing, "no_such_thing"),
    ],
    ids=[
        "the foreground",
        "a mask",
        "nothing",
        "one number",
        "another shape",
        "fractions",
        "below zero",
        "an error",
    ],
)
def test_wrong_kinds_of_answer_are_named(answer, hint):
    result = exercises.check(NUCLEI, answer)
    assert result.state == "wrong"
    assert hint in str(result)


# Bees


def voronoi_otsu(image, spot):
    from gpu_course import cle

    return cle.voronoi_otsu_labeling(image, spot_sigma=spot, outline_sigma=3)


def subtracted(image):
    """Take the surroundings away without the logarithm."""
    dark = 255.0 - image
    return voronoi_otsu(dark - ndimage.uniform_filter(dark, 121), 16)


def flattened(image, spot):
    """Take the light away as the course does, and look for seeds of another width."""
    from gpu_course.classical.segmentation import flatten_comb

    return voronoi_otsu(flatten_comb(image), spot)


@pytest.mark.parametrize(
    ("answer", "state", "hint"),
    [
        (lambda image: voronoi_otsu(image, 16), "below the goal", "bees are dark"),
        (lambda image: voronoi_otsu(255.0 - image, 3.5), "below the goal", "far more objects"),
        (lambda image: voronoi_otsu(255.0 - image, 16), "below the goal", "Dim one side"),
        (subtracted, "below the goal", "Light multiplies"),
        (lambda image: flattened(image, 10), "below the goal", "too many objects"),
        (lambda image: flattened(image, 12), "below the goal", "spot_sigma near 16"),
        (lambda image: flattened(image, 28), "below the goal", "too few objects"),
        (lambda image: image < 90, "wrong", "every object"),
        (lambda image: np.ones((3, 3), int), "wrong", "shape"),
    ],
    ids=[
        "comb instead of bees",
        "pieces of bees",
        "uneven light",
        "light subtracted",
        "narrow",
        "nearly",
        "wide",
        "a mask",
        "another shape",
    ],
)
def test_typical_mistakes_with_bees_get_their_hint(answer, state, hint):
    result = exercises.check(BEES, answer)
    assert result.state == state
    assert hint in result.message
