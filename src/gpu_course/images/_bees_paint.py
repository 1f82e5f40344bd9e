"""Paint one simulated bee into a picture.

Each part is laid over what is there already, as a painter would: shadow, legs, abdomen, head,
thorax, wings, tag. Every part works in the smallest rectangle of pixels that can hold it, which
keeps a hundred bees well below a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy import ndimage

from gpu_course.images._bees_body import Bee, Field, Window, ellipse, parts, to_picture


@dataclass(frozen=True)
class Canvas:
    """A rectangle of the picture in which one bee, or a part of it, is painted.

    Its arrays are float32 (Y, X), but for the texture, (n, n).
    """

    bee: Bee
    row: int  # where in the picture the rectangle begins
    column: int
    grey: Field  # a view of the picture: painting here changes the picture
    u: Field  # body coordinates of the pixels, with v
    v: Field
    hair: Field  # fine noise fixed to the pixels
    texture: Field  # noise of unit variance that repeats at its borders, for `noise`
    light: float  # illumination of this bee
    gain: float  # factor from the grey of a part to the grey in the picture
    rng: np.random.Generator  # source of the bee's own details

    def lay(
        self,
        distance: Field,
        colour: Field | float,
        opacity: Field | float = 1.0,
        soft: float = 1.2,
    ) -> None:
        """Paint `colour` where `distance` is positive, with an edge `soft` pixels wide."""
        alpha = np.clip(0.5 + distance * (self.bee.length / soft), 0, 1) * opacity
        self.grey[...] += alpha * (colour - self.grey)

    def around(self, points: Sequence[tuple[float, float]], margin: float) -> "Canvas":
        """Return the smaller canvas that holds `points` (u, v) and `margin` body lengths more."""
        rows, columns = to_picture(self.bee, np.array(points))
        reach = margin * self.bee.length + 2
        top = max(int(rows.min() - reach) - self.row, 0)
        left = max(int(columns.min() - reach) - self.column, 0)
        bottom = max(int(rows.max() + reach) - self.row + 1, top)
        right = max(int(columns.max() + reach) - self.column + 1, left)
        box = (slice(top, bottom), slice(left, right))
        return replace(
            self,
            row=self.row + top,
            column=self.column + left,
            grey=self.grey[box],
            u=self.u[box],
            v=self.v[box],
            hair=self.hair[box],
        )

    def noise(self, a: Field, b: Field) -> Field:
        """Look the texture up at coordinates `a`, `b` (in its pixels), between pixels linearly."""
        found: Field = ndimage.map_coordinates(
            self.texture, np.stack([a, b]), order=1, mode="grid-wrap", prefilter=False
        )
        return found

    def stroke(
        self,
        points: Sequence[tuple[float, float]],
        width: float,
        colour: float,
        opacity: float,
    ) -> None:
        """Draw a broken line through body-frame points (u, v), `width` in body lengths."""
        for start, end in pairwise(points):
            near = self.around([start, end], width)
            u, v = near.u - start[0], near.v - start[1]
            du, dv = end[0] - start[0], end[1] - start[1]
            t = np.clip((u * du + v * dv) / (du * du + dv * dv + 1e-9), 0, 1)
            near.lay(width / 2 - np.hypot(u - t * du, v - t * dv), colour, opacity)


def paint(
    grey: Field, light: Field, bee: Bee, area: Window, texture: Field, rng: np.random.Generator
) -> None:
    """Paint one bee over `grey`, in place.

    `grey` and `light`, float32 (Y, X), are the whole picture and its illumination, `area` is that
    of `window`. From `texture` (n, n), noise of unit variance, hair, blotches and wing veins are
    taken; the bee's own details come from `rng`.
    """
    lit = float(np.clip(np.median(light[area.rows, area.columns]), 0.3, 1.2))
    shift = rng.integers(0, len(texture), 2)
    texture = np.roll(texture, tuple(shift), (0, 1))
    rows, columns = np.indices(area.u.shape) % len(texture)
    canvas = Canvas(
        bee=bee,
        row=area.rows.start,
        column=area.columns.start,
        grey=grey[area.rows, area.columns],
        u=area.u,
        v=area.v,
        hair=texture[rows, columns],
        texture=texture,
        light=lit,
        gain=0.80 + 0.25 * lit,
        rng=rng,
    )
    outlines = parts(bee, area.u, area.v)
    _shadow(canvas, np.maximum.reduce(list(outlines.values())))
    dark = canvas.gain * rng.uniform(44, 58)
    if bee.in_cell:  # all but the abdomen is down in the dark mouth of the cell
        canvas.lay(0.21 - np.hypot(area.u + 0.10, area.v), dark * 0.8, 0.8, 4.0)
        _abdomen(canvas)
        return
    _limbs(canvas, dark * 0.85)
    _abdomen(canvas)
    _head_and_thorax(canvas, dark)
    if not bee.belly:
        for side in (-1, 1):
            _wing(canvas, side)
        if bee.tagged:
            _tag(canvas)


def _shadow(canvas: Canvas, outline: Field) -> None:
    """Darken what lies under the bee, a little away from the lamp."""
    length = canvas.bee.length
    shade = ndimage.gaussian_filter(
        (outline > 0).astype(np.float32), 0.05 * length, truncate=2.5, mode="nearest"
    )
    drop = max(1, round(0.025 * length))
    canvas.grey[drop:, drop:] *= 1 - 0.35 * shade[:-drop, :-drop]


def _limbs(canvas: Canvas, colour: float) -> None:
    """Draw six jointed legs, some hidden under the body, and two antennae."""
    rng = canvas.rng
    shown = 1.0 if canvas.bee.belly else 0.65
    for side in (-1, 1):
        for root, forward in ((0.30, 0.7), (0.20, 0.1), (0.12, -0.7)):
            if rng.uniform() > shown:
                continue
            thigh, angle = rng.uniform(0.10, 0.16), forward + rng.normal(0, 0.3)
            shin, bent = rng.uniform(0.05, 0.12), angle + rng.normal(0, 0.6)
            hip = (root, side * 0.10)
            knee = (hip[0] + thigh * np.sin(angle), hip[1] + side * thigh * np.cos(angle))
            foot = (knee[0] + shin * np.sin(bent), knee[1] + side * shin * np.cos(bent))
            canvas.stroke([hip, knee], 0.038, colour, 0.85)
            canvas.stroke([knee, foot], 0.022, colour, 0.75)
        out = rng.uniform(0.2, 0.9)
        elbow = (0.49 + 0.05 * np.cos(out), side * (0.03 + 0.07 * np.sin(out)))
        tip = (elbow[0] + rng.uniform(0.03, 0.12), elbow[1] + side * rng.uniform(0.02, 0.12))
        canvas.stroke([(0.47, side * 0.03), elbow, tip], 0.012, colour, 0.65)


def _abdomen(canvas: Canvas) -> None:
    """Draw the abdomen: dark plates with a pale line at the hind edge of each."""
    canvas, rng = canvas.around([(-0.5, 0.0), (0.18, 0.0)], 0.20), canvas.rng
    if not canvas.grey.size:
        return
    u, v, length = canvas.u, canvas.v, canvas.bee.length
    base, line = rng.uniform(52, 74), rng.uniform(30, 64)
    arch = rng.uniform(1.2, 2.4)
    if canvas.bee.belly:  # the plates of the underside meet in chevrons
        along = u - 0.75 * np.abs(v)
        base, line = base * 0.85, line * 0.8
    else:
        along = u - arch * v * v
    phase = (along + 0.47 + rng.uniform(-0.02, 0.02)) / rng.uniform(0.078, 0.095)
    within = phase - np.floor(phase)
    blotch = canvas.noise(u * (0.16 * length), v * (0.16 * length))
    ring = np.exp(-(((within - 0.3) / 0.21) ** 2)) * (1 + 0.25 * canvas.hair) + 0.3 * within
    ring *= 1 + 0.35 * blotch
    across = np.minimum(np.abs(v) / 0.15, 1) ** 2
    colour = base + line * (ring - 0.25) * (1 - 0.5 * across) - 16 * across
    colour += 5 * canvas.hair + 4 * blotch
    colour *= 0.72 + 0.28 * np.clip((u + 0.5) / 0.14, 0, 1)  # the tail is darkest
    outline = parts(canvas.bee, u, v)["abdomen"]
    canvas.lay(outline, canvas.gain * colour, soft=1.8)


def _head_and_thorax(canvas: Canvas, dark: float) -> None:
    """Draw a dark head with darker eyes and a hairy thorax with a dark back plate."""
    canvas, tone = canvas.around([(0.03, 0.0), (0.5, 0.0)], 0.19), canvas.rng.uniform(60, 84)
    u, v, hair = canvas.u, canvas.v, canvas.hair
    outlines = parts(canvas.bee, u, v)
    canvas.lay(outlines["head"], dark * (1.0 + 0.14 * hair), soft=2.0)
    for side in (-1, 1):
        canvas.lay(ellipse(u, v, 0.405, side * 0.085, 0.070, 0.042), dark * 0.7, 0.7, 2.0)
    canvas.lay(ellipse(u, v, 0.405, 0, 0.03, 0.03), dark * 1.35, 0.5, 3.0)
    canvas.lay(outlines["thorax"] + 0.005 * hair, canvas.gain * (tone + 9 * hair), soft=2.5)
    canvas.lay(ellipse(u, v, 0.15, 0, 0.09, 0.09), dark * 0.8, 0.85, 4.0)
    canvas.lay(ellipse(u, v, 0.07, 0, 0.05, 0.09), dark * 0.8, 0.6, 4.0)


def _wing(canvas: Canvas, side: int) -> None:
    """Lay one semi-transparent wing over the abdomen, with veins along it."""
    rng, length, gain = canvas.rng, canvas.bee.length, canvas.gain
    clear, reach = rng.uniform(0.55, 0.95), rng.uniform(0.42, 0.54)
    spread = canvas.bee.spread + rng.normal(0, 0.05)
    cosine, sine = float(np.cos(spread)), float(np.sin(spread)) * side
    root = (0.17, side * 0.085)
    canvas = canvas.around([root, (root[0] - reach * cosine, root[1] + reach * sine)], 0.11)
    du, dv = canvas.u - root[0], canvas.v - root[1]
    back, sideways = dv * sine - du * cosine, dv * cosine + du * sine
    wing = ellipse(back, sideways, reach / 2, 0.0, reach / 2, 0.095)
    # Veins: noise stretched along the wing, over blotches where it catches the light.
    along, across = back * length, sideways * length + side * 40
    vein = canvas.noise(along * 0.28, across * 0.85)
    blotch = canvas.noise(across * 0.25, along * 0.18)
    colour = gain * (70 + 26 * canvas.light + 42 * np.maximum(vein, -0.5) + 16 * blotch)
    fade = np.clip(1.25 - 0.84 * back / reach, 0.3, 1)
    canvas.lay(wing, colour, clear * np.clip(0.85 + 0.25 * blotch, 0, 1) * fade, 2.0)
    canvas.lay(0.006 - np.abs(wing - 0.004), gain * 118, 0.30)


def _tag(canvas: Canvas) -> None:
    """Stick a round white tag with a dark pattern on the thorax."""
    rng, radius = canvas.rng, 0.107
    centre = (0.235 + rng.normal(0, 0.02), rng.normal(0, 0.015))
    tilt, turn = rng.uniform(0.78, 1.0), rng.normal(0, 0.4)
    white = canvas.gain * (155 + 42 * canvas.light + rng.normal(0, 8))
    black = canvas.gain * rng.uniform(40, 58)
    bits = rng.uniform(size=12) < 0.38
    canvas = canvas.around([centre], radius + 0.04)
    u, v = canvas.u - centre[0], canvas.v - centre[1]
    rho = np.sqrt((u / tilt) ** 2 + v * v) / radius
    canvas.lay((1 - rho) * radius + 0.018, black, 0.7, 2.0)
    canvas.lay((1 - rho) * radius, white)
    canvas.lay(0.008 - np.abs(rho - 0.82) * radius, black, 0.45)
    # Twelve places on a ring, each dark or pale, around a disc that is half dark.
    place = np.floor((np.arctan2(v, u) + turn) * (6 / np.pi)).astype(np.int64) % 12
    ring = np.minimum(rho - 0.40, 0.76 - rho) * radius
    canvas.lay(np.where(bits[place], ring, -1), black, 0.85)
    half = np.minimum((0.46 - rho) * radius, u * np.cos(turn) - v * np.sin(turn) + 0.01)
    canvas.lay(half, black, 0.95)
