"""One simulated bee, drawn in the small window it needs.

A bee is described in its own frame: `u` runs along the body from the tail (-0.5) to the front of
the head (+0.5), `v` across it, both in body lengths. Every part is a formula in `u` and `v`, so
the same code draws any size, position and direction.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Field = NDArray[np.float32]


@dataclass(frozen=True)
class Bee:
    """Pose and looks of one bee.

    Attributes
    ----------
    row, column : float
        Centre of the body, pixels.
    angle : float
        Direction of the head, radians; 0 points along columns, pi/2 along rows (down).
    length : float
        Body length, pixels.
    stout : float
        Width relative to the ordinary bee.
    bend : float
        Sideways curve of the body, body lengths per squared body length.
    tagged, belly, in_cell : bool
        Carries a tag; shows its underside; has its head and thorax inside a cell.
    spread : float
        Angle of the wings to the body, radians.
    """

    row: float
    column: float
    angle: float
    length: float
    stout: float
    bend: float
    tagged: bool
    belly: bool
    in_cell: bool
    spread: float


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


def ellipse(u: Field, v: Field, cu: float, cv: float, ru: float, rv: float) -> Field:
    """Return the distance to an ellipse's outline, positive inside, in body lengths (roughly)."""
    rho = np.sqrt(((u - cu) / ru) ** 2 + ((v - cv) / rv) ** 2)
    distance: Field = (1 - rho) * min(ru, rv)
    return distance


def _abdomen(u: Field, v: Field) -> Field:
    """Return the distance to the abdomen's outline: an oval with a pointed tail."""
    t = np.clip((u + 0.5) / 0.68, 0, 1)
    half_width = 0.168 * np.clip(np.sin(np.pi * t**1.08), 0, 1) ** 0.55
    distance: Field = np.where((u > -0.5) & (u < 0.18), half_width - np.abs(v), -1.0)
    return distance


def parts(bee: Bee, area: Window) -> dict[str, Field]:
    """Return the distance to the outline of each opaque part of the body."""
    u, v = area.u, area.v
    shapes = {"abdomen": _abdomen(u, v)}
    if bee.in_cell:
        shapes["abdomen"] = np.minimum(shapes["abdomen"], 0.22 - np.hypot(u + 0.25, v))
        return shapes
    shapes["thorax"] = ellipse(u, v, 0.205, 0, 0.155, 0.155)
    shapes["head"] = ellipse(u, v, 0.405, 0, 0.095, 0.130)
    return shapes


def body_mask(bee: Bee, area: Window) -> NDArray[np.bool_]:
    """Return the exact mask of the body: head, thorax and abdomen, bool, shape of the window."""
    inside: NDArray[np.bool_] = np.maximum.reduce(list(parts(bee, area).values())) > 0
    return inside


class Canvas:
    """A window's grey values with the bee laid over them, part by part."""

    def __init__(self, grey: Field, length: float) -> None:
        self.grey = grey
        self.length = length

    def lay(
        self, distance: Field, colour: Field | float, opacity: float = 1.0, soft: float = 1.2
    ) -> None:
        """Paint `colour` where `distance` is positive, with an edge `soft` pixels wide."""
        alpha = np.clip(0.5 + distance * (self.length / soft), 0, 1) * opacity
        self.grey += alpha * (colour - self.grey)

    def stroke(
        self, area: Window, points: NDArray[np.float64], width: float, colour: float, opacity: float
    ) -> None:
        """Draw a broken line through body-frame points (n, 2), `width` in body lengths."""
        for (u0, v0), (u1, v1) in pairwise(points):
            du, dv = u1 - u0, v1 - v0
            t = np.clip(
                ((area.u - u0) * du + (area.v - v0) * dv) / (du * du + dv * dv + 1e-9), 0, 1
            )
            away = np.hypot(area.u - u0 - t * du, area.v - v0 - t * dv)
            self.lay(width / 2 - away, colour, opacity)


