"""The checks of the exercises in ``deep-learning/your-own-images``."""

import numpy as np
from numpy.typing import NDArray

from gpu_course.exercise_answers import is_whole, items, number
from gpu_course.exercises import Check, Function, Wrong

CASES = (
    (["a"] * 4 + ["b"] * 3 + ["c"] * 2 + ["d"] * 3, 3),
    (["x", "y", "z"] * 4, 2),
    (["one", "two", "three", "four", "five", "six"], 2),
)
"""The plate of each image, and how many images are wanted."""

SEEDS = range(6)


def _plates_score(function: Function) -> tuple[float, str]:
    """Return the share of draws that are right, and a hint for the first that was not."""
    right, hint, draws = 0, "", 0
    state = _shared_chance()
    for plates, wanted in CASES:
        found = []
        for seed in SEEDS:
            chosen = _chosen(function, plates, wanted, seed)
            if sorted(_chosen(function, plates, wanted, seed)) != sorted(chosen):
                return 0.5, (
                    f"Seed {seed} drew other plates the second time. Take all chance from "
                    "np.random.default_rng(seed)."
                )
            fault = _fault(chosen, plates, wanted)
            draws += 1
            right += not fault
            hint = hint or fault
            found.append(tuple(sorted(chosen)))
        if not hint and len(set(found)) == 1:
            return 0.5, "Every seed draws the same plates. Draw them with the seed."
    if not np.array_equal(state, _shared_chance()):
        hint = hint or (
            "Your function turns the wheel of chance that all other code shares "
            "(np.random.seed). Take a generator of your own: np.random.default_rng(seed)."
        )
        return min(0.5, right / draws), hint
    return right / draws, hint


def _shared_chance() -> NDArray[np.uint32]:
    """Return the state of NumPy's global generator, which is the same until somebody draws."""
    return np.append(*np.random.get_state()[1:3])  # type: ignore[index]


def _chosen(function: Function, plates: list[str], wanted: int, seed: int) -> list[int]:
    """Return the numbers of images that a function draws from a copy of the plates."""
    given = list(plates)
    chosen = _numbers(function(given, wanted, seed))
    if given != plates:
        raise Wrong("Your function changed the list it was given. Work on a copy.")
    return chosen


def _numbers(answer: object) -> list[int]:
    """Return the numbers of images in an answer, in whatever it holds them."""
    wanted = "the numbers of the images, counted from 0, in a list"
    found = [
        number(n, wanted)
        for n in items(sorted(answer) if isinstance(answer, set) else answer, wanted)
    ]
    if not all(map(is_whole, found)):
        raise Wrong(f"Return {wanted}: numbers of images are whole.")
    return [int(n) for n in found]


def _fault(chosen: list[int], plates: list[str], wanted: int) -> str:
    if not all(0 <= n < len(plates) for n in chosen) or len(set(chosen)) != len(chosen):
        return "Each number is that of an image, counted from 0, and comes once."
    inside = {plates[n] for n in chosen}
    if inside & {plate for n, plate in enumerate(plates) if n not in chosen}:
        return "A plate has images on both sides: take all images of a plate, or none."
    if len(chosen) < wanted:
        return f"There are {len(chosen)} images for validation, and {wanted} were wanted at least."
    # Whichever plate came last: without the largest there are too few.
    if len(chosen) - max(plates.count(plate) for plate in inside) >= wanted:
        return "There are enough images without the last plate: stop as soon as there are enough."
    return ""


CHECKS = {
    "whole-plates": Check(
        metric="share of draws without a fault",
        score=_plates_score,
        goal=1.0,
        hint="Draw plates, not images, and count the images that came with them.",
    ),
}
