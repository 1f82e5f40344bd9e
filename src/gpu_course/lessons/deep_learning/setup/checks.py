"""The checks of the exercises in ``deep-learning/setup``. None of them needs TensorFlow."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.exercises import Check, Function, Wrong


def _convolve_channels_last(images: NDArray[Any], weights: NDArray[Any]) -> NDArray[Any]:
    """Compute what TensorFlow computes: images (N, Y, X, C), kernels (H, W, I, O), no padding."""
    seen = np.lib.stride_tricks.sliding_window_view(images, (1, *weights.shape[:2], 1))
    return np.einsum("nyxchw,hwco->nyxo", seen[..., 0, :, :, 0], weights)


def _layout_score(function: Function) -> tuple[float, str]:
    """Return the share of batches on which the convolutions of both layouts agree."""
    import torch
    from torch.nn import functional

    agree, hint = [], ""
    # All sides differ, so that no two axes can be mistaken; then all are alike, and only values
    # can tell.
    cases = (((2, 3, 9, 12), (4, 3, 3, 5)), ((1, 1, 8, 8), (1, 1, 3, 3)), ((4,) * 4, (4, 4, 2, 2)))
    for seed, (of_images, of_weights) in enumerate(cases):
        rng = np.random.default_rng(seed)
        images, weights = rng.normal(size=of_images), rng.normal(size=of_weights)
        answer = function(images.copy(), weights.copy())
        if not isinstance(answer, tuple | list) or len(answer) != 2:
            raise Wrong("Return two arrays: the images, then the weights.")
        new_images, new_weights = map(np.asarray, answer)
        n, c, y, x = of_images
        o, i, h, w = of_weights
        if new_images.shape != (n, y, x, c):
            raise Wrong(
                f"Images {of_images} became {new_images.shape}; as (N, Y, X, C) they are "
                f"{(n, y, x, c)}. The channel moves to the end."
            )
        if new_weights.shape != (h, w, i, o):
            raise Wrong(
                f"Weights {of_weights} became {new_weights.shape}; as (H, W, I, O) they are "
                f"{(h, w, i, o)}."
            )
        right = functional.conv2d(torch.from_numpy(images), torch.from_numpy(weights)).numpy()
        found = np.moveaxis(_convolve_channels_last(new_images, new_weights), -1, 1)
        agree.append(float(np.allclose(found, right)))
        if not hint and not agree[-1]:
            if np.array_equal(np.sort(new_weights, axis=None), np.sort(weights, axis=None)):
                hint = "The shapes are right and the numbers are in other places. "
            hint += (
                "Move axes with transpose or moveaxis. reshape cuts the row of numbers anew, and "
                "a flip is not needed."
            )
    return float(np.mean(agree)), hint


def _choose_score(function: Function) -> tuple[float, str]:
    """Return the share of machines for which device and precision are right, and a hint."""
    from gpu_course.lessons.deep_learning.setup.solutions import choose

    right, hint = [], ""
    for cuda, mps, short, wanted in itertools.product(
        (False, True), (False, True), (False, True), ("", "cpu")
    ):
        if (cuda and mps) or (short and not cuda):
            continue  # there is no such machine
        facts = {"cuda": cuda, "mps": mps, "bfloat16": short, "wanted": wanted}
        answer = function(dict(facts))
        answer = answer.tolist() if isinstance(answer, np.ndarray) else answer
        if not isinstance(answer, tuple | list) or len(answer) != 2:
            raise Wrong('Return two words, such as ("cuda", "float16").')
        if not all(isinstance(word, str) for word in answer):
            raise Wrong(f'Return words as text, such as ("cuda", "float16"), and not {answer}.')
        device, precision = choose(facts)
        right.append(float(tuple(answer) == (device, precision)))
        if right[-1] or hint:
            continue
        if wanted and answer[0] != device:
            hint = f"For {facts} somebody asks for the processor, and you answer {answer[0]!r}."
        elif answer[0] != device:
            hint = f"For {facts} the device is {device!r}, and you answer {answer[0]!r}."
        else:
            hint = f"For {facts} the device is right. In how many bits does it compute well?"
    return float(np.mean(right)), hint


CHECKS = {
    "channels-last": Check(
        metric="share of batches on which both agree",
        score=_layout_score,
        goal=1.0,
        hint="Write the letters of the old order above those of the new one, and look up where "
        "each letter of the new one stood.",
    ),
    "choose": Check(
        metric="share of machines with the right answer",
        score=_choose_score,
        goal=1.0,
        hint="First what was asked for, then CUDA, then Apple's GPU, then the processor.",
    ),
}