def draw(
    grey: Field,
    light: Field,
    bee: Bee,
    area: Window,
    texture: Field,
    rng: np.random.Generator,
) -> None:
    """Paint one bee over `grey`, in place.

    Parameters
    ----------
    grey, light : ndarray, float32 (Y, X)
        The whole picture and its illumination.
    bee : Bee
        The bee.
    area : Window
        From `window`.
    texture : ndarray, float32 (n, n)
        Unit-variance noise from which hair and wing veins are taken.
    rng : numpy.random.Generator
        Source of the bee's own details.
    """
    u, v = area.u, area.v
    canvas = Canvas(grey[area.rows, area.columns], bee.length)
    shapes = parts(bee, area)
    lit = float(np.clip(np.median(light[area.rows, area.columns]), 0.3, 1.2))
    gain = 0.80 + 0.25 * lit
    n = len(texture)
    shift = rng.integers(0, n, 4)
    rows, columns = (np.indices(u.shape) + shift[:2, None, None]) % n
    hair = texture[rows, columns]

    # Shadow: the body's outline, blurred and moved away from the lamp.
    solid = np.maximum.reduce(list(shapes.values())) > 0
    shade = ndimage.gaussian_filter(solid.astype(np.float32), 0.05 * bee.length, truncate=2.5)
    drop = max(1, round(0.025 * bee.length))
    canvas.grey[drop:, drop:] *= 1 - 0.35 * shade[:-drop, :-drop]

    dark = gain * rng.uniform(44, 58)
    if bee.in_cell:  # the mouth of the cell it sits in
        canvas.lay(0.21 - np.hypot(u + 0.10, v), dark * 0.8, 0.8, 4.0)
    else:
        _limbs(canvas, area, dark * 0.85, bee, rng)
    _draw_abdomen(canvas, area, shapes["abdomen"], hair, gain, bee, rng)
    if bee.in_cell:
        return
    # Head: dark, wide, with two darker eyes.
    canvas.lay(shapes["head"], dark * (0.95 + 0.10 * hair))
    for side in (-1, 1):
        canvas.lay(ellipse(u, v, 0.405, side * 0.085, 0.070, 0.042), dark * 0.7, 0.7, 2.0)
    canvas.lay(ellipse(u, v, 0.405, 0, 0.03, 0.03), dark * 1.35, 0.5, 3.0)
    # Thorax: hairy, paler at the rim, a dark back plate towards the abdomen.
    fuzz = shapes["thorax"] + 0.010 * hair
    canvas.lay(fuzz, gain * (rng.uniform(66, 90) + 10 * hair), 1.0, 2.5)
    canvas.lay(ellipse(u, v, 0.17, 0, 0.09, 0.085), dark * 0.9, 0.75, 5.0)
    canvas.lay(ellipse(u, v, 0.07, 0, 0.05, 0.09), dark * 0.8, 0.6, 4.0)
    if bee.belly:
        return
    _wings(canvas, area, texture, shift, gain, lit, bee, rng)
    if bee.tagged:
        _tag(canvas, area, gain, lit, bee, rng)


def _limbs(canvas: Canvas, area: Window, colour: float, bee: Bee, rng: np.random.Generator) -> None:
    """Draw six jointed legs and two antennae."""
    shown = 1.0 if bee.belly else 0.65
    for side in (-1, 1):
        for root, forward in ((0.30, 0.7), (0.20, 0.1), (0.12, -0.7)):
            reach, angle = rng.uniform(0.10, 0.16), forward + rng.normal(0, 0.3)
            bent, foot_reach = angle + rng.normal(0, 0.6), rng.uniform(0.05, 0.12)
            if rng.uniform() > shown:
                continue
            hip = (root, side * 0.10)
            knee = (hip[0] + reach * np.sin(angle), hip[1] + side * reach * np.cos(angle))
            foot = (
                knee[0] + foot_reach * np.sin(bent),
                knee[1] + side * foot_reach * np.cos(bent),
            )
            canvas.stroke(area, np.array([hip, knee]), 0.038, colour, 0.85)
            canvas.stroke(area, np.array([knee, foot]), 0.022, colour, 0.75)
        out = rng.uniform(0.2, 0.9)
        elbow = (0.49 + 0.05 * np.cos(out), side * (0.03 + 0.07 * np.sin(out)))
        tip = (elbow[0] + rng.uniform(0.03, 0.12), elbow[1] + side * rng.uniform(0.02, 0.12))
        canvas.stroke(area, np.array([(0.47, side * 0.03), elbow, tip]), 0.012, colour, 0.65)


