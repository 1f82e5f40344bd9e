"""Bars that can be told apart only from their ends, and networks that learn to."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

LENGTH, HEAD, THICK = 60, 4, 6
"""Of a bar, in pixels; the head is the part of it that differs."""


def draw(n: int, seed: int) -> tuple[Tensor, Tensor, NDArray[np.int64]]:
    """Draw `n` pictures of one bar each; every second one, by chance, has a bright head.

    Returns images, float32 (n, 1, 16, 80): noise, and a bar of `LENGTH` pixels at a random place;
    the truth, float32 of the same shape: 1 on all of a bar that has a head; and the distance, int64
    of the same shape: on the bar, pixels to the place of the head (0: on it), elsewhere −1.
    """
    rng = np.random.default_rng(seed)
    images = rng.normal(0.3, 0.05, (n, 1, 16, 80)).astype(np.float32)
    truth = np.zeros(images.shape, np.float32)
    distance = np.full(images.shape, -1)
    for i in range(n):
        row, column = rng.integers(3, 8), rng.integers(4, 80 - LENGTH - 4)
        bar = (i, 0, slice(row, row + THICK), slice(column, column + LENGTH))
        images[bar] += 0.4
        distance[bar] = np.maximum(np.arange(LENGTH) - HEAD + 1, 0)
        if rng.random() < 0.5:
            truth[bar] = 1
            images[(*bar[:3], slice(column, column + HEAD))] += 0.5
    return torch.from_numpy(images), torch.from_numpy(truth), distance


def fit(model: nn.Module, *, steps: int, seed: int = 0, batch: int = 8) -> nn.Module:
    """Train a network to say of every pixel of a bar whether the bar has a head, and return it.

    The model, from (N, 1, Y, X) to logits of the same shape, is changed in place, and returned
    after ``eval()``. Each of the `steps` is on new pictures, so none is seen twice.
    """
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.01)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.01, total_steps=steps)
    model.train()
    for step in range(steps):
        # Seeds from 10 000 on are for training, those below for tests.
        images, truth, distance = draw(batch, seed=10_000 * (seed + 1) + step)
        on = torch.from_numpy(distance >= 0)
        loss = functional.binary_cross_entropy_with_logits(model(images)[on], truth[on])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        plan.step()
    return model.eval()


def right_at(model: nn.Module, *, pictures: int = 200) -> NDArray[np.float64]:
    """Return the share of right pixels for each distance to the place of the head; 0.5 is chance.

    They are those of so many new pictures, which no training has seen.
    """
    images, truth, distance = draw(pictures, seed=0)
    with torch.inference_mode():
        right = ((model(images) > 0) == (truth > 0)).numpy()
    farthest = LENGTH - HEAD
    return np.array([right[distance == d].mean() for d in range(farthest + 1)])


def over_whole_bars(right: NDArray[np.float64]) -> float:
    """Return the share of right pixels of whole bars, from those at each distance (`right_at`)."""
    # At distance 0 lies the whole head.
    return float((right.sum() + (HEAD - 1) * right[0]) / LENGTH)


def share_allowed(radius: int) -> float:
    """Return the share of right pixels that arithmetic allows a network.

    Where it sees the head, it can know; farther away it must guess, and half of the guesses hit.
    The `radius` is how far the network sees to the side, in pixels.
    """
    farthest = LENGTH - HEAD
    return over_whole_bars(np.where(np.arange(farthest + 1) <= radius, 1, 0.5))
