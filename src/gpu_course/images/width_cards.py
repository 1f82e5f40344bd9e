"""A test card: lines of known widths, to see how wide a method draws them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gpu_course.errors import CourseError
from gpu_course.images import _roots_drawing as drawing
from gpu_course.images import _roots_ground as ground
from gpu_course.images._fields import smooth_field
from gpu_course.images._roots_growth import STEP, Root

APART = 44
"""Pixels from line to line: further than any is drawn too wide."""

ASIDE = 6
"""Pixels beside the true edge in which what was drawn still counts as this line."""


HALO, FADES = 0.4, 3.0
"""How bright hairs and wet paper are right beside a root, as a share of the root's height over its
ground, and over how many pixels their light falls to a third."""

GROUNDS = ("soil", "paper", "paper and hairs")


class WidthCard(NamedTuple):
    """Lines of known widths from top to bottom.

    Attributes
    ----------
    image : ndarray, uint8 (Y, X)
    widths : tuple of float
        Of the lines from left to right, in pixels.
    middles : ndarray, float64 (lines, Y)
        Column of the middle of each line in each row.
    """

    image: NDArray[np.uint8]
    widths: tuple[float, ...]
    middles: NDArray[np.float64]


def width_card(
    widths: Sequence[float], *, background: str, seed: int = 0, rows: int = 384
) -> WidthCard:
    """Draw nearly upright lines on soil or on paper.

    Parameters
    ----------
    widths : sequence of float
        In pixels, each from 0.5 to 20.
    background : {"soil", "paper", "paper and hairs"}
        The last has a halo around each line, as hairs and wet paper make it. The halo is no part of
        the width.
    seed : int
        Decides the ground, the noise and how the lines wave.
    rows : int
        Height of the card.

    Returns
    -------
    WidthCard

    Raises
    ------
    CourseError
        If a width or the background is none of these.
    """
    if background not in GROUNDS or not all(0.5 <= width <= 20 for width in widths):
        raise CourseError(
            f"A card shows lines of 0.5 to 20 pixels on {', '.join(GROUNDS)}; not "
            f"{', '.join(map(str, widths)) or 'no line'} on {background!r}."
        )
    rng = np.random.default_rng([13, seed])
    shape = (rows, APART * (len(widths) + 1))
    y = np.arange(-2, rows + 2, STEP)
    lines, middles = [], np.empty((len(widths), rows))
    for number, width in enumerate(widths):
        wave = 3 * np.sin(y / rng.uniform(35, 55) + rng.uniform(0, 6.3))
        x = APART * (number + 1) + rng.uniform(-0.5, 0.5) + wave
        lines.append(Root(np.stack([y, x], axis=1), np.full(len(y), width / 2), 0))
        middles[number] = np.interp(np.arange(rows), y, x)
    covered, depth = drawing.coverage(lines, shape)
    grey = ground.soil(rng, shape) if background == "soil" else ground.paper(rng, shape)
    tone = 130.0 if background == "soil" else 110.0
    if background == "paper and hairs":
        beside = ndimage.distance_transform_edt(covered < 0.2)
        ragged = 1 + 0.4 * smooth_field(rng, shape, 4)
        grey += HALO * (tone - grey) * ragged * np.exp(-beside / FADES)
    grey += 0.9 * covered * (tone + 30 * depth - grey)
    return WidthCard(ground.camera(rng, grey, 0.75, 2.0), tuple(widths), middles)


def drawn_widths(card: WidthCard, found: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how wide each line of a card was drawn.

    Parameters
    ----------
    card : WidthCard
    found : ndarray, bool (Y, X)
        What a method took for root.

    Returns
    -------
    ndarray, float64 (lines,)
        Found pixels of each row at the line or just beside it, the mean over rows: 0 where the line
        was not found at all.

    Raises
    ------
    CourseError
        If the answer has not the shape of the card.
    """
    if np.shape(found) != card.image.shape:
        raise CourseError(
            f"The answer has the shape {np.shape(found)} and the card {card.image.shape}."
        )
    columns = np.arange(card.image.shape[1])
    widths = []
    for width, middle in zip(card.widths, card.middles, strict=True):
        near = np.abs(columns - middle[:, None]) <= width / 2 + ASIDE
        widths.append(float((np.asarray(found) & near).sum(axis=1).mean()))
    return np.array(widths)
