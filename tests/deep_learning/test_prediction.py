import dataclasses

import numpy as np
import pytest
import torch

from gpu_course.deep_learning import receptive_field
from gpu_course.deep_learning.normalisation import Normalisation
from gpu_course.deep_learning.prediction import fade, pad, plan, predict, predict_tiled
from gpu_course.deep_learning.unet import UNet, probabilities
from gpu_course.errors import CourseError


def network(channels=1, classes=1, **options):
    """Return a network whose result varies from pixel to pixel."""
    torch.manual_seed(5)
    model = UNet(channels, classes, **({"depth": 1, "width": 4} | options))
    model.train()
    for _ in range(3):  # gives the normalisation its means
        model(torch.rand(4, channels, 16, 16))
    return model.eval()


def picture(*shape):
    return np.random.default_rng(1).integers(0, 255, shape).astype(np.uint8)


def whole(model, image):
    """Predict in one piece, by hand."""
    pixels = torch.from_numpy(Normalisation()(image[None]))
    with torch.no_grad():
        result = probabilities(model(pad(pixels, model.stride)[None]))[0].numpy()
    return result[:, : image.shape[0], : image.shape[1]]


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("blend", [0, 4])
def test_with_enough_overlap_tiles_equal_the_whole_image(depth, blend):
    model = network(depth=depth)
    field = receptive_field.theoretical(model, (1, 1, 64, 64))
    image = picture(150, 133)
    tiled = predict_tiled(
        model, image, tile=96, overlap=2 * field.radius + blend, blend=blend, device="cpu"
    )
    assert tiled.shape == (1, 150, 133)
    assert np.allclose(tiled, whole(model, image), atol=1e-5)


def test_without_overlap_only_pixels_near_a_border_differ():
    model = network()
    field = receptive_field.theoretical(model, (1, 1, 64, 64))
    image = picture(96, 96)
    difference = np.abs(
        predict_tiled(model, image, tile=48, overlap=0, device="cpu") - whole(model, image)
    )[0]
    position = np.arange(96)
    distance = np.abs(position + 0.5 - 48)
    far = distance > field.radius
    assert difference[np.ix_(far, far)].max() < 1e-5
    assert difference[47:49].max() > 1e-3  # here the zeros beyond the border are seen


def test_some_overlap_brings_tiles_closer_to_the_whole_image():
    model, image = network(depth=2), picture(128, 128)
    errors = [
        np.abs(
            predict_tiled(model, image, tile=64, overlap=n, device="cpu") - whole(model, image)
        ).mean()
        for n in (0, 16, 32)
    ]
    assert errors[0] > 2 * errors[1] > 2 * errors[2]


def test_an_image_smaller_than_a_tile_is_predicted_whole():
    model, image = network(depth=2), picture(30, 23)
    assert np.allclose(predict_tiled(model, image, device="cpu"), whole(model, image), atol=1e-6)


def test_colour_and_several_classes():
    model = network(3, 4)
    result = predict_tiled(model, picture(50, 60, 3), tile=32, device="cpu")
    assert result.shape == (4, 50, 60)
    assert np.allclose(result.sum(0), 1, atol=1e-5)


def test_the_normalisation_is_that_of_the_whole_image():
    model, image = network(), picture(64, 64)
    image[:32] //= 20  # a dark half, which tiles of their own would brighten
    one = predict_tiled(model, image, tile=32, overlap=16, device="cpu")
    scaled = Normalisation(10, 90)
    other = predict_tiled(model, image, tile=32, overlap=16, normalisation=scaled, device="cpu")
    assert np.abs(one - whole(model, image)).mean() < 0.01
    assert not np.allclose(one, other, atol=1e-3)


def test_flips_treat_all_directions_alike():
    model, image = network(), picture(40, 40)
    result = predict_tiled(model, image, flips=True, device="cpu")
    for turns in range(4):
        turned = np.rot90(image, turns).copy()
        again = predict_tiled(model, turned, flips=True, device="cpu")
        assert np.allclose(again[0], np.rot90(result[0], turns), atol=1e-5)
    mirrored = predict_tiled(model, image[:, ::-1].copy(), flips=True, device="cpu")
    assert np.allclose(mirrored[0], result[0, :, ::-1], atol=1e-5)
    assert not np.allclose(result, predict_tiled(model, image, device="cpu"), atol=1e-3)


def test_flips_are_undone_before_the_mean():
    class Same(torch.nn.Module):
        def forward(self, batch):
            return batch

    batch = torch.randn(2, 1, 6, 6)
    assert torch.allclose(predict(Same(), batch, flips=True), batch.sigmoid(), atol=1e-6)


class Small(UNet):
    """A network on a device that has no room for more than so many pixels."""

    room = 80 * 80

    def forward(self, image):
        if image.shape[-1] * image.shape[-2] > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")
        return super().forward(image)


def test_a_full_device_gets_smaller_tiles_and_says_so():
    torch.manual_seed(5)
    model, said = Small(1, 1, depth=1, width=2).eval(), []
    image = picture(200, 200)
    result = predict_tiled(model, image, tile=256, overlap=64, device="cpu", say=said.append)
    assert said == [
        "The memory of cpu is full: going on with tiles of 128 pixels.",
        "The memory of cpu is full: going on with tiles of 64 pixels.",
    ]
    expected = predict_tiled(model, image, tile=64, overlap=16, device="cpu")
    assert np.array_equal(result, expected)


