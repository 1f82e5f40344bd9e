"""The figures of ``deep-learning/receptive-field``: bars, curves over them, boxes on a picture."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from gpu_course import display
from gpu_course.display.chart_styles import BRIGHT, DASHES, QUIET
from gpu_course.display.charts import chart, finish, style
from gpu_course.display.figures import Panels
from gpu_course.lessons.deep_learning.receptive_field.bars import LENGTH, share_allowed


def bars_figure(images: Tensor, truth: Tensor, *, alt: str) -> Panels:
    """Draw pictures of bars below each other, each with its class.

    Parameters
    ----------
    images, truth : tensor (n, 1, Y, X)
        From `bars.draw`.
    alt : str
        What a reader who cannot see the figure should know.
    """
    titles = ["class 1: has a head" if one.any() else "class 0: has none" for one in truth]
    return display.show(
        *images[:, 0].numpy(),
        titles=titles,
        range=(0.1, 1.3),
        columns=1,
        width=5,
        no_scale=False,
        alt=alt,
    )


def distance_figure(
    curves: Mapping[str, NDArray[np.float64]], radii: Mapping[str, int], *, alt: str
) -> Panels:
    """Draw the share of right pixels against the distance to the head.

    Parameters
    ----------
    curves : mapping
        Name → shares, from `right_at`.
    radii : mapping
        Name → how far that network sees; drawn as a dotted line where it ends on the bar.
    alt : str
        What a reader who cannot see the figure should know.
    """
    figure, (axes,) = chart(alt=alt, height=3.4)
    for i, (name, share) in enumerate(curves.items()):
        line = style(i)
        axes.plot(share, markevery=6, label=name, **line)
        if radii[name] < len(share):
            axes.axvline(radii[name], color=line["color"], linestyle=":")
    axes.set_ylim(0.3, 1.04)
    finish(axes, across="distance to the head, in pixels", up="share of right pixels")
    return figure


def reach_figure(rows: Sequence[Mapping[str, Any]], *, alt: str) -> Panels:
    """Draw scores against the field as a share of the object, with what arithmetic allows.

    Parameters
    ----------
    rows : sequence of mapping
        Each with ``"kind"``, ``"radius"`` (pixels) and ``"right"`` (0 to 1).
    alt : str
        What a reader who cannot see the figure should know.
    """
    figure, (axes,) = chart(alt=alt, height=3.4)
    radius = np.arange(0, 112)
    allowed = [share_allowed(int(r)) for r in radius]
    axes.plot(radius / LENGTH, allowed, color=QUIET, label="arithmetic")
    for i, kind in enumerate(dict.fromkeys(row["kind"] for row in rows)):
        of_kind = [row for row in rows if row["kind"] == kind]
        across = [row["radius"] / LENGTH for row in of_kind]
        right = [row["right"] for row in of_kind]
        axes.plot(across, right, label=kind, **style(i) | {"linestyle": "none"})
    axes.axvline(1, color=QUIET, linestyle=":")
    axes.set_ylim(0.45, 1.03)
    finish(axes, across="sight to one side / length of the object", up="share of right pixels")
    return figure


def boxes_figure(image: NDArray[Any], boxes: Mapping[str, int], *, side: int, alt: str) -> Panels:
    """Draw squares around the middle of a picture.

    Parameters
    ----------
    image : ndarray (Y, X)
    boxes : mapping
        Name → side of the square, in pixels.
    side : int
        Of the part of the picture to show, around its middle.
    alt : str
        What a reader who cannot see the figure should know.
    """
    from matplotlib.patches import Rectangle

    figure, (axes,) = chart(alt=alt, height=4.9, width=4.6)
    part = image[tuple(slice(max(0, n // 2 - side // 2), n // 2 + side // 2) for n in image.shape)]
    rows, columns = part.shape
    axes.imshow(part, cmap="gray")
    for (name, size), colour, line in zip(boxes.items(), BRIGHT, DASHES, strict=False):
        corner = ((columns - size) / 2, (rows - size) / 2)
        box = Rectangle(corner, size, size, fill=False, color=colour, label=name)
        box.set(linestyle=line, linewidth=2.5)
        axes.add_patch(box)
    axes.set_axis_off()
    figure.legend(loc="outside lower center", frameon=False)
    return figure
