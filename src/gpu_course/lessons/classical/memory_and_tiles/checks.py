"""The checks of the exercises in ``classical/memory-and-tiles``."""

from typing import Any

import numpy as np

from gpu_course.exercise_answers import is_whole, number
from gpu_course.exercise_result import told
from gpu_course.exercises import Check, Function, Wrong


def _random_image(shape: tuple[int, int], seed: int) -> np.ndarray:
    """Return float32 noise with spots from 0 to about 1000, which no filter leaves unchanged."""
    return (1000 * np.random.default_rng(seed).random(shape)).astype(np.float32)


def lean_score(function: Function) -> tuple[float, str]:
    """Return the least known peak divided by the function's own, and a hint."""
    from gpu_course import cle, devices
    from gpu_course.classical.memory import measure_peak
    from gpu_course.lessons.classical.memory_and_tiles import solutions

    devices.use_opencl()
    image = _random_image((160, 192), seed=3)
    results: list[Any] = []
    sources: list[np.ndarray] = []

    def watched(source: Any) -> Any:
        answer = function(source)
        results.append(answer)
        sources.append(np.asarray(source))
        return answer

    peak = measure_peak(watched, image)
    result = results[0]
    if not cle.is_image(result):
        raise Wrong(
            "Return an array on the device, the result of a clesperanto function; yours is "
            f"{told(result)}."
        )
    if not np.array_equal(sources[0], image):
        raise Wrong(
            "Your function changed the image that it was given. Write over arrays of your own only."
        )
    expected = cle.pull(solutions.blobs_wasteful(cle.push(image)))
    found = cle.pull(result)
    if found.shape != expected.shape:
        raise Wrong(f"The result has shape {found.shape}, the image {expected.shape}.")
    worst = float(np.abs(found.astype(np.float64) - expected).max())
    if not worst < 1e-2:  # written so that NaN fails as well
        raise Wrong(
            f"The result differs from the pipeline's by up to {worst:.3g}. Is an array overwritten "
            "that is still needed?"
        )
    least = 6.0  # the image, the best so far, two blurred ones, and two inside the blur
    if peak.buffers >= 10:
        hint = "The peak is that of the first version. Which arrays still have a name at the end?"
    elif peak.buffers >= 7.5:
        hint = (
            "Better. A list keeps all its arrays: compute each blurred image when its turn comes, "
            "and keep only the last one and the best answer so far."
        )
    else:
        hint = (
            "Nearly. One array more than needed: give subtract_images and maximum_images one of "
            "their own sources as destination."
        )
    return min(1.0, least / peak.buffers), hint


#: Chains with different reaches: a blur alone, filters that add up, and one pixel-wise step.
CHAINS: list[list[tuple[str, float]]] = [
    [("gaussian_blur", 2)],
    [("top_hat_box", 3), ("multiply_image_and_scalar", 5)],
    [("gaussian_blur", 1), ("mean_box", 3), ("maximum_box", 2)],
]


#: What the names of the chapter's filters, the prototype's, are called in :mod:`gpu_course.cle`.
FILTERS = {"mean_box": "mean_filter", "maximum_box": "maximum_filter", "top_hat_box": "top_hat"}


def run_chain(steps: list[tuple[str, float]], image: Any) -> Any:
    """Run a chain of filters on an array on the device."""
    from gpu_course import cle

    for name, size in steps:
        if name == "gaussian_blur":
            image = cle.gaussian_blur(image, sigma_x=size, sigma_y=size)
        elif name == "multiply_image_and_scalar":
            image = cle.multiply_image_and_scalar(image, scalar=size)
        else:
            image = getattr(cle, FILTERS[name])(image, radius_x=size, radius_y=size)
    return image


def reach_score(function: Function) -> tuple[float, str]:
    """Cut an image into tiles with the overlap the function gives, and compare with the whole.

    The score is the mean over the chains of 0 where seams appear, and otherwise of the overlap
    needed divided by the overlap given.
    """
    from gpu_course import cle, devices
    from gpu_course.classical.memory import in_tiles
    from gpu_course.lessons.classical.memory_and_tiles import solutions

    devices.use_opencl()
    image = _random_image((96, 80), seed=11)
    scores, hint = [], ""
    for steps in CHAINS:
        overlap = number(function(list(steps)), "the overlap in pixels")
        if not is_whole(overlap) or overlap < 0:
            raise Wrong(f"Overlap is in whole pixels, 0 or more; yours is {overlap:g}.")
        whole = cle.pull(run_chain(steps, cle.push(image)))
        tiled = in_tiles(lambda tile, s=steps: run_chain(s, tile), image, 32, int(overlap))  # type: ignore[misc]
        names = " → ".join(f"{name} {size}" for name, size in steps)
        needed = solutions.reach(steps)
        if np.abs(tiled - whole).max() > 1e-3 * float(np.abs(whole).max()) / 100:
            scores.append(0.0)
            hint = hint or f"Seams: {int(overlap)} pixels are too few for {names}. " + (
                "The reaches of filters that follow each other add up."
                if len(steps) == 3
                else "How far do its two passes look together?"
                if steps[0][0] == "top_hat_box"
                else "clesperanto cuts the bell curve off at four sigma."
            )
        else:
            scores.append(min(1.0, needed / max(int(overlap), 1)))
            if overlap > needed:
                hint = hint or f"No seams, but {names} needs fewer than {int(overlap)} pixels."
    return sum(scores) / len(scores), hint


CHECKS = {
    "reduce-the-peak": Check(
        metric="least known peak divided by yours",
        score=lean_score,
        solution="gpu_course.lessons.classical.memory_and_tiles.solutions:blobs_lean",
        goal=0.99,
        hint="Which arrays still have a name when the largest number of them is alive?",
    ),
    "overlap": Check(
        metric="overlap needed divided by overlap given, 0 where seams appear",
        score=reach_score,
        solution="gpu_course.lessons.classical.memory_and_tiles.solutions:reach",
        goal=0.99,
        hint="The reaches of filters that follow each other add up.",
    ),
}
