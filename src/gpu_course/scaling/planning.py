"""What a run asks for, looked at before anything is computed."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution import psf_faults
from gpu_course.deconvolution.arrays import as_float32
from gpu_course.deconvolution.units import number, whole, wholes
from gpu_course.devices import to_numpy
from gpu_course.errors import CourseError
from gpu_course.scaling.cutting import Shape, block_size, blocks
from gpu_course.scaling.deconvolution import Deconvolution
from gpu_course.scaling.reading import OmeImage
from gpu_course.scaling.segmentation import (
    NucleiSettings,
    growth_reach,
    seed_reach,
    smoothing_reach,
)
from gpu_course.scaling.writing import Level

STEPS = ("deconvolve", "segment", "measure")

WATERSHED_BYTES = 100
"""Per voxel of a window: the watershed of scikit-image, with what goes in and comes out."""

RESIDENT = 2.2
"""Resident memory of a process for each byte of arrays that a deconvolution counts: measured. FFTs
have work space of their own, and the allocator keeps what it once had."""

HALF = 0.5
"""Of its largest value: where a PSF is cut within this height, what is missing shows."""

DARK = 0.02
"""Of its largest value: the mean along the edges of a PSF, far from its middle, is below."""


def check_steps(steps: Sequence[str], psf: Any) -> None:
    """Make sure that the steps are known and have what they need."""
    if isinstance(steps, str) or not hasattr(steps, "__iter__"):
        raise CourseError(f"steps={steps!r}: give a list of them, of {', '.join(STEPS)}.")
    unknown = [step for step in steps if step not in STEPS]
    if unknown or not steps:
        asked = ",".join(map(str, steps)) or "none"
        raise CourseError(f"steps={asked}: choose from {', '.join(STEPS)}.")
    if "measure" in steps and "segment" not in steps:
        raise CourseError("To measure, there must be labels: add the step segment.")
    if "deconvolve" in steps and psf is None:
        raise CourseError("To deconvolve, there must be a PSF: give one, or leave the step out.")


def refuse_inside(target: Path, source: Path) -> None:
    """Make sure that the output does not become a part of the input."""
    if source.resolve() in target.resolve().parents:
        raise CourseError(
            f"{target} lies in the input, which nothing may write into. Choose another output."
        )


def lens_for(psf: Any, image: OmeImage, iterations: int, background: float) -> Deconvolution:
    """Return the deconvolution of a block, if PSF and numbers are such."""
    values = np.ascontiguousarray(to_numpy(as_float32(psf, "PSF")))
    if values.ndim != 3 or any(p > n for p, n in zip(values.shape, image.shape, strict=True)):
        raise CourseError(
            f"The PSF has shape {values.shape} and the volume {image.shape}. Give a PSF with the "
            "axes (z, y, x) that is nowhere larger; crop it if need be."
        )
    _doubt(values)
    iterations, background = whole(iterations, "iterations"), number(background, "background")
    if not 0 <= background < np.inf:
        raise CourseError(f"background={background:g}, but light is never negative: 0 or more.")
    return Deconvolution(values, 1.0, iterations, background)


def _doubt(psf: NDArray[np.float32]) -> None:
    """Warn of a PSF that spoils the result, once for a volume and not for each block.

    `psf_faults.check` is stricter, as whoever asks it wants to mend what can be mended. A measured
    PSF may be right although noise makes the voxel beside the middle the brightest, or a small one
    although there is some light in most of its border.
    """
    if psf.min() < 0 or not psf.any():
        return  # refused later
    psf_faults.notice(psf, level=5)
    told = psf_faults.is_flat(psf.astype(np.float64)) or psf_faults.on_pedestal(psf)
    if not told and _is_lit_around(psf):
        warnings.warn(
            "The border of the PSF is not dark: either it is cut too small, or a background is "
            "left in it. Cut it larger, or subtract the background.",
            stacklevel=4,
        )


def _is_lit_around(psf: NDArray[np.float32]) -> bool:
    """Return whether a PSF ends before its own half height, or is bright along its edges."""
    most = psf.max()
    at_end = np.zeros(psf.shape, np.int8)
    for axis, n in enumerate(psf.shape):
        if n > 2:  # a single plane has no border before and after it
            at_end[(slice(None),) * axis + ([0, -1],)] += 1
    edges = psf[at_end >= 2]
    halved = bool((psf[at_end >= 1] >= HALF * most).any())
    return halved or bool(edges.size and edges.mean() > DARK * most)


def reaches(
    lens: Deconvolution | None, settings: NucleiSettings, voxel_size: Sequence[float]
) -> dict[str, Shape]:
    """Return how far each step looks beyond its block, in voxels; steps without any are left out.

    Parameters
    ----------
    lens : Deconvolution, optional
    settings : NucleiSettings
    voxel_size : (z, y, x)
        In µm.
    """
    blur = smoothing_reach(settings, voxel_size)
    found = {
        "extremes": blur,
        "histogram": blur,
        "seeds": seed_reach(settings, voxel_size),
        "segment": growth_reach(settings, voxel_size),
    }
    if lens is not None:
        found["deconvolve"] = lens.reach
    return found


def _reach(
    lens: Deconvolution | None, settings: NucleiSettings, steps: Sequence[str], image: OmeImage
) -> Shape:
    """Return the longest reach of all steps, along each axis."""
    each = reaches(lens, settings, image.voxel_size)
    steps = [step for step in ("deconvolve", "segment") if step in each and step in steps]
    longest: list[Shape] = [(0, 0, 0), *(each[step] for step in steps)]
    return tuple(max(along) for along in zip(*longest, strict=True))


def block_for(
    image: OmeImage,
    lens: Deconvolution | None,
    settings: NucleiSettings,
    steps: Sequence[str],
    block: Shape | None,
    memory: float,
    chunks: Shape,
) -> Shape:
    """Return the block that was asked for, in whole chunks, or the best that fits."""
    if block is not None:
        block = wholes(block, 3, "block")
        return tuple(-(-b // c) * c for b, c in zip(block, chunks, strict=True))

    def needed(window: Shape) -> int:
        found = WATERSHED_BYTES * prod(window) if "segment" in steps else 16 * prod(window)
        most = max(found, RESIDENT * lens.memory(window) if lens is not None else 0)
        return int(most) + 2**20  # a little is Zarr's own

    reach = _reach(lens, settings, steps, image)
    return block_size(image.shape, reach, needed, memory, multiple=chunks)


def refuse_small_windows(finest: Level, lens: Deconvolution | None) -> None:
    """Make sure before anything is computed that the PSF fits into every window."""
    if lens is None:
        return
    for block in blocks(finest.shape, finest.block, lens.reach):
        window = tuple(s.stop - s.start for s in block.outer)
        if any(n < p for n, p in zip(window, lens.psf.shape, strict=True)):
            raise CourseError(
                f"Block {block.name} with its reach has {window} voxels, fewer than the PSF "
                f"{lens.psf.shape}. Choose other blocks, or crop the PSF."
            )
