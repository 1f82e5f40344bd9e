"""The checks of the exercises in ``deep-learning/your-own-images``."""

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
    for plates, wanted in CASES:
        found = []
        for seed in SEEDS:
            given = list(plates)
            chosen = _numbers(function(given, wanted, seed))
            if given != plates:
                raise Wrong("Your function changed the list it was given. Work on a copy.")
            fault = _fault(chosen, plates, wanted)
            draws += 1
            right += not fault
            hint = hint or fault
            found.append(tuple(sorted(chosen)))
        if not hint and len(set(found)) == 1:
            return 0.5, "Every seed draws the same plates. Draw them with the seed."
    return right / draws, hint


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
