"""The check of the exercise in ``deep-learning/nuclei-many-cameras``."""

import numpy as np

from gpu_course.exercises import Check, Function, Wrong


def _disc(diameter: float, height: float, background: float) -> np.ndarray:
    """Return a soft-edged disc in the middle of 160 × 160 pixels, a little noisy."""
    y, x = np.mgrid[:160, :160] - 79.5
    inside = np.clip(diameter / 2 + 0.5 - np.hypot(y, x), 0, 1)
    return background + height * inside + np.random.default_rng(3).normal(0, height / 200, y.shape)


def _diameter_score(function: Function) -> tuple[float, str]:
    """Judge on discs of several sizes, heights and backgrounds."""
    right, first = 0, None
    cases = ((8.0, 1.0, 0.0), (16.0, 50.0, 10.0), (30.0, 1.0, 0.0), (40.0, 3000.0, 500.0))
    for diameter, height, background in cases:
        answer = function(_disc(diameter, height, background))
        try:
            found = float(answer)
        except (TypeError, ValueError) as error:
            raise Wrong("Return one number, the diameter in pixels.") from error
        if not np.isfinite(found) or found <= 0:
            raise Wrong(f"A disc of {diameter:.0f} pixels, and your answer is {found}.")
        right += abs(found / diameter - 1) < 0.15
        if first is None and abs(found / diameter - 1) >= 0.15:
            first = _hint(found, diameter)
    return right / len(cases), first or ""


def _hint(found: float, diameter: float) -> str:
    if abs(found * 2 * np.sqrt(2) / diameter - 1) < 0.15:
        return "You return the sigma. The diameter of the disc is 2 √2 times as large."
    if abs(found * 2 / diameter - 1) < 0.1:
        return "You return the radius."
    if found < 0.6 * diameter:
        return (
            "Too small: multiply each answer by sigma squared, or the smallest sigma always wins."
        )
    return (
        f"A disc of {diameter:.0f} pixels came out as {found:.0f}. In the middle of a bright disc "
        "the Laplacian is far below 0: turn its sign, and take the sigma with the largest answer."
    )


CHECKS = {
    "diameter": Check(
        metric="discs measured within 15 %",
        score=_diameter_score,
        goal=1.0,
        hint="Try many sigmas, and keep the one whose answer, times sigma squared, is largest.",
    ),
}
