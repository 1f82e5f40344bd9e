"""The check of the exercise in ``deep-learning/nuclei-many-cameras``."""

from typing import Any

import numpy as np

from gpu_course.exercises import Check, Function, Wrong


def _disc(
    diameter: float, height: float, background: float, place: tuple[int, int] = (0, 0)
) -> np.ndarray:
    """Return a soft-edged disc in 160 × 160 pixels, (down, right) from the middle, a bit noisy."""
    y, x = np.mgrid[:160, :160] - np.reshape(place, (2, 1, 1)) - 79.5
    inside = np.clip(diameter / 2 + 0.5 - np.hypot(y, x), 0, 1)
    return background + height * inside + np.random.default_rng(3).normal(0, height / 200, y.shape)


def _diameter_score(function: Function) -> tuple[float, str]:
    """Judge on discs of several sizes, heights and backgrounds."""
    cases: tuple[tuple[Any, ...], ...] = (
        (8.0, 1.0, 0.0),
        (16.0, 50.0, 10.0),
        (30.0, 1.0, 0.0),
        (40.0, 3000.0, 500.0),
        (12.0, 1.0, 0.0, (-38, 30)),
    )
    wanted = np.array([diameter for diameter, *_ in cases])
    found = np.array([_one_number(function(_disc(*case)), case[0]) for case in cases])
    right = abs(found / wanted - 1) < 0.15
    if right[:-1].all() and not right[-1]:
        return float(right.mean()), (
            "A disc beside the middle of the image came out wrong. Take the strongest answer, "
            "wherever it is."
        )
    return float(right.mean()), "" if right.all() else _hint(found, wanted)


def _one_number(answer: object, diameter: float) -> float:
    try:
        found = float(answer)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise Wrong("Return one number, the diameter in pixels.") from error
    if not np.isfinite(found) or found <= 0:
        raise Wrong(f"A disc of {diameter:.0f} pixels, and your answer is {found}.")
    return found


def _hint(found: np.ndarray, wanted: np.ndarray) -> str:
    """Name the mistake that all answers (disc,) share; `wanted` are the diameters."""
    if found.max() < 1.5 * found.min():  # of discs that are up to five times as wide
        return (
            "Too small: multiply each answer by sigma squared, or the smallest sigma always wins."
        )
    if (abs(found * 2 * np.sqrt(2) / wanted - 1) < 0.15).all():
        return "You return the sigma. The diameter of the disc is 2 √2 times as large."
    if (abs(found * 2 / wanted - 1) < 0.15).all():
        return "You return the radius."
    worst = int(np.argmax(abs(np.log(found / wanted))))
    return (
        f"A disc of {wanted[worst]:.0f} pixels came out as {found[worst]:.0f}. In the middle of a "
        "bright disc the Laplacian is far below 0: turn its sign, and take the sigma with the "
        "largest answer."
    )


CHECKS = {
    "diameter": Check(
        metric="discs measured within 15 %",
        score=_diameter_score,
        goal=1.0,
        hint="Try many sigmas, and keep the one whose answer, times sigma squared, is largest.",
    ),
}
