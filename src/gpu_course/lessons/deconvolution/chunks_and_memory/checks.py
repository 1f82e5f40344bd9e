"""Checks of the exercises in deconvolution/chunks-and-memory."""

from functools import cache
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.exercise_answers import is_whole, numbers
from gpu_course.exercises import Check, Function, Wrong

Shape = tuple[int, ...]
VOXEL_SIZE = (0.3, 0.15, 0.15)
SHAPE = (36, 32, 80)
CHUNK = (18, 32, 40)


def _lenses() -> list[tuple[NDArray[np.float32], float]]:
    """Return PSFs of different reach, each with a tolerance."""
    from gpu_course.deconvolution import psf

    confocal = psf.theoretical(
        (17, 21, 21),
        VOXEL_SIZE,
        wavelength=0.52,
        excitation=0.488,
        numerical_aperture=1.0,
        refractive_index=1.33,
        kind="confocal",
    )
    round_one = psf.gaussian((15, 31, 31), (0.45, 0.45, 0.45), VOXEL_SIZE)
    tall = psf.gaussian((17, 25, 25), (0.75, 0.15, 0.15), VOXEL_SIZE)
    return [(confocal, 0.03), (round_one, 0.02), (tall, 0.12)]


@cache
def problems() -> tuple[tuple[NDArray[np.float32], float, Any, Any], ...]:
    """Return (PSF, tolerance, image, result in one piece) of each problem."""
    from gpu_course.deconvolution import richardson_lucy, simulation
    from gpu_course.images.phantoms import nuclei_phantom

    tissue = nuclei_phantom(SHAPE, seed=77, voxel_size=VOXEL_SIZE, radius=1.6).object
    made = []
    for number, (lens, tolerance) in enumerate(_lenses()):
        image = simulation.simulate(tissue, lens, background=20, seed=number)
        whole = richardson_lucy(image, lens, 20, background=20, acceleration=None)
        made.append((lens, tolerance, image, whole))
    return tuple(made)


def _whole_numbers(found: Any, axes: int, least: int, what: str) -> Shape:
    """Return the answer as a tuple of whole numbers, or say what is wrong with it."""
    values = numbers(found, axes, f"one number for each axis, (z, y, x), as {what}")
    if not all(is_whole(value) and value >= least for value in values):
        raise Wrong(f"Return whole numbers of at least {least}; your {what} is {values}.")
    return tuple(int(value) for value in values)


