import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from gpu_course import exercises
from gpu_course.lessons.deep_learning.introduction import figures, solutions

LAYER, STEP = "deep-learning/introduction/layer", "deep-learning/introduction/step"


def test_layer_is_pytorchs():
    rng = np.random.default_rng(0)
    image, weights = rng.normal(size=(3, 11, 14)), rng.normal(size=(4, 3, 5, 5))
    bias = rng.normal(size=4)
    torchs = functional.conv2d(
        torch.from_numpy(image), torch.from_numpy(weights), torch.from_numpy(bias), padding=2
    ).relu()
    np.testing.assert_allclose(solutions.layer(image, weights, bias), torchs, atol=1e-10)


def test_step_is_pytorchs():
    rng = np.random.default_rng(1)
    kernel, image = rng.normal(size=(3, 3)), rng.normal(size=(9, 12))
    target = rng.normal(size=(7, 10))
    weights = torch.from_numpy(kernel.copy())[None, None].requires_grad_()
    response = functional.conv2d(torch.from_numpy(image)[None, None], weights)
    ((response - torch.from_numpy(target)) ** 2).mean().backward()
    expected = kernel - 0.3 * weights.grad[0, 0].numpy()
    np.testing.assert_allclose(solutions.step(kernel, image, target, 0.3), expected, atol=1e-12)


def test_steps_find_a_known_kernel():
    rng = np.random.default_rng(2)
    image, wanted = rng.normal(size=(40, 40)), rng.normal(size=(3, 3))
    seen = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
    target = np.einsum("yxij,ij->yx", seen, wanted)
    kernel = np.zeros((3, 3))
    for _ in range(100):
        kernel = solutions.step(kernel, image, target, 0.2)
    np.testing.assert_allclose(kernel, wanted, atol=1e-6)


def test_feature_maps_are_what_parts_hand_on_and_leave_no_trace():
    torch.manual_seed(0)
    first = nn.Conv2d(1, 2, 3, padding=1)
    # The ReLU writes over the result of the convolution before it.
    model = nn.Sequential(first, nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(2, 1, 1))
    model.train()
    image = np.random.default_rng(3).normal(size=(1, 8, 8)).astype(np.float32)
    maps = figures.feature_maps(model, {"first": first, "last": model[3]}, image)
    assert list(maps) == ["first", "last"]
    assert maps["first"].shape == (2, 8, 8)
    assert maps["last"].shape == (1, 4, 4)
    with torch.no_grad():
        np.testing.assert_allclose(maps["first"], first(torch.from_numpy(image)[None])[0])
    assert maps["first"].min() < 0
    assert model.training
    assert not first._forward_hooks


def test_liveliest_map_is_enlarged_pixel_by_pixel():
    maps = np.zeros((3, 2, 2), np.float32)
    maps[1] = [[0, 9], [5, 0]]
    maps[2] = 4
    shown = figures.liveliest(maps, (4, 6))
    np.testing.assert_array_equal(shown, np.repeat(np.repeat(maps[1], 2, axis=0), 3, axis=1))


# --- exercises ----------------------------------------------------------------------------------


def test_lists_and_tensors_count_as_well():
    assert exercises.check(LAYER, lambda *given: solutions.layer(*given).tolist()).solved
    assert exercises.check(STEP, lambda *given: torch.from_numpy(solutions.step(*given))).solved


def test_a_gradient_asked_for_is_no_fault():
    def step(*given):
        return torch.from_numpy(solutions.step(*given)).requires_grad_()

    assert exercises.check(STEP, step).solved


def flipped(image, weights, bias):
    return solutions.layer(image, weights[..., ::-1, ::-1], bias)


def without_bend(image, weights, bias):
    up = solutions.layer(image, weights, bias)
    return up - solutions.layer(image, -weights, -bias)


def without_bias(image, weights, bias):
    return solutions.layer(image, weights, 0 * bias)


def bias_outside(image, weights, bias):
    return solutions.layer(image, weights, 0 * bias) + bias[:, None, None]


def smaller(image, weights, bias):
    reach = weights.shape[-1] // 2
    return solutions.layer(image, weights, bias)[:, reach:-reach, reach:-reach]


def first_channel_only(image, weights, bias):
    return solutions.layer(image[:1], weights[:, :1], bias)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (flipped, "flipped"),
        (without_bend, "ReLU is missing"),
        (without_bias, "bias is missing"),
        (bias_outside, "before the ReLU"),
        (smaller, "shape"),
        (first_channel_only, "every channel"),
    ],
)
def test_check_of_the_layer_names_the_mistake(wrong, says):
    result = exercises.check(LAYER, wrong)
    assert not result.solved
    assert says in result.message


def uphill(kernel, image, target, rate):
    return 2 * kernel - solutions.step(kernel, image, target, rate)


def half(kernel, image, target, rate):
    return (kernel + solutions.step(kernel, image, target, rate)) / 2


def sum_not_mean(kernel, image, target, rate):
    return solutions.step(kernel, image, target, rate * target.size)


def in_place(kernel, image, target, rate):
    kernel += solutions.step(kernel, image, target, rate) - kernel
    return kernel


def only_the_step(kernel, image, target, rate):
    return solutions.step(kernel, image, target, rate) - kernel


def no_step(kernel, image, target, rate):
    return kernel


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (uphill, "uphill"),
        (half, "factor 2"),
        (sum_not_mean, "mean, not the sum"),
        (in_place, "changed what it was given"),
        (only_the_step, "new kernel"),
        (no_step, "error at every pixel"),
    ],
)
def test_check_of_the_step_names_the_mistake(wrong, says):
    result = exercises.check(STEP, wrong)
    assert not result.solved
    assert says in result.message
