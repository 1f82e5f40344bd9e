"""What goes wrong when a reader brings images, labels or weights that do not fit.

Each case goes in at the door a reader uses, such as `train` or `predict_tiled`, and not at the
function that notices. What comes back names the cause and the cure, in words a reader knows.
"""

import dataclasses

import numpy as np
import pytest
import torch

from gpu_course.deep_learning import storage
from gpu_course.deep_learning.augmentation import Augmentation
from gpu_course.deep_learning.data import Patches, Tiles
from gpu_course.deep_learning.prediction import predict_tiled
from gpu_course.deep_learning.training import train
from gpu_course.deep_learning.unet import UNet
from gpu_course.errors import CourseError

PICTURE = np.random.default_rng(0).integers(0, 255, (48, 56)).astype(np.uint8)
COLOUR = np.stack([PICTURE] * 3, axis=-1)


def network(channels=1, depth=1, width=2):
    torch.manual_seed(0)
    return UNet(channels, 1, depth=depth, width=width)


def learn(model, scenes, patch=16, validation=None):
    data = Patches(
        scenes,
        patch=patch,
        batch=1,
        batches=1,
        augmentation=Augmentation(flips=False),
        device="cpu",
    )
    return train(model, data, validation, epochs=1, show_progress=False)


def colour_scenes_for_a_grey_network(draw, folder):
    learn(network(channels=1), [draw(0, channels=3)])


def grey_scenes_for_a_colour_network(draw, folder):
    learn(network(channels=3), [draw(0)])


def grey_and_colour_scenes_mixed(draw, folder):
    learn(network(), [draw(0), draw(1, channels=3)])


def a_colour_image_to_predict(draw, folder):
    predict_tiled(network(channels=1), COLOUR, device="cpu")


def a_stack_to_predict(draw, folder):
    predict_tiled(network(channels=1), np.zeros((4, 3, 16, 16)), device="cpu")


def a_patch_that_cannot_be_halved(draw, folder):
    learn(network(depth=3), [draw(0)], patch=20)


def validation_tiles_that_cannot_be_halved(draw, folder):
    tiles = Tiles([draw(1)], patch=20, batch=1, device="cpu")
    learn(network(depth=3), [draw(0)], patch=16, validation=tiles)


def a_patch_larger_than_a_scene(draw, folder):
    learn(network(), [draw(0)], patch=64)


def empty_labels(draw, folder):
    nothing = np.zeros((48, 56), bool)
    learn(network(), [dataclasses.replace(draw(n), mask=nothing) for n in range(2)])


def empty_label_images(draw, folder):
    nothing = np.zeros((48, 56), np.int32)
    learn(network(), [dataclasses.replace(draw(0), mask=None, labels=nothing)])


def no_labels(draw, folder):
    learn(network(), [dataclasses.replace(draw(0), mask=None)])


def labels_beyond_the_image(draw, folder):
    beyond = np.ones((60, 56), np.int32)
    learn(network(), [dataclasses.replace(draw(0), mask=None, labels=beyond)])


def a_mask_of_the_turned_image(draw, folder):
    scene = draw(0)
    learn(network(), [dataclasses.replace(scene, mask=scene.mask.T)])


def weights_of_pytorch(draw, folder):
    torch.save(network().state_dict(), folder / "bars.safetensors")
    storage.load(folder / "bars.safetensors")


def an_image_with_holes(draw, folder):
    predict_tiled(network(), np.where(PICTURE > 20, PICTURE, np.nan), device="cpu")


CASES = [
    (colour_scenes_for_a_grey_network, r"built for 1 channel\(s\).*has 3", "build UNet"),
    (grey_scenes_for_a_colour_network, r"built for 3 channel\(s\).*has 1", "build UNet"),
    (grey_and_colour_scenes_mixed, r"\[1, 3\] channels", "one kind"),
    (a_colour_image_to_predict, r"built for 1 channel\(s\).*has 3", "build UNet"),
    (a_stack_to_predict, r"\(4, 3, 16, 16\) is neither", "one plane"),
    (a_patch_that_cannot_be_halved, "20 × 20 pixels", "multiples of 8"),
    (validation_tiles_that_cannot_be_halved, "20 × 20 pixels", "multiples of 8"),
    (a_patch_larger_than_a_scene, "patch of 64 pixels", "from 1 to 48"),
    (empty_labels, "label images are empty", "Check that"),
    (empty_label_images, "label images are empty", "Check that"),
    (no_labels, "neither mask nor labels", "Label it"),
    (labels_beyond_the_image, r"\(60, 56\) and the image \(48, 56\)", "from the same image"),
    (a_mask_of_the_turned_image, r"\(56, 48\) and the image \(48, 56\)", "from the same image"),
    (weights_of_pytorch, "of another format", "Fetch or train"),
    (an_image_with_holes, "NaN", "numpy.nan_to_num"),
]


@pytest.mark.parametrize(
    ("case", "cause", "cure"), CASES, ids=lambda value: getattr(value, "__name__", "")
)
def test_what_does_not_fit_is_said_with_cause_and_cure(case, cause, cure, draw, tmp_path):
    with pytest.raises(CourseError, match=cause) as caught:
        case(draw, tmp_path)
    said = str(caught.value)
    assert cure in said
    assert "\n" not in said
    assert said[-1] == "."
    assert len(said) < 320 + len(str(tmp_path))  # nobody reads a paragraph


class Crowded(UNet):
    """A network on a device that has no room for more than so many pixels."""

    room = 72 * 72

    def forward(self, image):
        if image.shape[-1] * image.shape[-2] > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return super().forward(image)


def test_a_full_device_falls_back_to_smaller_tiles_and_says_so_to_the_reader(capsys):
    torch.manual_seed(0)
    model = Crowded(1, 1, depth=1, width=2)
    image = np.tile(PICTURE, (4, 3))  # 192 × 168
    found = predict_tiled(model, image, tile=128, device="cpu")
    assert found.shape == (1, 192, 168)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["The memory of cpu is full: going on with tiles of 64 pixels."]


def test_a_full_device_while_training_is_said_with_what_would_help(draw):
    model = Crowded(1, 1, depth=1, width=2)
    model.room = 10
    with pytest.raises(CourseError, match=r"memory of cpu is full.*smaller batch or patch"):
        learn(model, [draw(0)])