def _light_beyond(lens: NDArray[np.float32], axis: int, reach: int) -> float:
    """Return the share of a PSF's light that lies further than `reach` voxels along an axis."""
    profile = lens.astype(np.float64).sum(axis=tuple(a for a in range(lens.ndim) if a != axis))
    distance = abs(np.arange(len(profile)) - len(profile) // 2)
    return float(profile[distance > reach].sum() / profile.sum())


def overlap_score(function: Function) -> tuple[float, str]:
    """Return the mean of 0 where a seam shows, else voxels needed divided by voxels computed."""
    from gpu_course.deconvolution import chunked
    from gpu_course.lessons.deconvolution.chunks_and_memory.solutions import choose_overlap
    from gpu_course.lessons.deconvolution.chunks_and_memory.tiles import seam_error

    scores, hint = [], ""
    for lens, tolerance, image, whole in problems():
        overlap = _whole_numbers(function(lens.copy(), tolerance), 3, 0, "overlap")
        # These PSFs are alike along y and x, so that one seam judges both overlaps.
        across = 1 if overlap[1] < overlap[2] else 2
        limited = min(overlap[0], SHAPE[0]), 0, min(overlap[across], SHAPE[2])
        parts = chunked(
            image, lens, 20, chunk=CHUNK, overlap=limited, background=20, acceleration=None
        )
        errors = {axis: seam_error(whole, parts, CHUNK[axis], axis) for axis in (0, 2)}
        seam = max(errors, key=lambda axis: errors[axis])
        worst = seam and across
        if errors[seam] > tolerance:
            scores.append(0.0)
            advice = "How much light does the PSF send further than that?"
            if _light_beyond(lens, worst, overlap[worst]) <= tolerance:
                advice = (
                    "One way is enough. But light goes through the PSF twice in an iteration, and "
                    "np.convolve(profile, profile[::-1]) is the profile of such a round trip."
                )
            hint = hint or (
                f"A seam along {'zyx'[worst]} shows: it is off by {errors[seam]:.3f} of the range "
                f"where {tolerance} is allowed, with an overlap of {overlap[worst]}. {advice}"
            )
            continue
        needed = choose_overlap(lens, tolerance)
        least, yours = (
            prod(c + 2 * o for c, o in zip(CHUNK, each, strict=True)) for each in (needed, overlap)
        )
        scores.append(min(1.0, least / yours))
        if scores[-1] < 0.9:
            hint = hint or (
                f"No seam, but {overlap} makes every chunk compute {yours / least:.1f} times "
                f"what is needed for a PSF of {lens.shape}. Its array is larger than its light: "
                "stop where the light beyond is less than the tolerance, for each axis by itself."
            )
    return float(np.mean(scores)), hint


GIB = 2**30
#: Volume, PSF, overlap, memory: a thin stack, a cube, and one that fits as it is.
JOBS: tuple[tuple[Shape, Shape, Shape, int], ...] = (
    ((100, 2048, 2048), (33, 65, 65), (8, 16, 16), 4 * GIB),
    ((600, 600, 600), (31, 41, 41), (10, 12, 12), GIB),
    ((40, 512, 512), (17, 31, 31), (6, 8, 8), 8 * GIB),
)


def plan_score(function: Function) -> tuple[float, str]:
    """Return the mean over jobs of the least work divided by the plan's; 0 if it does not fit."""
    from gpu_course.lessons.deconvolution.chunks_and_memory.solutions import plan_tiles
    from gpu_course.lessons.deconvolution.chunks_and_memory.tiles import (
        bytes_for,
        with_overlap,
        work_of,
    )

    scores, hint = [], ""
    for shape, psf_shape, overlap, memory in JOBS:
        found = _whole_numbers(function(shape, psf_shape, overlap, memory), 3, 1, "chunk")
        chunk = tuple(min(c, n) for c, n in zip(found, shape, strict=True))
        outer = with_overlap(chunk, shape, overlap)
        job = f"{memory / GIB:.0f} GiB for {' × '.join(map(str, shape))}"
        if any(o < p for o, p in zip(outer, psf_shape, strict=True)):
            scores.append(0.0)
            hint = hint or f"{job}: a chunk of {chunk} is smaller than the PSF. Take larger ones."
            continue
        need = bytes_for(chunk, shape, psf_shape, overlap)
        if need > memory:
            scores.append(0.0)
            hint = hint or (
                f"{job}: a chunk of {chunk} is {outer} with its overlap and needs "
                f"{need / GIB:.2f} GiB. Ask bytes_for() before you accept a chunk."
            )
            continue
        try:
            best = work_of(plan_tiles(shape, psf_shape, overlap, memory), shape, psf_shape, overlap)
        except CourseError:  # no job above is impossible
            best = 0.0
        work = work_of(chunk, shape, psf_shape, overlap)
        scores.append(min(1.0, best / work))
        if scores[-1] < 0.9:
            hint = hint or (
                f"{job}: chunks of {chunk} fit, but transform {work:.1f} voxels for each voxel of "
                f"the volume, where {best:.1f} would do. Take the largest chunks that fit, and do "
                "not cut an axis that is short anyway: compare work_of() over several shapes."
            )
    return float(np.mean(scores)), hint


CHECKS = {
    "choose-the-overlap": Check(
        metric="voxels needed divided by voxels computed, 0 where a seam shows",
        score=overlap_score,
        solution="gpu_course.lessons.deconvolution.chunks_and_memory.solutions:choose_overlap",
        goal=0.9,
        hint="How much light does the PSF send further than the overlap, along each axis?",
    ),
    "plan-the-tiles": Check(
        metric="least work divided by yours, 0 where the memory does not suffice",
        score=plan_score,
        solution="gpu_course.lessons.deconvolution.chunks_and_memory.solutions:plan_tiles",
        goal=0.9,
        hint="Take the largest chunks that fit.",
    ),
}
