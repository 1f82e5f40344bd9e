import time

import numpy as np
import pytest
import torch

from gpu_course.deep_learning.augmentation import Augmentation
from gpu_course.deep_learning.data import Batch, Patches, Tiles, starts, to_device
from gpu_course.errors import CourseError

AS_IT_IS = Augmentation(flips=False)
EVERYTHING = Augmentation(
    rotation=20, zoom=0.2, brightness=0.1, contrast=0.2, gamma=0.3, noise=0.05, blur=1
)


def patches(scenes, **options):
    given = {"patch": 16, "batch": 4, "batches": 3, "device": "cpu", "augmentation": AS_IT_IS}
    return Patches(scenes, **(given | options))


def same(first, second):
    return all(
        torch.equal(a, b)
        for x, y in zip(first, second, strict=True)
        for a, b in zip(x, y, strict=True)
    )


def test_batches_have_the_shapes_a_network_takes(scenes):
    made = list(patches(scenes).batches(0))
    assert len(made) == len(patches(scenes)) == 3
    assert made[0].images.shape == made[0].masks.shape == (4, 1, 16, 16)
    assert made[0].images.dtype == torch.float32


@pytest.mark.parametrize("augmentation", [AS_IT_IS, Augmentation(), EVERYTHING])
def test_a_batch_depends_on_seed_and_epoch_alone(scenes, augmentation):
    first = patches(scenes, augmentation=augmentation)
    again = patches(scenes, augmentation=augmentation)
    list(first.batches(0))
    assert same(first.batches(1), again.batches(1))
    assert not same(first.batches(1), again.batches(2))
    other = patches(scenes, augmentation=augmentation, seed=1)
    assert not same(first.batches(1), other.batches(1))


def test_a_patch_is_a_window_of_its_scene_and_its_mask(scenes):
    data = patches(scenes[:1])
    image, mask = data.images[0][0], data.masks[0][0]
    windows = image.unfold(0, 16, 1).unfold(1, 16, 1)
    for images, masks in data.batches(0):
        for patch, truth in zip(images, masks, strict=True):
            where = (windows == patch[0]).all(-1).all(-1).nonzero()
            assert len(where) == 1
            row, column = where[0].tolist()
            assert torch.equal(truth[0], mask[row : row + 16, column : column + 16])


def test_foreground_patches_show_an_object(scenes):
    shown = [
        masks.flatten(1).any(1)
        for _, masks in patches(scenes, foreground=1.0, batches=10).batches(0)
    ]
    assert torch.cat(shown).all()
    anywhere = [
        masks.flatten(1).any(1)
        for _, masks in patches(scenes, foreground=0.0, batches=10).batches(0)
    ]
    assert not torch.cat(anywhere).all()


def test_flips_move_image_and_mask_together_and_change_no_value(scenes):
    plain = list(patches(scenes).batches(0))
    flipped = list(patches(scenes, augmentation=Augmentation()).batches(0))
    moved = 0
    for (image, mask), (image_2, mask_2) in zip(plain, flipped, strict=True):
        for one, truth, two, truth_2 in zip(image, mask, image_2, mask_2, strict=True):
            symmetries = [
                (turn(one, k, mirror), turn(truth, k, mirror))
                for k in range(4)
                for mirror in (False, True)
            ]
            matches = [torch.equal(a, two) and torch.equal(b, truth_2) for a, b in symmetries]
            assert any(matches)
            moved += not matches[0]
    assert moved > 6  # of 12 patches


def turn(patch, turns, mirror):
    return torch.rot90(patch.flip(-1) if mirror else patch, turns, dims=(-2, -1))


def test_rotations_keep_whole_classes_and_carry_the_mask_along():
    rows, columns = torch.meshgrid(torch.arange(33), torch.arange(33), indexing="ij")
    mask = (((rows - 10) ** 2 + (columns - 18) ** 2) < 30).to(torch.uint8)[None, None] * 3
    image = (mask > 0).float()
    images, masks = Augmentation(flips=False, rotation=45)(image, mask, seed=5)
    assert masks.dtype == torch.uint8
    assert set(masks.unique().tolist()) == {0, 3}
    assert not torch.equal(masks, mask)
    assert ((images > 0.5) == (masks > 0)).float().mean() > 0.99


