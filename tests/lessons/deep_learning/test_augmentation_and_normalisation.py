import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage

from gpu_course import exercises
from gpu_course.deep_learning.normalisation import Normalisation
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.lessons.deep_learning.augmentation_and_normalisation import (
    figures,
    scenes,
    solutions,
)

PERCENTILES = "deep-learning/augmentation-and-normalisation/percentiles"
MIRROR = "deep-learning/augmentation-and-normalisation/mirror-and-turn"


@pytest.fixture
def scene():
    """Return noise with a bright bar, and the bar as mask."""
    mask = np.zeros((48, 56), bool)
    mask[10:16, 7:27] = True
    image = np.random.default_rng(0).normal(100, 10, mask.shape) + 60 * mask
    return Sample("bars", "train", 0, image.astype(np.float32), "YX", mask=mask)


# --- scenes and their scores --------------------------------------------------------------------


def test_grey_values_know_nothing_of_the_exposure():
    image = np.array([[[0, 51], [102, 255]]], np.uint8)
    scaled = scenes.GreyValues()(image)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled[0], [[0, 0.2], [0.4, 1]], atol=1e-6)
    assert not np.allclose(scenes.GreyValues()(image // 2), scaled)


def test_a_scene_taken_again_is_a_photograph_of_the_same_roots(scene):
    brighter = scenes.taken_again(scene, lambda image: 2 * image + 0.4)
    assert brighter.image.dtype == np.uint8
    assert brighter.image.max() == 255
    np.testing.assert_array_equal(
        brighter.image, np.clip(np.round(2 * scene.image + 0.4), 0, 255).astype(np.uint8)
    )
    assert brighter.mask is scene.mask


def test_a_change_that_moves_pixels_is_refused(scene):
    with pytest.raises(CourseError, match="Use moved"):
        scenes.taken_again(scene, np.rot90)


def test_a_scene_without_a_mask_has_nothing_to_move_along(scene):
    with pytest.raises(CourseError, match="no mask"):
        scenes.moved(dataclasses.replace(scene, mask=None), np.fliplr)


@pytest.mark.parametrize("move", [np.rot90, np.fliplr])
def test_image_and_mask_move_together(scene, move):
    new = scenes.moved(scene, move)
    np.testing.assert_array_equal(new.image, move(scene.image))
    np.testing.assert_array_equal(new.mask, move(scene.mask))
    assert new.mask.strides[0] > 0  # PyTorch takes no array that runs backwards
    assert new.labels is None


def test_the_table_is_drawn_with_every_name_and_number():
    table = pd.DataFrame(
        [[0.11, 0.92], [0.33, 0.84]], index=["plain", "varied"], columns=["as is", "darker"]
    )
    figure = figures.score_map(table, alt="Four scores.")
    assert figure.alt == "Four scores."
    panel = figure.axes[0]
    assert [text.get_text() for text in panel.texts] == ["0.11", "0.92", "0.33", "0.84"]
    assert [text.get_text() for text in panel.get_yticklabels()] == ["plain", "varied"]
    assert [text.get_text() for text in panel.get_xticklabels()] == ["as is", "darker"]


# --- percentiles --------------------------------------------------------------------------------


def test_the_solution_is_what_the_course_uses():
    image = np.random.default_rng(0).integers(0, 255, (40, 30), np.uint8)
    np.testing.assert_allclose(solutions.to_percentiles(image), Normalisation()(image[None])[0])
    assert not solutions.to_percentiles(np.full((4, 4), 9)).any()


def by_extremes(image):
    span = int(image.max()) - int(image.min()) or 1
    return ((image - float(image.min())) / span).astype(np.float32)


def divides_by_zero(image):
    low, high = np.percentile(image, [1, 99.8])
    return ((image - low) / (high - low)).astype(np.float32)


def nearly_divides_by_zero(image):
    low, high = np.percentile(image, [1, 99.8])
    return ((image - low + 1e-3) / (high - low + 1e-9)).astype(np.float32)


def clipped(image):
    return np.clip(solutions.to_percentiles(image), 0, 1)


def by_the_mean(image):
    return ((image - image.mean()) / (image.std() or 1)).astype(np.float32)


def by_one_percentile(image):
    return (image / max(np.percentile(image, 99.8), 1e-9)).astype(np.float32)


def in_place(image):
    result = solutions.to_percentiles(image)
    image[...] = 0
    return result


def at_least_a_grey_value(image):
    low, high = np.percentile(image, [1, 99.8])
    return ((image - low) / max(high - low, 1)).astype(np.float32)


def of_whole_numbers(image):
    return solutions.to_percentiles(image.astype(np.int32))


def nearly_nothing_added(image):
    low, high = np.percentile(image, [1, 99.8])
    return ((image - low) / (high - low + 1e-6)).astype(np.float32)


def cleaned_up_afterwards(image):
    return np.nan_to_num(divides_by_zero(image))


@pytest.mark.parametrize("right", [nearly_nothing_added, cleaned_up_afterwards])
def test_percentiles_may_be_written_otherwise(right):
    assert exercises.check(PERCENTILES, right).solved


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (at_least_a_grey_value, "from 0 to 1"),
        (of_whole_numbers, "from 0 to 1"),
        (by_extremes, "hot pixel"),
        (clipped, "cut off"),
        (by_the_mean, "hot pixel|percentile"),
        (by_one_percentile, "cut off|percentile"),
        (divides_by_zero, "one single value"),
        (nearly_divides_by_zero, "one single value"),
        (in_place, "changed the image"),
        (lambda image: solutions.to_percentiles(image).astype(float), "float64"),
        (lambda image: solutions.to_percentiles(image)[0], "one value for every pixel"),
    ],
)
def test_the_check_of_percentiles_names_the_mistake(wrong, says):
    result = exercises.check(PERCENTILES, wrong)
    assert not result.solved
    assert re.search(says, result.message), result.message


