import numpy as np
import pytest
from skimage.io import imread

from gpu_course import brightness
from gpu_course.images import Sample
from gpu_course.lessons.deep_learning.your_own_images import made
from gpu_course.own_images import learned_from, look
from gpu_course.own_images.channels import grey
from gpu_course.own_images.looks import diameter_of, true_diameter, warnings
from gpu_course.own_images.preparing import for_training, padded, scale_for
from gpu_course.own_images.separating import objects_of
from tests.own_images.conftest import discs

LARGE = (240, 240)


def sample(seed, *, mask=False, **how):
    image, labels = discs(seed, **{"shape": LARGE, **how})
    axes = "YX" if image.ndim == 2 else "YXC"
    told = {"mask": labels > 0} if mask else {"labels": labels}
    return Sample("discs", "train", seed, image, axes, **told)


def test_what_was_learned_from_is_measured_with_and_without_labels():
    learned = learned_from([sample(0), sample(1)])
    assert learned.diameter == pytest.approx(12, abs=0.7)
    assert not learned.darker
    assert learned.background == pytest.approx(40, abs=5)
    assert learned.objects == pytest.approx(140, abs=10)
    assert learned.measured[1] == pytest.approx(12, rel=0.3)


def test_dark_objects_are_measured_on_the_image_turned_round():
    learned = learned_from([sample(0, dark=True)])
    assert learned.darker
    assert learned.background == pytest.approx(160, abs=5)
    assert learned.objects == pytest.approx(60, abs=10)


def test_width_of_masks_is_that_across():
    mask = np.zeros((60, 200), bool)
    mask[20:31] = True
    bar = Sample("bar", "train", 0, mask.astype(np.uint8), "YX", mask=mask)
    assert true_diameter([bar]) == pytest.approx(11, abs=0.5)


def test_an_image_like_the_others_is_not_warned_of():
    learned = learned_from([sample(n) for n in range(3)])
    assert warnings(look(sample(7).image), learned) == []


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (255 - sample(7).image, "turned round"),
        (sample(7, diameter=30).image, "and the model learned from 12"),
        ((sample(7).image * 0.1 + np.random.default_rng(0).normal(9, 3, LARGE)), "the noise"),
        (np.full(LARGE, 7, np.uint8), "the same everywhere"),
    ],
    ids=["inverted", "large", "faint", "constant"],
)
def test_an_image_far_from_them_is_warned_of_in_one_sentence(image, said):
    learned = learned_from([sample(n) for n in range(3)])
    found = warnings(look(image), learned)
    assert any(said in sentence for sentence in found), found


def test_size_of_a_new_image_is_told_by_the_ratio():
    learned = learned_from([sample(0), sample(1)])
    seen = look(sample(5, diameter=24).image)
    assert diameter_of(seen, learned) == pytest.approx(24, rel=0.25)  # steps of a quarter octave


# --- brought to size ------------------------------------------------------------------------------


def test_large_objects_are_shrunk_and_stay_labels():
    (made,) = for_training([sample(0, diameter=64)], scale_for(64), 32)
    assert made.image.shape == (120, 120)
    assert set(np.unique(made.labels)) <= set(np.unique(sample(0, diameter=64).labels))
    assert true_diameter([made]) == pytest.approx(32, abs=2)


def test_small_images_get_their_mirror_image_with_numbers_of_its_own():
    given = sample(0, shape=(30, 40))
    (made,) = for_training([given], 1.0, 64)
    assert made.image.shape == made.labels.shape == (64, 64)
    np.testing.assert_array_equal(made.image[:30, :40], given.image)
    np.testing.assert_array_equal(made.image[30:60, :40], given.image[::-1])
    np.testing.assert_array_equal(made.labels[:30, :40] > 0, given.labels > 0)
    assert len(np.unique(made.labels)) > len(np.unique(given.labels))
    assert padded(given.image, 20) is given.image


def test_touching_discs_are_told_apart_and_thin_parts_stay():
    y, x = np.mgrid[:60, :100]
    mask = (np.hypot(y - 30, x - 30) < 12) | (np.hypot(y - 30, x - 51) < 12)
    mask[5, 80:95] = True
    assert objects_of(mask).max() == 2
    apart = objects_of(mask, diameter=24)
    assert apart.max() == 3
    assert apart[30, 30] != apart[30, 51]
    np.testing.assert_array_equal(apart > 0, mask)
    assert objects_of(mask, diameter=24, smallest=20).max() == 2
    assert not objects_of(mask & False, diameter=24).any()


def dotted(diameter, every, slope):
    """Return bright discs on a background that rises by `slope` from left to right."""
    y, x = np.mgrid[:192, :192]
    inside = (y % every - every / 2) ** 2 + (x % every - every / 2) ** 2 < diameter**2 / 4
    noise = np.random.default_rng(0).normal(0, 3, inside.shape)
    return (100 + 100 * inside + slope * x / 191 + noise).astype(np.float32)


def test_light_that_rises_above_the_objects_is_told_and_wide_objects_are_not_taken_for_it():
    assert look(dotted(13, 24, 0)).fault == ""
    assert "one threshold" in look(dotted(13, 24, 300)).fault
    assert look(dotted(40, 60, 0)).fault == ""  # tiles of 24 pixels lie inside of discs of 40


def test_wide_objects_side_by_side_are_not_taken_for_uneven_light(tmp_path):
    made.write(tmp_path / "new", 1, first=201, diameter=26)
    slide = imread(tmp_path / "new" / "images" / "slide-201.tif")
    dark = grey(slide)
    assert brightness.measure(dark.max() - dark).uneven > 0
    assert look(slide, darker=True).fault == ""
