"""Bars that can be told apart only from their ends, and the figures of their chapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from gpu_course.lessons.deep_learning.receptive_field.bars import LENGTH, known


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