# --- mirror and turn ----------------------------------------------------------------------------


def turn(array, angle, order):
    return ndimage.rotate(array, angle, reshape=False, order=order, mode="reflect")


def forgets_the_labels(image, labels, seed):
    return solutions.mirror_and_turn(image, labels, seed)[0], labels


def interpolates_labels(image, labels, seed):
    rng = np.random.default_rng(seed)
    angle = rng.uniform(-20, 20)
    if rng.random() < 0.5:
        image, labels = image[:, ::-1], labels[:, ::-1]
    return turn(image, angle, 1), turn(labels, angle, 1)


def draws_twice(image, labels, seed):
    rng = np.random.default_rng(seed)
    return turn(image, rng.uniform(-20, 20), 1), turn(labels, rng.uniform(-20, 20), 0)


def never_mirrors(image, labels, seed):
    angle = np.random.default_rng(seed).uniform(-20, 20)
    return turn(image, angle, 1), turn(labels, angle, 0)


def only_mirrors(image, labels, seed):
    if np.random.default_rng(seed).random() < 0.5:
        return image[:, ::-1], labels[:, ::-1]
    return image, labels


def too_far(image, labels, seed):
    return solutions.mirror_and_turn(image, labels, seed, most=60)


def without_a_seed(image, labels, seed):
    return solutions.mirror_and_turn(image, labels, int(np.random.default_rng().integers(1000)))


def seeds_all_code(image, labels, seed):
    np.random.seed(seed)
    return solutions.mirror_and_turn(image, labels, seed)


def grows(image, labels, seed):
    return ndimage.rotate(image, 10, order=1), ndimage.rotate(labels, 10, order=0)


def nearest_for_both(image, labels, seed):
    rng = np.random.default_rng(seed)
    if rng.random() < 0.5:
        image, labels = image[:, ::-1], labels[:, ::-1]
    angle = rng.uniform(-20, 20)
    return turn(image, angle, 0), turn(labels, angle, 0)


def moves(mirror, mirror_labels=None, *, angle=lambda rng: rng.uniform(-20, 20), **more):
    """Return an answer that mirrors as told; `more` goes to the turn of the image."""

    def move(image, labels, seed):
        rng = np.random.default_rng(seed)
        if rng.random() < 0.5:
            image, labels = mirror(image), (mirror_labels or mirror)(labels)
        by = angle(rng)
        options = {"reshape": False, "order": 1, "mode": "reflect", **more}
        return ndimage.rotate(image, by, **options), turn(labels, by, 0)

    return move


def mirrors_last(image, labels, seed):
    rng = np.random.default_rng(seed)
    angle = rng.uniform(-20, 20)
    image, labels = turn(image, angle, 1), turn(labels, angle, 0)
    return [image[:, ::-1], labels[:, ::-1]] if rng.integers(2) else [image, labels]


def displaces(image, labels, seed):
    image, labels = solutions.mirror_and_turn(image, labels, seed, most=15)
    return np.roll(image, 3, axis=0), np.roll(labels, 3, axis=0)


def always_uint8(image, labels, seed):
    image, labels = solutions.mirror_and_turn(image, labels, seed)
    return image.astype(np.uint8), labels


@pytest.mark.parametrize(
    "right",
    [
        moves(np.fliplr, order=3),
        moves(np.fliplr, mode="constant"),
        moves(np.fliplr, angle=lambda rng: rng.integers(-20, 21)),
        mirrors_last,
    ],
)
def test_mirror_and_turn_may_be_written_otherwise(right):
    assert exercises.check(MIRROR, right).solved


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (moves(np.fliplr, np.flip), "away from their object"),
        (moves(np.flip), "0 were mirrored"),
        (moves(np.flipud), "from left to right"),
        (moves(np.fliplr, angle=lambda rng: rng.uniform(0, 20)), "turned to one side"),
        (moves(np.fliplr, angle=lambda rng: rng.uniform(-10, 10)), "turned by more than 10°"),
        (displaces, "a mirror and a turn about the middle"),
        (always_uint8, "dtype float32"),
        (forgets_the_labels, "away from their object"),
        (draws_twice, "away from their object"),
        (interpolates_labels, "never interpolated"),
        (never_mirrors, "0 were mirrored"),
        (only_mirrors, "hardly varies"),
        (too_far, "below 20°"),
        (without_a_seed, "same seed"),
        (seeds_all_code, "all other code shares"),
        (grows, "reshape=False"),
        (nearest_for_both, "may be interpolated"),
        (lambda image, labels, seed: image, "both"),
        (lambda image, labels, seed: (image.astype(float), labels), "dtype"),
    ],
)
def test_the_check_of_mirror_and_turn_names_the_mistake(wrong, says):
    result = exercises.check(MIRROR, wrong)
    assert not result.solved
    assert says in result.message, result.message