def _draw_abdomen(
    canvas: Canvas,
    area: Window,
    outline: Field,
    hair: Field,
    gain: float,
    bee: Bee,
    rng: np.random.Generator,
) -> None:
    """Draw the abdomen: dark plates with a pale line at the hind edge of each."""
    u, v = area.u, area.v
    base, line = rng.uniform(52, 74), rng.uniform(40, 75)
    if bee.belly:  # the plates of the underside meet in chevrons
        along = u - 0.75 * np.abs(v)
        base, line = base * 0.85, line * 0.8
    else:
        along = u - rng.uniform(1.2, 2.4) * v * v
    spacing = rng.uniform(0.078, 0.095)
    phase = (along + 0.47 + rng.uniform(-0.02, 0.02)) / spacing
    within = phase - np.floor(phase)
    ring = np.exp(-(((within - 0.3) / 0.17) ** 2)) * (1 + 0.25 * hair) + 0.3 * within
    across = np.clip(np.abs(v) / 0.15, 0, 1)
    colour = base + line * (ring - 0.25) * (1 - 0.5 * across**2) - 16 * across**2
    colour += 4 * hair
    colour *= 0.72 + 0.28 * np.clip((u + 0.5) / 0.14, 0, 1)  # the tail is darkest
    canvas.lay(outline, gain * colour, 1.0, 1.4)


def _wings(
    canvas: Canvas,
    area: Window,
    texture: Field,
    shift: NDArray[np.int64],
    gain: float,
    lit: float,
    bee: Bee,
    rng: np.random.Generator,
) -> None:
    """Lay two semi-transparent wings over the abdomen, with veins along them."""
    n = len(texture)
    clear = rng.uniform(0.5, 0.9)
    for side in (-1, 1):
        spread = bee.spread + rng.normal(0, 0.05)
        cosine, sine = np.cos(spread), np.sin(spread) * side
        du, dv = area.u - 0.17, area.v - side * 0.085
        back, sideways = -du * cosine + dv * sine, dv * cosine + du * sine
        reach = rng.uniform(0.42, 0.54)
        wing = ellipse(back, sideways, reach / 2, 0.0, reach / 2, 0.095)
        # Veins: noise stretched along the wing, broken up by a second, rounder one.
        across = sideways * 0.75 * canvas.length + side * 17 + shift[3]
        vein = texture[
            (back * 0.16 * canvas.length + shift[2]).astype(np.int64) % n,
            across.astype(np.int64) % n,
        ]
        fade = np.clip(1.3 - 1.2 * back / reach, 0, 1)
        colour = gain * (80 + 26 * lit + 34 * vein)
        alpha = np.clip(0.5 + wing * canvas.length / 2, 0, 1) * clear * (0.25 + 0.75 * fade)
        canvas.grey += alpha * (colour - canvas.grey)
        edge = 0.006 - np.abs(wing - 0.004)
        canvas.lay(edge, gain * 118, 0.30, 1.2)


def _tag(
    canvas: Canvas, area: Window, gain: float, lit: float, bee: Bee, rng: np.random.Generator
) -> None:
    """Stick a round white tag with a dark pattern on the thorax."""
    u = area.u - (0.235 + rng.normal(0, 0.02))
    v = area.v * bee.stout - rng.normal(0, 0.015)
    tilt, turn = rng.uniform(0.78, 1.0), rng.normal(0, 0.4)
    radius = 0.108
    rho = np.sqrt((u / tilt) ** 2 + v * v) / radius
    phi = np.arctan2(v, u) + turn
    white = gain * (118 + 62 * lit + rng.normal(0, 8))
    black = gain * rng.uniform(40, 58)
    canvas.lay((1 - rho) * radius + 0.018, black, 0.7, 2.0)
    canvas.lay((1 - rho) * radius, white)
    # Twelve places on a ring, each dark or pale, around a disc that is half dark.
    bits = rng.uniform(size=12) < 0.35
    place = np.floor((phi % (2 * np.pi)) * (12 / (2 * np.pi))).astype(np.int64) % 12
    ring = np.minimum(rho - 0.40, 0.74 - rho) * radius
    canvas.lay(np.where(bits[place], ring, -1), black, 0.85)
    half = np.minimum((0.46 - rho) * radius, u * np.cos(turn) - v * np.sin(turn) + 0.01)
    canvas.lay(half, black, 0.95)
