"""The whole walk of “Your own images” on the folder that the course makes, and its exercise."""

import numpy as np
import pandas as pd
import pytest
import tifffile

from gpu_course import own_images
from gpu_course.exercises import Wrong, course_solution
from gpu_course.lessons.deep_learning.your_own_images import figures, made
from gpu_course.lessons.deep_learning.your_own_images.checks import CHECKS
from gpu_course.lessons.deep_learning.your_own_images.solutions import whole_plates


def test_made_pictures_are_the_same_every_time_and_unlike_each_other():
    image, labels = made.scene(3)
    again, _ = made.scene(3)
    np.testing.assert_array_equal(image, again)
    assert (image.shape, image.dtype, labels.dtype) == ((60, 150, 3), np.uint8, np.int32)
    assert made.scene(7)[0].shape == image.shape
    assert (made.scene(7)[0] != image).any()
    # Dark on bright, and grains that are as dark as nuclei and no nuclei.
    large, numbers = made.scene(1)
    grey = large.mean(axis=-1)
    assert grey[numbers > 0].mean() < grey[numbers == 0].mean() - 30
    assert (grey[numbers == 0] < grey[numbers > 0].mean()).mean() > 0.01


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    here = tmp_path_factory.mktemp("walk")
    made.write(here / "cells", 8)
    made.write(here / "areas", 8, masks=True)
    made.write(here / "new", 2, first=100)
    return here


def walk(here, name, **how):
    """Train on a folder, predict the new one, and return what came of both."""
    said = []
    trained = own_images.train(here / name, here / f"{name}.safetensors", **how, say=said.append)
    applied = own_images.predict(
        trained.file, here / "new", here / f"{name}-results", say=said.append
    )
    return trained, applied, said


def test_the_walk_with_masks_ends_with_a_unet(folders):
    trained, applied, said = walk(folders, "areas", epochs=5, batches=12, width=8)
    assert said[0].startswith("areas: 8 images of 60 to 208 pixels a side, 3 channel(s), uint8")
    assert "darker than what is around them" in said[1]
    assert trained.model.method == "unet"
    assert trained.validation["unet"] > trained.validation["threshold"] + 0.02
    assert np.mean(list(trained.test.values())) > 0.9
    assert min(row.score for row in applied.rows) > 0.9
    learned = own_images.load(trained.file).settings.learned
    assert learned.darker
    assert 5 < learned.diameter < 13


def test_the_walk_with_labels_ends_with_stardist(folders):
    trained, applied, _ = walk(folders, "cells", epochs=16, batches=12, width=8)
    assert trained.model.method == "stardist"
    assert trained.validation["stardist"] > trained.validation["threshold"] + 0.02
    assert np.mean([row.score for row in applied.rows]) > 0.6
    out = applied.out
    table = pd.read_csv(out / "objects.csv")
    for row in applied.rows:
        labels = tifffile.imread(out / "labels" / f"{row.image}.tif")
        assert len(np.unique(labels)) - 1 == row.objects == (table["image"] == row.image).sum()
    assert table["sure"].between(0, 1).all()
    assert table["diameter"].median() == pytest.approx(12, abs=3)
    page = (out / "report.html").read_text()
    assert "stardist" in page
    assert page.count("<figure>") == len(applied.rows)
    assert figures.judged(folders / "new", out, applied.rows[0].image).shape[-1] == 3


# --- the exercise ---------------------------------------------------------------------------------


def score(function):
    found = CHECKS["whole-plates"].score(function)
    return found if isinstance(found, tuple) else (found, "")


def test_the_solution_passes_and_is_found_by_name():
    assert score(whole_plates) == (1.0, "")
    assert course_solution("deep-learning/your-own-images/whole-plates") is whole_plates


def by_the_shared_chance(plates, wanted, seed):
    np.random.seed(seed)
    return whole_plates(plates, wanted, np.random.randint(1000))


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda plates, wanted, seed: whole_plates(plates, wanted, None), "the second time"),
        (by_the_shared_chance, "all other code shares"),
        (
            lambda plates, wanted, seed: (
                np.random.default_rng(seed).permutation(len(plates))[:wanted].tolist()
            ),
            "both sides",
        ),
        (
            lambda plates, wanted, seed: whole_plates(plates, 1, seed),
            "were wanted at least",
        ),
        (lambda plates, wanted, seed: list(range(len(plates))), "without the last plate"),
        (lambda plates, wanted, seed: whole_plates(plates, wanted, 0), "the same plates"),
        (lambda plates, wanted, seed: [len(plates)], "counted from 0"),
    ],
    ids=["no seed", "shared chance", "images", "too few", "all", "no chance", "beyond"],
)
def test_typical_mistakes_are_told(wrong, hint):
    found, said = score(wrong)
    assert found < 1
    assert hint in said


@pytest.mark.parametrize(
    "form", [tuple, set, np.array, iter, lambda chosen: [float(n) for n in chosen]]
)
def test_the_right_images_pass_in_every_form(form):
    assert score(lambda plates, wanted, seed: form(whole_plates(plates, wanted, seed)))[0] == 1


def emptied(plates, wanted, seed):
    chosen = whole_plates(plates, wanted, seed)
    plates.clear()
    return chosen


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (
            lambda plates, wanted, seed: [n + 0.4 for n in whole_plates(plates, wanted, seed)],
            "whole",
        ),
        (lambda plates, wanted, seed: "01234", "the numbers of the images"),
        (lambda plates, wanted, seed: [plates[0]], "the numbers of the images"),
        (emptied, "changed the list"),
    ],
    ids=["fractions", "text", "plates", "emptied"],
)
def test_what_are_no_numbers_of_images_is_refused(wrong, hint):
    with pytest.raises(Wrong, match=hint):
        score(wrong)
