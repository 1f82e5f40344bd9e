"""The ground of a simulated hive frame: light, honeycomb and what the cells hold.

Everything here is drawn for all pixels at once: a pixel is asked which cell it lies in and how far
it is from that cell's walls, and every cell looks its own properties up in a table of random
numbers. No loop over cells is needed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpu_course.images._fields import Field, smooth_field, step


@dataclass(frozen=True)
class Ground:
    """What lies under the bees.

    Attributes
    ----------
    grey : ndarray, float32 (Y, X)
        The empty comb in grey levels of an 8-bit camera, unclipped and without noise.
    light : ndarray, float32 (Y, X)
        Illumination relative to a well-lit place, about 0.3 (dark) to 1.2 (bright).
    """

    grey: Field
    light: Field


def light_and_age(
    rng: np.random.Generator, shape: tuple[int, int], clumps: NDArray[np.float64], reach: float
) -> tuple[Field, Field]:
    """Draw the illumination and how dark with age the comb is, both float32 (Y, X).

    Bees crowd where brood was raised, and comb that held brood is dark: the same clump centres make
    both the crowd and the dark comb. `clumps` (n, 4) are row, column, radius along rows and along
    columns of each crowd, and `reach` is the distance over which the light varies, in pixels. The
    light is about 0.6 to 1.3; the age goes from 0 (fresh, bright) to 1 (old, dark).
    """
    y = np.arange(shape[0], dtype=np.float32)[:, None]
    x = np.arange(shape[1], dtype=np.float32)[None, :]
    light = (
        1.0 + 0.06 * smooth_field(rng, shape, reach) + 0.03 * smooth_field(rng, shape, reach / 3)
    )
    # Lamps stand at the sides: one or two edges are brighter.
    for axis, coordinate in ((0, y), (1, x)):
        slope, bow = rng.normal(0, 0.07), rng.uniform(0.0, 0.16)
        t = coordinate / shape[axis] * 2 - 1
        light = light + (slope * t + bow * (t * t - 0.3))
    age = np.zeros(shape, np.float32)
    wobble = 0.25 * smooth_field(rng, shape, reach / 2.5)
    for row, column, tall, wide in clumps:
        squared = ((y - row) / (1.5 * tall)) ** 2 + ((x - column) / (1.5 * wide)) ** 2
        blob = np.exp(-((squared * np.exp(wobble)) ** 0.9))
        age = np.maximum(age, blob)
    age = np.clip(age + 0.02 + 0.07 * smooth_field(rng, shape, reach / 2), 0, 1)
    return light.astype(np.float32), age.astype(np.float32)


def honeycomb(
    rng: np.random.Generator,
    shape: tuple[int, int],
    pitch: float,
    light: Field,
    age: Field,
) -> Ground:
    """Draw empty comb under the light and of the age that `light_and_age` returns.

    `pitch` is the distance between the centres of neighbouring cells, in pixels.
    """
    y, x = np.meshgrid(
        np.arange(shape[0], dtype=np.float32), np.arange(shape[1], dtype=np.float32), indexing="ij"
    )
    # 1. Bees build by eye: bend the regular lattice, turn it a little, and let the scale drift
    #    across the frame as a camera that is not quite square to the comb would.
    turn = rng.normal(0, 0.035)
    drift = rng.normal(0, 0.02, 2) / max(shape)
    scale = 1 + drift[0] * y + drift[1] * x
    bend = 0.26 * pitch
    wy = y * scale + bend * smooth_field(rng, shape, 6 * pitch)
    wx = x * scale + bend * smooth_field(rng, shape, 7 * pitch)
    wy += 0.045 * pitch * smooth_field(rng, shape, 1.3 * pitch)
    wx += 0.045 * pitch * smooth_field(rng, shape, 1.3 * pitch)
    cosine, sine = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    wy, wx = cosine * wy + sine * wx, cosine * wx - sine * wy

    # 2. Which cell? Cube coordinates of a hexagonal lattice whose cells stack along rows.
    q = wx * np.float32(2 / (np.sqrt(3) * pitch)) + np.float32(rng.uniform())
    r = wy * np.float32(1 / pitch) + np.float32(rng.uniform()) - q / 2
    s = -q - r
    iq, ir, is_ = np.rint(q), np.rint(r), np.rint(s)
    eq, er, es = np.abs(iq - q), np.abs(ir - r), np.abs(is_ - s)
    fix_q = (eq > er) & (eq > es)
    fix_r = ~fix_q & (er > es)
    iq = np.where(fix_q, -ir - is_, iq)
    ir = np.where(fix_r, -iq - is_, ir)
    dq, dr = q - iq, r - ir
    dx, dy = np.float32(np.sqrt(3)) * dq, 2 * dr + dq  # from the centre; a wall stands at 1

    # 3. Every cell draws its own numbers from a table that repeats only beyond the picture.
    side = 128
    row = (ir + np.floor(iq / 2)).astype(np.int32) % side
    index = row * side + iq.astype(np.int32) % side
    table = rng.standard_normal((8, side * side), dtype=np.float32)
    dx += np.take(0.03 * table[0], index)
    dy += np.take(0.03 * table[1], index)

    # 4. Distance to the walls: a hexagon with rounded corners (an even power sum of the three
    #    wall directions), the lower the power the rounder.
    half = np.float32(np.sqrt(3) / 2)
    level = np.zeros(shape, np.float32)
    for across in (dy, half * dx + dy / 2, half * dx - dy / 2):
        across = across * across
        across *= across
        level += across * across
    level = np.sqrt(np.sqrt(np.sqrt(level)))  # the eighth root; ** would be ten times slower
    level *= 1 + np.take(0.022 * table[2], index) + 0.02 * smooth_field(rng, shape, 3 * pitch)

    # 5. Grey levels. Fresh comb is bright with bright floors, old comb dark with darker floors.
    fresh = 1 - age
    tone = np.take(table[3], index)
    floor = 52 + 130 * fresh + tone * (3 + 8 * age * fresh * 2)
    floor += 6 * smooth_field(rng, shape, pitch / 7) * (0.4 + fresh)
    floor += np.take(6 * table[4], index) * dx + np.take(6 * table[5], index) * dy
    # Now and then an old cell is empty to the bottom and nearly black.
    deep = step(np.take(table[6], index) + 3 * age, 2.9, 4.4)
    floor *= 1 - 0.38 * deep * step(1.1 - level, 0.1, 0.7)
    # Something wet glints in part of the fresh cells, always on the side away from the lamp.
    wet = step(smooth_field(rng, shape, 9 * pitch), -0.7, 0.8) * fresh * fresh
    lamp = rng.normal(0, 1, 2) * 0.15 + (0.30, 0.30)
    gx = dx - np.float32(lamp[1]) + np.take(0.18 * table[7], index)
    gy = dy - np.float32(lamp[0]) + np.take(0.18 * table[4], index)
    glint = np.exp(-(gx * gx + gy * gy) * 22)
    gloom = np.exp(-((gx + 0.35) ** 2 + (gy + 0.1) ** 2) * 14)
    sx = dx + np.take(0.30 * table[1], index)
    sy = dy + np.take(0.30 * table[2], index)
    floor += wet * np.take(30 * table[5], index) * np.exp(-(sx * sx + sy * sy) * 40)
    floor += wet * (np.take(12 + 34 * np.abs(table[0]), index) * glint - 32 * gloom)
    # The wall throws a thin shadow on the floor beside it.
    floor -= (6 + 10 * age) * np.exp(-(((level - 0.76) / 0.09) ** 2)) * (0.7 - 0.5 * dy - 0.3 * dx)

    # A wire that holds the wax shows as a dark thread on the floors it passes under.
    for place in rng.uniform(0, 2 * shape[1], 3):
        thread = np.exp(-(((wx - np.float32(place)) / (0.045 * pitch)) ** 2))
        floor -= 34 * fresh * thread * step(smooth_field(rng, shape, 2 * pitch), -0.3, 1.0)

    rim = 116 + 138 * fresh + 9 * smooth_field(rng, shape, 2 * pitch)
    wide = 0.016 * smooth_field(rng, shape, 6 * pitch) + 0.01 * age
    soft = 1.0 / (pitch / 2)
    wall = step(level + wide, 0.930 - soft, 0.965 + soft)
    grey = (floor + (rim - floor) * wall) * light
    return Ground(grey.astype(np.float32), (light * (0.35 + 0.65 * fresh)).astype(np.float32))


def wooden_frame(rng: np.random.Generator, grey: Field, light: Field, length: float) -> None:
    """Lay the bright wooden bar of the hive frame along one edge of the picture, in place.

    Its width is a share of `length`, that of a bee's body in pixels.
    """
    edge = int(rng.integers(3))  # 0 left, 1 top, 2 right
    view = grey.T if edge == 1 else grey[:, ::-1] if edge == 2 else grey
    shine = light.T if edge == 1 else light[:, ::-1] if edge == 2 else light
    width = int(rng.uniform(0.3, 0.9) * length)
    bar = view[:, : width + int(0.5 * length)]
    height, breadth = bar.shape
    across = np.arange(breadth, dtype=np.float32)[None, :]
    border = width + 0.03 * length * smooth_field(rng, (height, 1), 0.7 * length)
    grain = rng.standard_normal((1, breadth), dtype=np.float32)
    wood = 228 + 6 * grain + 5 * smooth_field(rng, (height, breadth), 0.5 * length)
    wood *= shine[:, :breadth]
    inside = step(border - across, -1.0, 1.5)
    # Cells against the wood lie deeper and get less light.
    bar *= 1 - 0.25 * np.exp(-np.maximum(across - border, 0) / (0.2 * length))
    bar += inside * (wood - bar)
