"""Any image comes to the brightness and the size that a method knows, and its labels come back."""

import warnings

import numpy as np
import pytest
from scipy import ndimage

from gpu_course import brightness, object_size
from gpu_course.errors import CourseError
from gpu_course.fitted import NUCLEUS, fit


def discs(diameter, shape=(200, 240), *, background=200, level=900):
    every = round(2.5 * diameter)
    y, x = (n % every - every / 2 for n in np.mgrid[: shape[0], : shape[1]])
    inside = ndimage.gaussian_filter((y**2 + x**2 < diameter**2 / 4).astype(float), diameter / 12)
    random = np.random.default_rng(0).normal(0, 8, shape)
    return background + (level - background) * inside + random


@pytest.fixture(autouse=True)
def no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_large_objects_become_as_large_as_nuclei_and_labels_come_back():
    image = discs(42)
    found = fit(image)
    assert found.shape == image.shape
    assert found.diameter == pytest.approx(42, rel=0.2)
    assert found.diameter == object_size.measure_diameter(image).diameter
    assert found.levels == brightness.measure(image)
    factor = found.image.shape[0] / image.shape[0]
    assert factor == pytest.approx(NUCLEUS / found.diameter, rel=0.02)
    assert found.image.dtype == np.float32
    low, high = np.percentile(found.image, [5, 99])
    assert low == pytest.approx(brightness.COURSE.background, abs=3)
    assert high == pytest.approx(brightness.COURSE.objects, abs=8)
    back = found.back((found.image > 46).astype(int) * 3)
    assert back.shape == image.shape
    assert back.dtype == np.int32
    assert set(np.unique(back)) == {0, 3}
    assert ((back == 3) == (image > 550)).mean() > 0.95


def test_a_given_diameter_is_taken_and_nothing_measured(monkeypatch):
    monkeypatch.setattr(object_size, "measure_diameter", None)
    image = discs(21)
    found = fit(image, diameter=10.5)
    assert found.diameter == 10.5
    assert found.image.shape == (400, 480)
    assert fit(image, diameter=21).image.shape == image.shape
    assert fit(image, diameter=21, wanted=42).image.shape == (400, 480)


def test_where_nothing_can_be_measured_the_size_stays_and_it_is_said():
    flat = np.full((50, 60), 9, np.uint16)
    with pytest.warns(UserWarning, match="same everywhere") as caught:
        found = fit(flat)
    assert len(caught) == 1
    assert found.diameter == NUCLEUS
    assert found.image.shape == flat.shape
    np.testing.assert_allclose(found.image, np.float32(brightness.COURSE.background))


def test_a_doubtful_image_is_said_where_it_was_asked_for():
    with pytest.warns(UserWarning, match="dark objects") as caught:
        fit(1100 - discs(21), diameter=21)
    (warning,) = caught
    assert str(warning.message) == brightness.warning(brightness.measure(1100 - discs(21)))


def test_a_doubtful_diameter_is_said_unless_it_was_given():
    two = np.concatenate([discs(10, (120, 60)), discs(45, (120, 120))], axis=1)
    with pytest.warns(UserWarning, match="diameter of neither") as caught:
        found = fit(two)
    assert len(caught) == 1
    assert str(caught[0].message) == object_size.warning(object_size.measure_diameter(two))
    fit(two, diameter=found.diameter)


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), True, "21"])
def test_a_wrong_diameter_is_refused(wrong):
    with pytest.raises(CourseError, match="is no size"):
        fit(discs(21), diameter=wrong)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((3, 40, 50)),
        np.zeros((40, 50), complex),
        np.full((40, 50), np.nan),
        np.zeros((0, 5)),
    ],
    ids=["volume", "complex", "missing", "empty"],
)
def test_what_is_no_plane_is_refused(image):
    with pytest.raises(CourseError):
        fit(image)
