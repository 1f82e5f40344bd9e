"""Background and objects of an image are found whatever its offset, gain, bits and surroundings."""

import warnings

import numpy as np
import pytest
from scipy import ndimage

from gpu_course import brightness
from gpu_course.brightness import COURSE, Levels
from gpu_course.errors import CourseError
from gpu_course.illumination import Light

LIGHT_FROM_A_SIDE = Light((5, 0, 0), (2, 0, 1), falls=3.14)


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


def test_light_that_falls_off_is_said_and_light_that_is_added_is_not_taken_for_it(image):
    slope = np.linspace(0.2, 1, 256)
    assert brightness.measure(image * slope).falls > brightness.FALLS
    assert "light falls off" in brightness.warning(brightness.measure(image * slope))
    assert brightness.measure(image + 100 * slope).falls == 1


@pytest.mark.parametrize("offset", [0, 1000])
def test_light_that_falls_off_is_evened_out(image, offset):
    slope = np.linspace(0.25, 1, 256)
    dim = offset + image * slope
    plain, matched = brightness.match(image), brightness.match(dim)
    as_it_is = brightness.match(dim, levels=brightness.measure(dim, evened=False))
    assert abs(matched - plain).mean() < abs(as_it_is - plain).mean() / 2


def test_wide_objects_are_not_taken_for_uneven_light():
    wide = discs(every=80, radius=30)  # tiles of 32 pixels inside of discs of 60
    assert brightness.warning(brightness.measure(wide)) is None
    assert brightness.measure(wide).light is None
    rising = brightness.measure(wide + np.linspace(0, 1200, 256), evened=False)
    assert "one part of the image" in brightness.warning(rising)


