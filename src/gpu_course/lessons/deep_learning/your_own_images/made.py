"""A small folder as a reader may have it: stained cells in colour, labelled by hand.

Light ground, violet nuclei, brown grains that are as dark as nuclei: in colour and in size unlike
anything that the course's networks have seen.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gpu_course import picture_files
from gpu_course.files import write_atomic

GROUND, NUCLEUS, GRAIN = (236, 214, 226), (112, 70, 150), (150, 96, 62)
"""Colours: red, green, blue."""

SIDES = ((176, 208), (192, 192), (208, 176), (60, 150))
"""Rows and columns of images; the last one is smaller than a patch."""


def scene(
    seed: int, *, diameter: float = 13.0, shape: tuple[int, int] | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Simulate a picture of stained cells: uint8 (Y, X, 3), red, green and blue, and its labels.

    `diameter` is that of a mean nucleus in pixels, `shape` rows and columns (None: one of `SIDES`).
    Labels, int32 (Y, X), are 0 on background and 1 … n on nuclei; grains are background.
    """
    rng = np.random.default_rng([2026, seed])
    rows, columns = shape or SIDES[seed % len(SIDES)]
    labels = np.zeros((rows, columns), np.int32)
    grains = np.zeros((rows, columns), bool)
    count = round(rows * columns / diameter**2 * rng.uniform(0.22, 0.34))
    centres: list[tuple[float, float]] = []
    for number in range(1, count + 1):
        # Every other nucleus sits beside an earlier one: cells lie in groups.
        row, column = rng.uniform(0, rows), rng.uniform(0, columns)
        if centres and number % 2:
            near = centres[int(rng.integers(len(centres)))]
            angle, apart = rng.uniform(0, 2 * np.pi), diameter * rng.uniform(0.85, 1.1)
            row, column = near[0] + apart * np.sin(angle), near[1] + apart * np.cos(angle)
        own = _blob((rows, columns), (row, column), diameter * rng.uniform(0.8, 1.2), rng)
        free = own & (labels == 0) & ~grains
        if free.sum() < 0.75 * max(own.sum(), 1) or not own.any():
            continue
        if number % 4 == 3:
            grains |= free
        else:
            labels[free] = number
            centres.append((row, column))
    labels = _numbered(labels)
    return _photographed(labels, grains, rng), labels


def write(
    folder: Path | str,
    count: int = 12,
    *,
    masks: bool = False,
    diameter: float = 13.0,
    first: int = 0,
) -> Path:
    """Write a folder of labelled pictures: ``images/`` as PNG, ``labels/`` or ``masks/`` as TIFF.

    `count` pictures, the first with the seed `first`; `diameter` is that of a mean nucleus in
    pixels. Masks are 0 and 255. Returns the folder.
    """
    folder = Path(folder)
    for number in range(first, first + count):
        image, labels = scene(number, diameter=diameter)
        name = f"slide-{number:02d}"
        write_atomic(folder / "images" / f"{name}.tif", picture_files.tiff(image, "YXC"))
        numbers = np.where(labels > 0, 255, 0).astype(np.uint8) if masks else labels
        kind = "masks" if masks else "labels"
        write_atomic(folder / kind / f"{name}.tif", picture_files.tiff(numbers))
    return folder


def _blob(
    shape: tuple[int, int], centre: tuple[float, float], diameter: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return an ellipse, turned at random."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    turn, stretch = rng.uniform(0, np.pi), rng.uniform(1.0, 1.25)
    dy, dx = y - centre[0], x - centre[1]
    along = dy * np.sin(turn) + dx * np.cos(turn)
    across = -dy * np.cos(turn) + dx * np.sin(turn)
    inside: NDArray[np.bool_] = np.hypot(along / stretch, across * stretch) < diameter / 2
    return inside


def _numbered(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Keep the largest piece of every nucleus, numbered 1 … n."""
    made = np.zeros_like(labels)
    for number, window in enumerate(ndimage.find_objects(labels), start=1):
        if window is None:
            continue
        pieces, _ = ndimage.label(labels[window] == number)
        sizes = np.bincount(pieces.ravel())[1:]
        if sizes.max() >= 12:
            made[window][pieces == sizes.argmax() + 1] = made.max() + 1
    return made


def _photographed(
    labels: NDArray[np.int32], grains: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.uint8]:
    shape = labels.shape
    stain = rng.uniform(0.6, 1.0, int(labels.max()) + 1)
    stain[0] = 0.0
    share = ndimage.gaussian_filter(stain[labels], 0.8)
    other = ndimage.gaussian_filter(grains.astype(float), 0.8)
    coarse = ndimage.gaussian_filter(rng.normal(size=shape), 12)
    light = 1 + 0.06 * coarse / coarse.std()
    cloud = ndimage.gaussian_filter(rng.normal(size=shape), 4)
    plasma = np.clip(0.12 + 0.08 * cloud / cloud.std(), 0, 0.4)
    picture = np.ones((*shape, 3)) * GROUND
    for weight, colour in ((plasma, (214, 140, 180)), (share, NUCLEUS), (other, GRAIN)):
        picture += weight[..., None] * (np.array(colour) - picture)
    picture = picture * light[..., None] * rng.uniform(0.85, 1.0) + rng.normal(0, 5, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)
