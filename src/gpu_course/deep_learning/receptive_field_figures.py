"""Bars that can be told apart only from their ends, and the figures of their chapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from gpu_course.errors import CourseError

LENGTH, HEAD, THICK = 60, 4, 6
"""Of a bar, in pixels; the head is the part of it that differs."""


def bars(n: int, seed: int) -> tuple[Tensor, Tensor, NDArray[np.int64]]:
    """Draw pictures of one bar each; every second one, by chance, has a bright head.

    Parameters
    ----------
    n : int
        Number of pictures.
    seed : int

    Returns
    -------
    images : tensor, float32 (n, 1, 16, 80)
        Noise, and a bar of `LENGTH` pixels at a random place.
    truth : tensor, float32 (n, 1, 16, 80)
        1 on all of a bar that has a head, 0 elsewhere.
    distance : ndarray, int64 (n, 1, 16, 80)
        On the bar, pixels to the place of the head (0: on it); elsewhere −1.
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
    """Train a network to say of every pixel of a bar whether the bar has a head.

    Parameters
    ----------
    model : torch.nn.Module
        From (N, 1, Y, X) to logits of the same shape. Changed in place.
    steps : int
        Each on new pictures, so none is seen twice.
    seed : int
    batch : int

    Returns
    -------
    torch.nn.Module
        The same, after ``eval()``.
    """
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.01)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.01, total_steps=steps)
    model.train()
    for step in range(steps):
        # Seeds from 10 000 on are for training, those below for tests.
        images, truth, distance = bars(batch, seed=10_000 * (seed + 1) + step)
        on = torch.from_numpy(distance >= 0)
        loss = functional.binary_cross_entropy_with_logits(model(images)[on], truth[on])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        plan.step()
    return model.eval()


def right_at(model: nn.Module, *, pictures: int = 200) -> NDArray[np.float64]:
    """Return the share of right pixels for each distance to the place of the head.

    Parameters
    ----------
    model : torch.nn.Module
        From `fit`.
    pictures : int
        New ones, which no training has seen.

    Returns
    -------
    ndarray, float64 (LENGTH − HEAD + 1,)
        0.5 is chance.
    """
    images, truth, distance = bars(pictures, seed=0)
    with torch.inference_mode():
        right = ((model(images) > 0) == (truth > 0)).numpy()
    farthest = LENGTH - HEAD
    return np.array([right[distance == d].mean() for d in range(farthest + 1)])


def of_all(right: NDArray[np.float64]) -> float:
    """Return the share of right pixels of whole bars, from those at each distance (`right_at`)."""
    # At distance 0 lies the whole head.
    return float((right.sum() + (HEAD - 1) * right[0]) / LENGTH)


def known(radius: int) -> float:
    """Return the share of right pixels that arithmetic allows a network.

    Where it sees the head, it can know; farther away it must guess, and half of the guesses hit.
    The `radius` is how far the network sees to the side, in pixels.
    """
    farthest = LENGTH - HEAD
    return of_all(np.where(np.arange(farthest + 1) <= radius, 1, 0.5))


def field_of_chain(layers: Sequence[tuple[int, int, int]]) -> int:
    """Return how many pixels one result sees, along one axis (a solution).

    Parameters
    ----------
    layers : sequence of (kernel, stride, dilation)
        In the order in which they are used.

    Returns
    -------
    int
        Pixels of the image.
    """
    size, step = 1, 1
    for kernel, stride, dilation in layers:
        # Neighbouring pixels of this layer's input lie `step` pixels of the image apart.
        size += (kernel - 1) * dilation * step
        step *= stride
    return size


def smallest_depth(length: float) -> int:
    """Return the smallest depth of a U-Net that sees an object from end to end (a solution).

    Parameters
    ----------
    length : float
        Of the object, in pixels. Every pixel of it must see all of it, so the network must see
        that far to *one* side.

    Returns
    -------
    int

    Raises
    ------
    CourseError
        If no U-Net of the course is deep enough.
    """
    from gpu_course.deep_learning.receptive_field import theoretical
    from gpu_course.deep_learning.unet import DEEPEST, UNet

    for depth in range(1, DEEPEST + 1):
        # How far it sees depends on the depth, not on the width: one channel is enough.
        model = UNet(1, 1, depth=depth, width=1)
        field = theoretical(model, (1, 1, 2 * model.stride, 2 * model.stride))
        if min(field.before, field.after) >= length - 1:
            return depth
    raise CourseError(f"No U-Net sees {length} pixels far. Shrink the image first.")