@pytest.mark.parametrize(
    "change", ["brightness", "contrast", "gamma", "noise", "blur", "zoom", "rotation"]
)
def test_every_change_changes_the_image_and_only_some_the_mask(change):
    torch.manual_seed(0)
    image, mask = torch.rand(2, 1, 16, 16), torch.randint(0, 2, (2, 1, 16, 16))
    option = 30.0 if change == "rotation" else 0.5
    images, masks = Augmentation(flips=False, **{change: option})(image, mask, seed=1)
    assert not torch.equal(images, image)
    assert torch.equal(masks, mask) == (change not in ("zoom", "rotation"))
    assert type(images) is torch.Tensor


def test_changes_without_meaning_are_refused():
    for wrong in (-1, float("nan"), "0.1", None):
        with pytest.raises(CourseError, match="The augmentation noise is"):
            Augmentation(noise=wrong)
    with pytest.raises(CourseError, match="zoom"):
        Augmentation(zoom=1)


def test_tiles_cover_every_pixel_of_every_scene(scenes):
    tiles = Tiles(scenes, patch=32, batch=5, device="cpu")
    made = list(tiles.batches())
    assert len(made) == len(tiles)
    assert sum(len(images) for images, _ in made) == 3 * 2 * 2
    # 48 rows: tiles at 0 and 16 overlap in rows 16 to 31.
    assert made[0].images.shape == (5, 1, 32, 32)
    assert torch.equal(made[0].images[0], tiles.images[0][:, :32, :32])
    assert torch.equal(made[0].images[3], tiles.images[0][:, 16:, 24:])
    assert same(tiles.batches(0), tiles.batches(7))


class Part:
    """A tensor that writes down where it has been."""

    def __init__(self, number, diary):
        self.number, self.diary = number, diary

    def pin_memory(self):
        self.diary.append(("pinned", self.number))
        return self

    def to(self, device, non_blocking):
        assert non_blocking
        self.diary.append(("moved", self.number))
        return self


class Gpu:
    type = "cuda"


def test_the_next_batch_is_made_while_the_gpu_has_the_last():
    diary = []
    made = (Batch(Part(n, diary), Part(n, diary)) for n in range(4))
    coming = to_device(made, Gpu())
    assert next(coming).images.number == 0
    # The second is on its way before anybody asks for it.
    deadline = time.monotonic() + 5
    while ("pinned", 1) not in diary and time.monotonic() < deadline:
        time.sleep(0.001)
    assert ("pinned", 1) in diary
    assert ("moved", 1) not in diary
    assert [batch.masks.number for batch in coming] == [1, 2, 3]
    assert [n for what, n in diary if what == "pinned"] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_an_error_while_a_batch_is_made_reaches_the_training_loop():
    def broken():
        yield Batch(Part(0, []), Part(0, []))
        raise CourseError("The third scene is gone.")

    coming = to_device(broken(), Gpu())
    next(coming)
    with pytest.raises(CourseError, match="third scene"):
        next(coming)


@pytest.mark.parametrize(
    ("length", "tile", "step", "found"),
    [
        (10, 4, 4, [0, 4, 6]),
        (8, 4, 4, [0, 4]),
        (4, 4, 4, [0]),
        (3, 4, 4, [0]),
        (9, 4, 2, [0, 2, 4, 5]),
    ],
)
def test_starts_end_at_the_end(length, tile, step, found):
    assert starts(length, tile, step) == found


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"patch": 49}, "side of 48"),
        ({"patch": 0}, "from 1 to 48"),
        ({"batch": 0}, "at least 1 patch"),
        ({"foreground": 1.5}, "share from 0 to 1"),
    ],
)
def test_impossible_batches_are_refused(scenes, options, words):
    with pytest.raises(CourseError, match=words):
        patches(scenes, **options)


def test_patches_hold_whatever_target_is_asked_for(draw):
    scene = draw(0)
    numbers = np.arange(scene.image.size, dtype=np.int32).reshape(scene.image.shape)
    options = {"patch": 16, "batch": 2, "device": "cpu", "target": lambda _: numbers}
    for data in (Patches([scene], batches=1, **options), Tiles([scene], **options)):
        for _, targets in data.batches(0):
            assert targets.dtype == torch.int32
            assert len(targets[0].unique()) == 16 * 16
