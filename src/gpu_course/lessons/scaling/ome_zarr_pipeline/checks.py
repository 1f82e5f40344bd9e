"""Checks of the exercises in scaling/ome-zarr-pipeline."""

from math import prod

import numpy as np

from gpu_course.exercise_answers import array, is_whole, items, numbers
from gpu_course.exercises import Check, Function, Wrong

#: Chunk, array, and voxels that a shard may hold.
ARRAYS = (
    ((16, 64, 64), (400, 2048, 2048), 2**26),
    ((1, 256, 256), (100, 1000, 1500), 2**22),
    ((32, 32, 32), (40, 100, 64), 2**30),
    ((64, 64, 64), (500, 500, 500), 2**18),
)


def _score_shard(function: Function) -> tuple[float, str]:
    """Return the mean share of the room that is used, 0 for a shard that cannot be."""
    from gpu_course.lessons.scaling.ome_zarr_pipeline.solutions import choose_shard

    scores, hint = [], ""
    for chunk, shape, most in ARRAYS:
        wanted = "the shape of a shard: three whole numbers from 1 up"
        found = numbers(function(chunk, shape, most), 3, wanted)
        if not all(is_whole(n) and n >= 1 for n in found):
            raise Wrong(f"Return {wanted}; yours are {found}.")
        shard = tuple(int(n) for n in found)
        case = f"chunks {chunk} of {shape}, at most {most} voxels"
        if any(s % c for s, c in zip(shard, chunk, strict=True)):
            fault = f"{shard} is not made of whole chunks, and Zarr refuses it."
        elif prod(shard) > most and shard != chunk:
            fault = f"{shard} holds {prod(shard)} voxels, more than a shard may."
        elif any(s >= n + c for s, n, c in zip(shard, shape, chunk, strict=True)):
            fault = f"{shard} has whole chunks beyond the end of the array."
        else:
            best = prod(choose_shard(chunk, shape, most))
            scores.append(min(1.0, prod(shard) / best))
            if scores[-1] < 0.9:
                hint = hint or f"{case}: {shard} leaves much room. Take as many chunks as fit."
            continue
        scores.append(0.0)
        hint = hint or f"{case}: {fault}"
    return float(np.mean(scores)), hint


#: Shapes of images, and the edges of their voxels.
IMAGES = (((6, 8, 10), (0.5, 0.25, 0.2)), ((4, 2, 14), (1.0, 0.3, 0.4)))


def _score_coarser(function: Function) -> tuple[float, str]:
    """Return the share of images, scales and translations that are right, and the first hint."""
    rights, hint = [], ""
    for shape, voxel_size in IMAGES:
        right, advice = _coarser_case(function, shape, voxel_size)
        rights += right
        hint = hint or advice
    return float(np.mean(rights)), hint


def _coarser_case(
    function: Function, shape: tuple[int, ...], voxel_size: tuple[float, ...]
) -> tuple[list[bool], str]:
    """Return whether image, scale and translation of one image are right, and a hint."""
    image = np.random.default_rng(0).random(shape)
    given = image.copy()
    parts = items(function(given, voxel_size), "the coarse image, scale and translation")
    if len(parts) != 3:
        raise Wrong(f"Return the coarse image, its scale and its translation, not {len(parts)}.")
    if not np.array_equal(given, image):
        raise Wrong("Your function changed the image it was given. Make a new array.")
    half = tuple(n // 2 for n in shape)
    coarse = array(parts[0], "the coarse image first", half)
    scale = numbers(parts[1], 3, "the edges of a voxel, (z, y, x)")
    shift = numbers(parts[2], 3, "the place of the first voxel, (z, y, x)")
    wanted = image.reshape([k for n in half for k in (n, 2)]).mean((1, 3, 5))
    right = [
        bool(np.allclose(coarse, wanted)),
        bool(np.allclose(scale, np.multiply(2, voxel_size))),
        bool(np.allclose(shift, np.divide(voxel_size, 2))),
    ]
    hints = [
        "Your voxels are not the means of 2 × 2 × 2 voxels."
        + (" You took every second one." if np.allclose(coarse, image[::2, ::2, ::2]) else ""),
        "The edges of the new voxels are twice the old ones, along each axis.",
        "The centre of the first new voxel lies in the middle between the first two old ones: "
        "half an old voxel from 0.",
    ]
    return right, next((h for ok, h in zip(right, hints, strict=True) if not ok), "")


CHECKS = {
    "choose-shard": Check(
        metric="share of the room that is used, 0 where Zarr would refuse",
        score=_score_shard,
        goal=0.9,
        hint="Begin with one chunk, and double an axis as long as it fits.",
    ),
    "coarser-resolution": Check(
        metric="share of image, scale and translation that is right",
        score=_score_coarser,
        goal=1.0,
        hint="Means of 2 × 2 × 2 voxels, twice the edges, and the centre of the first.",
    ),
}