def bars_figure(images: Tensor, truth: Tensor) -> Any:
    """Draw pictures of bars below each other, each with its class.

    Parameters
    ----------
    images, truth : tensor (n, 1, Y, X)
        From `bars`.

    Returns
    -------
    Figure
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(images), figsize=(5, 1.25 * len(images)), layout="constrained")
    for axis, image, one in zip(np.atleast_1d(axes), images, truth, strict=True):
        axis.imshow(image[0], cmap="gray", vmin=0.1, vmax=1.3)
        axis.set_title("class 1: has a head" if one.any() else "class 0: has none", loc="left")
        axis.set_axis_off()
    plt.close(figure)
    return figure


def distance_figure(curves: Mapping[str, NDArray[np.float64]], radii: Mapping[str, int]) -> Any:
    """Draw the share of right pixels against the distance to the head.

    Parameters
    ----------
    curves : mapping
        Name → shares, from `right_at`.
    radii : mapping
        Name → how far that network sees; drawn as a dotted line where it ends on the bar.

    Returns
    -------
    Figure
    """
    import matplotlib.pyplot as plt

    from gpu_course.display.chart_styles import COLOURS, MARKS

    figure, axes = plt.subplots(figsize=(5, 3.4), layout="constrained")
    for (name, share), colour, mark in zip(curves.items(), COLOURS, MARKS, strict=False):
        axes.plot(share, color=colour, marker=mark, markevery=6, markersize=5, label=name)
        if radii[name] < len(share):
            axes.axvline(radii[name], color=colour, linestyle=":")
    axes.set(xlabel="distance to the head, in pixels", ylabel="share of right pixels")
    axes.set(ylim=(0.3, 1.04))
    axes.legend(frameon=False, loc="lower left", ncols=2)
    axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)
    return figure


def reach_figure(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Draw scores against the field as a share of the object, with what arithmetic allows.

    Parameters
    ----------
    rows : sequence of mapping
        Each with ``"kind"``, ``"radius"`` (pixels) and ``"right"`` (0 to 1).

    Returns
    -------
    Figure
    """
    import matplotlib.pyplot as plt

    from gpu_course.display.chart_styles import COLOURS, MARKS

    figure, axes = plt.subplots(figsize=(5, 3.4), layout="constrained")
    radius = np.arange(0, 112)
    axes.plot(radius / LENGTH, [known(int(r)) for r in radius], color="0.6", label="arithmetic")
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    for kind, colour, mark in zip(kinds, COLOURS, MARKS, strict=False):
        of_kind = [row for row in rows if row["kind"] == kind]
        across = [row["radius"] / LENGTH for row in of_kind]
        axes.plot(across, [row["right"] for row in of_kind], mark, color=colour, label=kind)
    axes.axvline(1, color="0.6", linestyle=":")
    axes.set(xlabel="sight to one side / length of the object", ylabel="share of right pixels")
    axes.set(ylim=(0.45, 1.03))
    axes.legend(frameon=False, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)
    return figure


def boxes_figure(image: NDArray[Any], boxes: Mapping[str, int], *, side: int) -> Any:
    """Draw squares around the middle of a picture.

    Parameters
    ----------
    image : ndarray (Y, X)
    boxes : mapping
        Name → side of the square, in pixels.
    side : int
        Of the part of the picture to show, around its middle.

    Returns
    -------
    Figure
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(4.6, 5), layout="constrained")
    part = image[tuple(slice(max(0, n // 2 - side // 2), n // 2 + side // 2) for n in image.shape)]
    rows, columns = part.shape
    axes.imshow(part, cmap="gray")
    for (name, size), colour, line in zip(
        boxes.items(), ("#e69f00", "#56b4e9", "#cc79a7"), ("-", "--", ":"), strict=False
    ):
        corner = ((columns - size) / 2, (rows - size) / 2)
        box = plt.Rectangle(corner, size, size, fill=False, color=colour, label=name)
        box.set(linestyle=line, linewidth=2.5)
        axes.add_patch(box)
    axes.set_axis_off()
    figure.legend(loc="outside lower center", frameon=False)
    plt.close(figure)
    return figure