def test_a_device_without_room_for_anything_is_said_in_a_sentence():
    model = Small(1, 1, depth=1, width=2)
    model.room = 10
    with pytest.raises(CourseError, match="full even for tiles of 64 pixels"):
        predict_tiled(model, picture(90, 90), tile=128, device="cpu", say=lambda _: None)


def test_other_errors_are_not_taken_for_a_full_device():
    class Broken(UNet):
        def forward(self, image):
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="multiplied"):
        predict_tiled(Broken(1, 1, depth=1), picture(32, 32), device="cpu")


def test_the_model_is_left_as_it_was():
    model = network().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    predict_tiled(model, picture(32, 32), device="cpu")
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_weights_of_neighbours_fade_into_each_other():
    first, second = fade(0, 32, 56, 8, 4), fade(24, 32, 56, 8, 4)
    both = first[24:] + second[:8]
    assert torch.allclose(both, torch.ones(8))
    assert first[:24].min() == 1
    assert first[-2:].max() < 1e-6 < 0.1 < first[-3]
    assert second[8:].min() == 1


def test_tiles_begin_on_the_grid_of_the_network():
    step, overlap, blend = plan(128, None, None, 16)
    assert (step % 16, overlap, blend) == (0, 32, 16)
    assert plan(128, 30, 0, 16)[0] == 96


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tile": 32, "overlap": 32}, "would not move on"),
        ({"tile": 32, "overlap": -1}, "would not move on"),
        ({"overlap": 8, "blend": 9}, "cannot be blended"),
        ({"precision": "int8"}, "no precision"),
    ],
)
def test_impossible_tiles_are_refused(options, words):
    with pytest.raises(CourseError, match=words):
        predict_tiled(network(), picture(64, 64), device="cpu", **options)


def test_images_that_do_not_fit_the_network_are_refused():
    with pytest.raises(CourseError, match="image has 3"):
        predict_tiled(network(), picture(64, 64, 3), device="cpu")
    with pytest.raises(CourseError, match="one plane"):
        predict_tiled(network(), picture(4, 16, 64, 64), device="cpu")


# --- receptive field ------------------------------------------------------------------------


@pytest.mark.parametrize("up", ["transpose", "bilinear"])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_arithmetic_and_gradients_agree_on_how_far_a_network_sees(depth, up):
    torch.manual_seed(0)
    model = UNet(1, 1, depth=depth, width=3, norm=None, up=up)
    for module in model.modules():  # otherwise some gradients would be 0 by chance
        if isinstance(module, torch.nn.ReLU):
            module.__class__ = torch.nn.Identity
    model.halve = torch.nn.AvgPool2d(2)  # the maximum has a gradient at one pixel only
    side = 96
    field = receptive_field.theoretical(model, (1, 1, side, side))
    before = after = size = 0
    for place in range(side // 2, side // 2 + 2**depth):
        image = torch.rand(1, 1, side, side, requires_grad=True)
        model(image)[0, 0, place, place].backward()
        seen = np.flatnonzero(image.grad[0, 0].abs().numpy().any(axis=0))
        before, after = max(before, place - seen.min()), max(after, seen.max() - place)
        size = max(size, seen.max() - seen.min() + 1)
    assert dataclasses.astuple(field) == (before, after, size)
    assert field.radius == max(before, after)


def test_known_receptive_fields():
    layer = receptive_field.Layer
    three = [layer("window", 3, 1, 1)] * 3
    assert receptive_field.field_of(three).size == 7
    dilated = [layer("window", 3, 1, 2, 2), layer("window", 3, 1, 4, 4)]
    assert receptive_field.field_of(dilated).size == 1 + 4 + 8
    # VGG's first two blocks: two convolutions, pooling, two convolutions.
    vgg = [*three[:2], layer("window", 2, 2), *three[:2]]
    assert receptive_field.field_of(vgg).size == 14
    assert receptive_field.field_of([]).size == 1


def test_what_the_network_looks_at_is_concentrated_in_the_middle():
    model = network(depth=2)
    shape = (1, 1, 96, 96)
    field = receptive_field.theoretical(model, shape)
    weights = receptive_field.effective(model, shape, repeats=4)
    assert weights.sum() == pytest.approx(1, abs=1e-4)
    outside = np.ones((96, 96), bool)
    inside = slice(48 - field.before, 48 + field.after + 1)
    outside[inside, inside] = False
    assert weights[outside].max() == 0
    assert 5 < receptive_field.effective_size(weights) < field.size
    again = receptive_field.effective(model, shape, repeats=4)
    assert np.array_equal(weights, again)


def test_the_size_of_a_known_field():
    weights = np.zeros((21, 21), np.float32)
    weights[8:13, 8:13] = 1 / 25
    assert receptive_field.effective_size(weights, share=1) == 5
    assert receptive_field.effective_size(weights, share=0.04) == 1
    assert receptive_field.effective_size(weights, share=0.3) == 3
    with pytest.raises(CourseError, match="share"):
        receptive_field.effective_size(weights, share=0)


def test_layers_without_a_reach_of_their_own_are_said():
    with pytest.raises(CourseError, match="every pixel sees all"):
        receptive_field.theoretical(UNet(1, 1, depth=1, norm="group"), (1, 1, 16, 16))
    with pytest.raises(CourseError, match="PixelShuffle"):
        receptive_field.theoretical(
            torch.nn.Sequential(torch.nn.Conv2d(1, 4, 1), torch.nn.PixelShuffle(2)), (1, 1, 8, 8)
        )
