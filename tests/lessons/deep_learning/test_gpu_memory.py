"""The chapter on memory: counting by hand, what fits, figures, and the exercises."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from gpu_course import exercises
from gpu_course.deep_learning import memory
from gpu_course.deep_learning.prediction import predict_tiled
from gpu_course.deep_learning.unet import UNet
from gpu_course.lessons.deep_learning.gpu_memory import figures, full_device, solutions


def test_a_stack_takes_what_pytorch_keeps():
    channels = [1, 16, 16, 1]
    stack = nn.Sequential(*(nn.Conv2d(a, b, 3, padding=1) for a, b in itertools.pairwise(channels)))
    counted = memory.estimate(stack, patch=64, batch=3)
    assert solutions.stack_bytes(channels, 64, 3) == counted.total


@pytest.mark.parametrize("batch", [1, 4])
def test_the_largest_patch_fits_and_the_next_does_not(batch):
    model, room = UNet(1, 1, depth=2, width=4), 20 * 2**20
    side = solutions.largest_patch(model, batch, room)
    assert side % model.stride == 0
    assert memory.estimate(model, patch=side, batch=batch).total <= 0.7 * room
    assert memory.estimate(model, patch=side + model.stride, batch=batch).total > 0.7 * room


def test_a_device_that_pretends_to_be_full_gives_the_same_answer_in_tiles():
    torch.manual_seed(0)
    model = UNet(1, 1, depth=2, width=4, norm=None).eval()
    image, said = np.random.default_rng(0).random((200, 200)), []
    full = full_device.FullAbove(model, side=128).eval()
    answer = predict_tiled(full, image, tile=256, overlap=64, say=said.append)
    assert any("smaller" in s or "full" in s for s in said)
    whole = predict_tiled(model, image, tile=256, overlap=64)
    assert np.abs(answer - whole).max() < 0.05


def test_a_bar_for_every_batch_and_every_level():
    unet = UNet(1, 1, depth=2, width=4)
    needs = {b: memory.estimate(unet, patch=64, batch=b) for b in (1, 2)}
    above, below = figures.parts_figure(needs, memory.layers(unet, patch=64), alt="Bars.").axes
    assert len(above.patches) == 2 * 2
    assert len(below.patches) == 3  # 64, 32 and 16 pixels


def stack(channels, patch, batch, *, copies=4, bias=True, kept=0, size=4):
    pairs = list(itertools.pairwise(channels))
    weights = sum(9 * a * b + b * bias for a, b in pairs)
    return size * (copies * weights + sum(pair[kept] for pair in pairs) * patch**2 * batch)


def in_steps_of_four(model, batch, room):
    side = 0
    while memory.estimate(model, patch=side + 4, batch=batch).total <= 0.7 * room:
        side += 4
    return side


def to_the_last_byte(model, batch, room):
    side = 0
    while memory.estimate(model, patch=side + model.stride, batch=batch).total <= room:
        side += model.stride
    return side


@pytest.mark.parametrize(
    ("name", "function", "state", "word"),
    [
        ("stack-bytes", lambda c, p, b: stack(c, p, b, copies=1), "below the goal", "Gradients"),
        ("stack-bytes", lambda c, p, b: stack(c, p, b, copies=2), "below the goal", "two means"),
        ("stack-bytes", lambda c, p, b: stack(c, p, b, kept=1), "below the goal", "its input"),
        ("stack-bytes", lambda c, p, b: stack(c, p, b, bias=False), "below the goal", "biases"),
        ("stack-bytes", lambda c, p, b: stack(c, p, b, size=1), "below the goal", "4 bytes"),
        ("stack-bytes", lambda c, p, b: stack(c, p, 1), "below the goal", "each patch"),
        ("stack-bytes", lambda c, p, b: "much", "wrong", "one number"),
        ("stack-bytes", lambda c, p, b: float("inf"), "wrong", "one number"),
        ("largest-patch", solutions.largest_patch, "solved", ""),
        ("largest-patch", lambda m, b, r: None, "not solved yet", ""),
        ("largest-patch", to_the_last_byte, "below the goal", "last byte"),
        ("largest-patch", in_steps_of_four, "wrong", "multiple of 8"),
        ("largest-patch", lambda m, b, r: m.stride * (r > 100), "below the goal", "larger patch"),
        ("largest-patch", lambda m, b, r: 4096, "below the goal", "does not fit"),
        ("largest-patch", lambda m, b, r: 13, "wrong", "stride"),
    ],
)
def test_checks(name, function, state, word):
    result = exercises.check(f"deep-learning/gpu-memory/{name}", function)
    assert result.state == state
    assert word in str(result)
