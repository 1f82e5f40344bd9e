"""The check of the exercise in ``classical/arrays-and-memory``."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from gpu_course.exercise_answers import number
from gpu_course.exercises import Check, Function, Wrong


@contextmanager
def _pulls(kind: type) -> Iterator[list[tuple[int, ...]]]:
    """Note the shapes of images of a kind that are brought from the device meanwhile."""
    pulled: list[tuple[int, ...]] = []
    ways = {name: getattr(kind, name) for name in ("get", "__array__") if hasattr(kind, name)}

    def noted(way: Function) -> Function:
        def bring(image: Any, *arguments: Any, **named: Any) -> Any:
            pulled.append(tuple(image.shape))
            return way(image, *arguments, **named)

        return bring

    try:
        for name, way in ways.items():
            setattr(kind, name, noted(way))
        yield pulled
    finally:
        for name, way in ways.items():
            setattr(kind, name, way)


def variance_score(function: Function) -> tuple[float, str]:
    """Return 1 minus the relative error of the variance, not below 0, and a hint."""
    from gpu_course import cle, devices

    devices.use_opencl()
    # A camera with a high offset, and not that of the page: the mean has to be computed.
    values = 20_000 + 5 * np.random.default_rng(5).standard_normal((512, 512))
    image = cle.push(values)
    truth = float(np.asarray(image, dtype=np.float64).var())
    with _pulls(type(image)) as pulled:
        answer = function(image)
    found = number(answer, "the variance of all pixels")
    if any(math.prod(shape) > 1 for shape in pulled):
        raise Wrong(
            "Your function brought an image back to the processor. Stay on the device: each "
            "operation that you need takes an image there and leaves its result there."
        )
    if not np.array_equal(np.asarray(image), values.astype(np.float32)):
        raise Wrong("Your function changed the image that it was given.")
    mean = float(values.mean())
    # The usual slips, each with the value it leads to.
    slips = [
        (math.sqrt(truth), "That is the standard deviation: return its square."),
        (truth * values.size, "That is the sum over all pixels. The variance is their mean."),
        (mean, "That is the mean of the pixels. How far from it do they lie?"),
        (mean**2, "That is the mean of the squares. The square of the mean is still in it."),
        (
            (mean - 30_000) ** 2,
            "Did you take 30,000 away? That is the offset of the page's camera, and not of this "
            "one. Compute the mean of the image that you are given.",
        ),
    ]
    score = max(1 - abs(found - truth) / truth, 0.0) if math.isfinite(found) else 0.0
    for value, hint in slips:
        if math.isclose(found, value, rel_tol=0.02):
            return score, hint
    if abs(found) < truth / 2:
        return score, (
            "That is too little. Deviations from the mean are as often negative as positive, and "
            "their mean is 0: square them first."
            if abs(found) < truth / 50
            else ""
        )
    return score, (
        "The mean of the squares and the square of the mean are near 400 million here, and they "
        "differ by 25. How many digits does float32 leave for that? Which step has to come first?"
    )


CHECKS = {
    "variance": Check(
        metric="1 minus the relative error",
        score=variance_score,
        goal=0.98,
        hint="Subtract the mean from every pixel before you square.",
    ),
}
