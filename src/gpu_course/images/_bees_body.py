"""The shape of one simulated bee and where it lies in the picture.

A bee is described in its own frame: `u` runs along the body from the tail (-0.5) to the front of
the head (+0.5), `v` across it, both in body lengths. Every part is a formula in `u` and `v`, so
the same code draws any size, position and direction.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Always float32; NumPy's stubs lose that in arithmetic with Python's numbers.
Field = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Bee:
    """Pose and looks of one bee."""

    row: float  # centre of the body, pixels
    column: float
    angle: float  # direction of the head, radians; 0 points along columns, pi/2 along rows (down)
    length: float  # of the body, pixels
    stout: float  # width relative to the ordinary bee
    bend: float  # sideways curve of the body, body lengths per squared body length
    tagged: bool  # carries a tag
    belly: bool  # shows its underside
    in_cell: bool  # has its head and thorax inside a cell
    spread: float  # angle of the wings to the body, radians


@dataclass(frozen=True)
class Window:
    """The part of the picture that a bee can touch, with body coordinates for its pixels."""

    rows: slice
    columns: slice
    u: Field
    v: Field


def window(bee: Bee, shape: tuple[int, int]) -> Window | None:
    """Return the bee's window inside the picture, None where it lies outside."""
    reach = 0.78 * bee.length
    top, bottom = int(max(bee.row - reach, 0)), int(min(bee.row + reach + 1, shape[0]))
    left, right = int(max(bee.column - reach, 0)), int(min(bee.column + reach + 1, shape[1]))
    if top >= bottom or left >= right:
        return None
    y = (np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(bee.row)) / bee.length
    x = (np.arange(left, right, dtype=np.float32)[None, :] - np.float32(bee.column)) / bee.length
    cosine, sine = np.float32(np.cos(bee.angle)), np.float32(np.sin(bee.angle))
    u = cosine * x + sine * y
    v = (cosine * y - sine * x) - np.float32(bee.bend) * u * u
    v /= np.float32(bee.stout)
    return Window(
        slice(top, bottom), slice(left, right), u.astype(np.float32), v.astype(np.float32)
    )


def to_picture(
    bee: Bee, points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rows and columns of body-frame points (n, 2); the inverse of `window`'s formula."""
    u = points[:, 0]
    v = points[:, 1] * bee.stout + bee.bend * u * u
    cosine, sine = np.cos(bee.angle), np.sin(bee.angle)
    rows = bee.row + bee.length * (sine * u + cosine * v)
    columns = bee.column + bee.length * (cosine * u - sine * v)
    return rows, columns


def ellipse(u: Field, v: Field, cu: float, cv: float, ru: float, rv: float) -> Field:
    """Return the distance to an ellipse's outline, positive inside, in body lengths (roughly)."""
    rho = np.sqrt(((u - cu) / ru) ** 2 + ((v - cv) / rv) ** 2)
    distance: Field = (1 - rho) * min(ru, rv)
    return distance


def _abdomen(u: Field, v: Field) -> Field:
    """Return the distance to the abdomen's outline: an oval with a pointed tail."""
    t = np.clip((u + 0.5) / 0.74, 0, 1)
    half_width = 0.168 * np.clip(np.sin(np.pi * t**1.05), 0, 1) ** 0.48
    distance: Field = np.where((u > -0.5) & (u < 0.24), half_width - np.abs(v), -1.0)
    return distance


def parts(bee: Bee, u: Field, v: Field) -> dict[str, Field]:
    """Return the distance to the outline of each opaque part of the body."""
    shapes = {"abdomen": _abdomen(u, v)}
    if bee.in_cell:
        shapes["abdomen"] = np.minimum(shapes["abdomen"], 0.22 - np.hypot(u + 0.25, v))
        return shapes
    shapes["thorax"] = ellipse(u, v, 0.205, 0, 0.155, 0.155)
    shapes["head"] = ellipse(u, v, 0.400, 0, 0.100, 0.138)
    return shapes


def body_mask(bee: Bee, area: Window) -> NDArray[np.bool_]:
    """Return the exact mask of the body: head, thorax and abdomen, bool, shape of the window."""
    inside: NDArray[np.bool_] = np.maximum.reduce(list(parts(bee, area.u, area.v).values())) > 0
    return inside
