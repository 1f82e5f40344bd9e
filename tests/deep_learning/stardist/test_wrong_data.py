"""Labels that StarDist would learn quietly and wrongly: masks, large numbers, other content."""

import dataclasses
from importlib.util import find_spec

import numpy as np
import pytest
from scipy import ndimage

from gpu_course.deep_learning.stardist import extent, scores, thresholds
from gpu_course.deep_learning.stardist.data import StarPatches, StarTiles, targets
from gpu_course.deep_learning.stardist.design import Design, design_for
from gpu_course.deep_learning.stardist.model import build
from gpu_course.deep_learning.stardist.prediction import predict
from gpu_course.deep_learning.stardist.training import train
from gpu_course.errors import CourseError
from gpu_course.images import Sample

needed = ("tensorflow", "stardist")
pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in needed), reason="StarDist or TensorFlow is missing"
)

DESIGN = Design(rays=8, grid=1, depth=1, width=4, features=8, patch=48)


def truth():
    """Four squares far apart."""
    labels = np.zeros((96, 96), np.int32)
    labels[5:15, 5:15], labels[5:15, 70:80] = 1, 2
    labels[40:50, 40:50], labels[70:80, 5:15] = 3, 4
    return labels


def scene(index=0, split="train", labels=None, **changes):
    image = np.random.default_rng([index, len(split)]).normal(20, 5, (96, 96)) + 90 * (truth() > 0)
    labels = truth() if labels is None else labels
    return Sample("squares", split, index, image.astype("f4"), "YX", labels=labels, **changes)


@pytest.fixture(scope="module")
def model():
    return build(DESIGN)


def patches(labels, **changes):
    return StarPatches([scene(labels=labels, **changes)], DESIGN, batch=1, batches=1)


DOORS = {
    "design": lambda labels, **k: design_for([labels], **k),
    "extent": lambda labels, **k: extent.measure([labels], **k),
    "rays": lambda labels, **k: extent.enough_rays([labels], **k),
    "redraw": lambda labels, **k: extent.redraw(labels, 8, **k),
    "redrawn IoU": lambda labels, **k: extent.redrawn_iou(labels, 8, **k),
    "targets": lambda labels, **k: targets(labels, 8, 1, **k),
    "patches": lambda labels, **k: patches(labels, facts=k),
    "tiles": lambda labels, **k: StarTiles([scene(labels=labels, facts=k)], DESIGN),
    "curves": lambda labels, **k: scores.table([scene(labels=labels, facts=k)], [truth()]),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_mask_given_as_labels_is_refused_at_every_door_unless_it_is_meant(door):
    for value in (1, 255):
        mask = (truth() > 0) * np.int32(value)
        with pytest.raises(CourseError, match=r"looks like a mask.*label\(mask\)"):
            door(mask)
        door(mask, in_pieces=True)
    door(ndimage.label(truth() > 0)[0])


def test_an_object_that_a_patch_cuts_in_pieces_is_no_mask():
    fork = np.zeros((96, 96), np.int32)
    fork[2:90, 30:36] = fork[2:90, 50:56] = fork[84:90, 30:56] = 255
    data = StarPatches([scene(labels=fork)], DESIGN, batch=4, batches=8)
    shown = [probability[..., 0] > 0 for b in data.batches(0) for probability in b.probability]
    assert any(ndimage.label(one)[1] == 2 for one in shown)


NUMBERS = [
    (np.int32, [65536, 65537, 1, 2]),
    (np.int32, [1, 65537, 131073, 3]),
    (np.uint32, [2**32 - 1, 2**31, 5, 9]),
    (np.int64, [2**40, 2**40 + 65536, 2**33, 1]),
    (np.uint64, [2**63, 1, 2, 3]),
    (np.uint8, [9, 200, 3, 255]),
]


@pytest.mark.parametrize(("dtype", "numbers"), NUMBERS)
def test_numbers_of_objects_do_not_matter(dtype, numbers):
    labels = np.array([0, *numbers], dtype)[truth()]
    for one, other in zip(targets(labels, 8, 1), targets(truth(), 8, 1), strict=True):
        np.testing.assert_array_equal(one, other)
    assert extent.measure([labels]) == extent.measure([truth()])
    assert design_for([labels]) == design_for([truth()])
    np.testing.assert_array_equal(
        np.sort(extent.redrawn_iou(labels, 8)), np.sort(extent.redrawn_iou(truth(), 8))
    )
    drawn = extent.redraw(labels, 8)
    assert set(np.unique(drawn).tolist()) == {0, *numbers}
    np.testing.assert_array_equal(drawn, np.array([0, *numbers], dtype)[extent.redraw(truth(), 8)])
    (one,), (other,) = patches(labels).batches(0), patches(truth()).batches(0)
    for found, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(found, right)


def test_neighbours_whose_numbers_are_equal_in_16_bits_stay_two():
    labels = np.zeros((64, 64), np.int32)
    labels[10:30, 10:30], labels[10:30, 30:50] = 1, 65537
    assert extent.redrawn_iou(labels, 32).min() > 0.9
    assert targets(labels, 4, 1)[1][20, 20, 0] == pytest.approx(10, abs=1)


def test_a_run_knows_pixels_and_labels(tmp_path):
    judge = scene(1, "validation")

    def run(scenes, validation=judge, file=tmp_path / "run"):
        data = StarPatches(scenes, DESIGN, batch=1, batches=1)
        model = build(DESIGN)
        tiles = StarTiles([validation], DESIGN)
        train(model, data, tiles, epochs=1, resume_from=file, show_progress=False)
        return model

    model = run([scene()])
    run([scene()])
    fixed = np.where(truth() == 2, 0, truth())
    with pytest.raises(CourseError, match="run: labels of data differ"):
        run([scene(labels=fixed)])
    with pytest.raises(CourseError, match="run: images of data differ"):
        run([dataclasses.replace(scene(), image=scene().image + 1)])
    with pytest.raises(CourseError, match="run: labels of validation differ"):
        run([scene()], scene(1, "validation", fixed))
    renamed = dataclasses.replace(scene(), name="other", split="validation", index=5)
    with pytest.raises(CourseError, match="both training and validation"):
        run([scene()], renamed, None)
    with pytest.raises(CourseError, match="trained on some"):
        thresholds.optimise(model, [renamed])


@pytest.mark.parametrize("split", ["test", "Test", "TEST", "whole"])
def test_test_scenes_are_refused_however_they_are_spelled(split):
    kept = scene(3, split)
    for door in (
        lambda: StarPatches([kept], DESIGN),
        lambda: StarTiles([kept], DESIGN),
        lambda: thresholds.optimise(build(DESIGN), [kept]),
    ):
        with pytest.raises(CourseError, match="last score"):
            door()


@pytest.mark.parametrize("name", ["probability", "overlap", "scale", "memory"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -1, 0, True, "0.5"])
def test_numbers_out_of_their_range_are_refused(model, name, value):
    with pytest.raises(CourseError, match=f"{name}="):
        predict(model, scene().image, **{name: value})


@pytest.mark.parametrize("tiles", [2, (0, 1), (1, 2, 3), ("1", 1), (1.5, 2)])
def test_tiles_are_two_whole_numbers(model, tiles):
    with pytest.raises(CourseError, match="tiles="):
        predict(model, scene().image, tiles=tiles)


@pytest.mark.parametrize(("name", "value"), [("probability", 1.5), ("overlap", 2)])
def test_a_share_lies_below_1(model, name, value):
    with pytest.raises(CourseError, match="between 0 and 1"):
        predict(model, scene().image, **{name: value})