@pytest.mark.parametrize(
    ("levels", "says"),
    [
        (Levels(5, 5), "same everywhere"),
        (Levels(9, 5), "same everywhere"),
        (Levels(0, 9, dark_objects=0.7, clipped=0.5, steps=3), "dark objects"),
        (Levels(0, 9, clipped=0.5, steps=3), "50% of the pixels"),
        (Levels(0, 9, steps=3), "Only 3 grey values"),
        (Levels(0, 9, steps=1), "as in a mask"),
        (Levels(0, 9, spikes=5, uneven=2, aside=9), "stand out 5 times"),
        (Levels(0, 9, uneven=2, aside=9), "one part of the image"),
        (Levels(0, 9, falls=3.14, aside=9), "flat-field"),
        (Levels(0, 9, falls=3.14, light=LIGHT_FROM_A_SIDE), "3.1 times as bright"),
        (Levels(0, 9, falls=3.14, light=LIGHT_FROM_A_SIDE), "evened out"),
        (Levels(0, 9, aside=9), "such as a scratch"),
        (Levels(1e9, 1e9 + 64), "subtract the smallest value"),
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
    "masked": (np.ma.array(np.eye(4), mask=np.eye(4, dtype=bool)), r"image\.filled"),
    "ragged": ([[1, 2], [3]], "rows of equal length"),
    "nothing": (None, "one plane of real numbers"),
    "whole numbers that float64 rounds": (2**63 + np.eye(4, dtype=np.uint64), r"above 2\*\*53"),
    "the ends of int64": (np.array([[-(2**63), 2**63 - 1]]), r"above 2\*\*53"),
    "huge": (1e300 * np.eye(4), "ordinary range"),
    "the ends of float64": (np.array([[-1.7e308, 1.7e308]]), "ordinary range"),
    "tiny": (1e-300 * np.eye(4), "ordinary range"),
    "tiny differences": (1e-320 * np.eye(4) + 0, "ordinary range"),
    "longer than float64": (np.eye(4, dtype="g") * np.longdouble("1e400"), "missing or infinite"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("function", [brightness.measure, brightness.match])
def test_what_is_no_plane_is_refused(function, name):
    image, says = BAD[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(CourseError, match=says):
            function(image)


WRITTEN = {
    "float32": lambda image: image.astype("f4"),
    "float16": lambda image: image.astype("f2"),
    "big-endian": lambda image: image.astype(">f8"),
    "16-bit, big-endian": lambda image: image.round().astype(">u2"),
    "int16 below 0": lambda image: (image - 300).round().astype("i2"),
    "uint64": lambda image: image.round().astype("u8"),
    "long double": lambda image: image.astype("g"),
    "every other pixel": lambda image: image.repeat(2, axis=0).repeat(2, axis=1)[::2, ::2],
    "columns first": np.asfortranarray,
    "lists": lambda image: image.tolist(),
    "nothing masked": lambda image: np.ma.array(image, mask=False),
    "int64 far from 0": lambda image: image.round().astype("i8") + 10**12,
    "float64 far from 0": lambda image: image + 1e12,
    "1e30 times": lambda image: image * 1e30,
    "1e-30 times": lambda image: image * 1e-30,
}


@pytest.mark.parametrize("how", WRITTEN)
def test_however_an_image_is_written_it_comes_to_the_same(image, how):
    # A grey value is 56/400 of the matched image's; float16 rounds to a quarter of one.
    np.testing.assert_allclose(
        brightness.match(WRITTEN[how](image)), brightness.match(image), atol=0.12
    )


def test_numbers_too_far_from_0_for_32_bits_are_said(image):
    near, far = (brightness.measure(image + offset) for offset in (1e8, 1e10))
    assert brightness.warning(near) is None
    assert far.objects - far.background == pytest.approx(400, abs=30)
    assert "lie at 1e+10 and differ by" in brightness.warning(far)
    assert "lie at 1e+10 and differ by" in brightness.warning(brightness.measure(image - 1e10))


@pytest.mark.parametrize("mask", [np.bool_, np.uint8, np.float32])
def test_a_mask_is_called_one(image, mask):
    two = (image > 300).astype(mask)
    assert "as in a mask" in brightness.warning(brightness.measure(two))
    assert "as in a mask" in brightness.warning(brightness.measure(two * mask(1)))


@pytest.mark.parametrize(
    "levels",
    [
        {"levels": Levels(500, 100)},
        {"levels": Levels(float("nan"), 100)},
        {"to": Levels(10, 10)},
        {"to": Levels(30, 10)},
        {"to": Levels(0, float("inf"))},
    ],
    ids=repr,
)
def test_levels_that_make_everything_background_are_refused(image, levels):
    with pytest.raises(CourseError, match="objects must be the brighter ones"):
        brightness.match(image, **levels)


def scratched(image):
    image = image.copy()
    image[:, 100:103] = 30_000
    return image


def hot(image, share=0.01):
    there = np.random.default_rng(1).random(image.shape) < share
    return np.where(there, 65_535, image)


LIGHT = {
    "a slope": (lambda image: image + np.linspace(0, 2500, 256), "one part of the image"),
    "the slope alone": (
        lambda image: np.linspace(0, 2500, 256) + np.random.default_rng(0).normal(0, 4, (256, 256)),
        "one part of the image",
    ),
    "a scratch": (scratched, "such as a scratch"),
    "hot pixels": (hot, "Single pixels stand out"),
}


@pytest.mark.parametrize("name", LIGHT)
def test_what_hides_objects_is_said(image, name):
    change, says = LIGHT[name]
    assert says in brightness.warning(brightness.measure(change(image), evened=False))


def test_added_light_is_evened_out(image, levels):
    rising = image + np.linspace(0, 2500, 256)
    found = brightness.measure(rising)
    assert brightness.warning(found) is None
    assert found.objects - found.background == pytest.approx(400, rel=0.1)
    assert abs(brightness.match(rising) - brightness.match(image)).mean() < 3
    alone = brightness.measure(LIGHT["the slope alone"][0](image))
    assert "same everywhere" in brightness.warning(alone)


def test_what_the_sentences_advise_helps(image, levels):
    mended = [
        ndimage.median_filter(hot(image), 3),
        image + np.linspace(0, 2500, 256),
        np.where(scratched(image) > 20_000, levels.background, scratched(image)),
    ]
    mended[1] = mended[1] - ndimage.minimum_filter(mended[1], 101)
    for one in mended:
        found = brightness.measure(one)
        assert brightness.warning(found) is None
        assert found.objects - found.background == pytest.approx(400, rel=0.15)


FINE = {
    "a few hot pixels": lambda image: hot(image, 1e-4),
    "a dark scratch": lambda image: np.where(np.arange(256) // 3 == 40, 0, image),
    "light nearly twice as strong on one side": lambda image: image * np.linspace(1, 1.8, 256),
    "light falling off": lambda image: image * np.exp(-((np.arange(256) - 128) ** 2) / 128**2),
    "strong noise": lambda image: image + np.random.default_rng(1).normal(0, 100, image.shape),
    "a black frame": lambda image: np.pad(image, 384),
    "small objects": lambda image: discs(every=12, radius=2.2),
    "bright and dim objects": lambda image: discs(every=64, radius=12, level=6000) + image,
}


@pytest.mark.parametrize("name", FINE)
def test_what_hides_nothing_is_not_said(image, name):
    assert brightness.warning(brightness.measure(FINE[name](image))) is None
