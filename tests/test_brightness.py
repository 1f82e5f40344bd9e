"""Background and objects of an image are found whatever its offset, gain, bits and surroundings."""

import numpy as np
import pytest
from scipy import ndimage

from gpu_course import brightness
from gpu_course.brightness import COURSE, Levels
from gpu_course.errors import CourseError


def discs(shape=(256, 256), *, every=32, radius=9, background=100, level=500, noise=4.0):
    """Return discs of one level, a little blurred as by a lens, on a grid."""
    y, x = (n % every - every / 2 for n in np.mgrid[: shape[0], : shape[1]])
    inside = ndimage.gaussian_filter((y**2 + x**2 < radius**2).astype(float), 1)
    random = np.random.default_rng(0).normal(0, noise, shape)
    return background + (level - background) * inside + random


@pytest.fixture(scope="module")
def image():
    return discs()


@pytest.fixture(scope="module")
def levels(image):
    return brightness.measure(image)


def test_levels_and_noise_of_discs_are_known(levels):
    assert levels.background == pytest.approx(100, abs=8)
    assert levels.objects == pytest.approx(500, abs=20)
    assert 3 < levels.noise < 8  # edges count a little
    assert levels.clipped < 0.001
    assert levels.dark_objects < 0.1
    assert levels.steps == np.inf
    assert brightness.warning(levels) is None


@pytest.mark.parametrize(("gain", "offset"), [(3.0, 0.0), (1.0, 1000.0), (0.01, -7.0)])
def test_gain_and_offset_map_the_levels(image, levels, gain, offset):
    other = brightness.measure(gain * image + offset)
    assert other.background == pytest.approx(gain * levels.background + offset, rel=1e-6)
    assert other.objects == pytest.approx(gain * levels.objects + offset, rel=1e-6)
    assert other.noise == pytest.approx(gain * levels.noise, rel=1e-6)
    assert other.dark_objects == pytest.approx(levels.dark_objects, abs=1e-6)


def test_bits_map_the_levels(image):
    eight = np.round(image / 2.5).astype(np.uint8)
    one, other = brightness.measure(eight), brightness.measure(eight.astype(np.uint16) * 257)
    assert other.background == pytest.approx(257 * one.background)
    assert other.objects == pytest.approx(257 * one.objects)
    # Numbers that were 8-bit do not become finer in a 16-bit file.
    assert other.steps == pytest.approx(one.steps)
    assert one.steps == pytest.approx(one.objects - one.background)


@pytest.mark.parametrize("black", [0, 90])
def test_a_crop_in_a_large_black_frame_has_the_same_levels(image, levels, black):
    frame = np.full((1024, 1024), float(black))
    frame[384:640, 320:576] = image
    framed = brightness.measure(frame)
    span = levels.objects - levels.background
    assert abs(framed.background - levels.background) < 0.1 * span
    assert abs(framed.objects - levels.objects) < 0.1 * span


def test_one_glaring_object_does_not_decide(image, levels):
    glaring = image.copy()
    glaring[10:20, 10:20] = 50_000
    assert brightness.measure(glaring).objects == pytest.approx(levels.objects, rel=0.05)


def test_match_brings_any_version_to_the_same(image):
    matched = brightness.match(image)
    assert matched.dtype == np.float32
    assert matched.min() >= 0
    again = brightness.measure(matched)
    assert again.background == pytest.approx(COURSE.background, abs=0.5)
    assert again.objects == pytest.approx(COURSE.objects, abs=0.5)
    np.testing.assert_allclose(brightness.match(100 * image + 7), matched, atol=1e-3)


def test_match_to_levels_that_are_given():
    image = np.array([[100.0, 300.0], [500.0, 0.0]])
    matched = brightness.match(image, levels=Levels(100, 500), to=Levels(10, 30))
    # Darker than the background is set to background.
    np.testing.assert_allclose(matched, [[10, 20], [30, 10]])
    matched = brightness.match(image - 400, levels=Levels(-300, 100), to=Levels(0, 1))
    np.testing.assert_allclose(matched, [[0, 0.5], [1, 0]])


@pytest.mark.parametrize("value", [0, 7, 65535])
def test_a_constant_image_is_all_background(value):
    flat = np.full((40, 50), value, np.uint16)
    levels = brightness.measure(flat)
    assert levels.background == levels.objects == value
    assert brightness.warning(levels).startswith("The image is the same everywhere")
    np.testing.assert_allclose(brightness.match(flat), np.float32(COURSE.background))


def test_noise_alone_holds_nothing():
    levels = brightness.measure(np.random.default_rng(0).normal(100, 9, (128, 128)))
    assert levels.background == levels.objects == pytest.approx(100, abs=1)
    assert levels.noise == pytest.approx(9, rel=0.1)
    assert brightness.warning(levels).startswith("The image is the same everywhere")


def test_dark_objects_on_bright_ground_are_said(image):
    levels = brightness.measure(600 - image)
    assert levels.dark_objects > 0.6
    assert "dark objects" in brightness.warning(levels)


def test_a_camera_that_was_full_is_said(image):
    levels = brightness.measure(np.minimum(image, 350))
    assert levels.clipped > 0.02
    assert f"{levels.clipped:.0%} of the pixels" in brightness.warning(levels)
    assert "camera was full" in brightness.warning(levels)


def test_few_grey_values_are_said():
    y, x = (n % 32 - 16 for n in np.mgrid[:128, :128])
    levels = brightness.measure((10 * np.exp(-(y**2 + x**2) / 60) + 1).astype(np.uint8))
    assert 4 < levels.steps < 12
    assert f"Only {levels.steps:.0f} grey values" in brightness.warning(levels)


@pytest.mark.parametrize(
    ("levels", "says"),
    [
        (Levels(5, 5), "same everywhere"),
        (Levels(9, 5), "same everywhere"),
        (Levels(0, 9, dark_objects=0.7, clipped=0.5, steps=3), "dark objects"),
        (Levels(0, 9, clipped=0.5, steps=3), "50% of the pixels"),
        (Levels(0, 9, steps=3), "Only 3 grey values"),
    ],
)
def test_one_cause_is_named_in_one_sentence(levels, says):
    sentence = brightness.warning(levels)
    assert says in sentence
    assert "\n" not in sentence
    assert ". " not in sentence


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 5), (17, 200)])
def test_small_images_have_levels(shape):
    ramp = np.arange(np.prod(shape), dtype=float).reshape(shape)
    levels = brightness.measure(ramp)
    assert 0 <= levels.background <= levels.objects <= ramp.max()
    assert brightness.match(ramp).shape == shape


BAD = {
    "a volume": (np.zeros((3, 4, 5)), "one plane of real numbers"),
    "colours": (np.zeros((30, 40, 3), np.uint8), "one colour channel"),
    "a row": (np.zeros(9), "one plane"),
    "empty": (np.zeros((0, 4)), "one plane"),
    "complex": (np.zeros((4, 4), complex), "complex128"),
    "text": (np.full((4, 4), "a"), "one plane of real numbers"),
    "missing": (np.array([[1.0, np.nan], [0, 1]]), "missing or infinite"),
    "infinite": (np.array([[1.0, np.inf], [0, 1]]), "missing or infinite"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("function", [brightness.measure, brightness.match])
def test_what_is_no_plane_is_refused(function, name):
    image, says = BAD[name]
    with pytest.raises(CourseError, match=says):
        function(image)
