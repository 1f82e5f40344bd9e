"""Checks of the exercises in deconvolution/simulated-sphere."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gpu_course.exercise_answers import is_whole, number
from gpu_course.exercises import Check, Function, Wrong

#: Who takes the nearest values misses the coarse edge by 9 %; a fitted curve misses none by 6 %.
MOST_OFF = 0.08
#: 10–90 % of a step blurred by a Gaussian with a standard deviation of 1.
GAUSSIAN_EDGE = 2 * 1.2815515655446004


def edges() -> dict[str, tuple[NDArray[np.float64], float, float]]:
    """Return edges of known width: what is special → (values, step in µm, width in µm)."""
    from scipy.special import erf

    def rise(n: int, step: float, place: float, width: float) -> NDArray[np.float64]:
        x = np.arange(n) * step - place
        sigma = width / GAUSSIAN_EDGE
        return np.asarray((1 + erf(x / (sigma * 2**0.5))) / 2)

    plain = rise(60, 0.1, 3.04, 1.0)
    coarse = 30 + 200 * rise(32, 0.3, 4.9, 1.65)
    ringing = rise(64, 0.1, 2.63, 0.6)
    x = np.arange(64) * 0.1 - 2.63
    # It leaves the two crossings alone, and the plateau far from the edge as well.
    ringing = 120 * (ringing + 0.25 * np.exp(-(((x - 1.0) / 0.25) ** 2)))
    speck = 80 * rise(72, 0.1, 4.02, 0.8)
    speck[22] = 30
    return {
        "plain": (plain, 0.1, 1.0),
        "coarse": (coarse, 0.3, 1.65),
        "ringing": (ringing, 0.1, 0.6),
        "speck": (speck, 0.1, 0.8),
    }


_EDGE_HINTS = {
    "plain": "Take a clean edge first: where, between two values, are its 10 % and its 90 %?",
    "coarse": "On a coarse, dim edge it is off: take the levels relative to dark and bright, and "
    "find the place between two values where the line crosses them.",
    "ringing": "One edge overshoots before it levels out, as results of a deconvolution do. Take "
    "the mean of the last quarter for bright, and not the highest value.",
    "speck": "One line has a speck far outside of the object. Find the half-way point of the edge "
    "first, with the dark side as the mean of the first quarter, and search outwards from there.",
}


def edge_score(function: Function) -> tuple[float, str]:
    """Return 1 minus the mean relative error, and a hint for the first edge that fails.

    An edge that is off by more than `MOST_OFF` is not made up for by the others.
    """
    errors, hint = [], ""
    for name, (values, step, width) in edges().items():
        given = values.copy()
        measured = number(function(given, step), "the width in µm")
        if not np.array_equal(given, values):
            raise Wrong("Your function changed the values that it was given. Work on a copy.")
        if name == "plain" and math.isclose(measured, width / step, rel_tol=0.15):
            raise Wrong("That is the number of values. Times the step it becomes µm.")
        if measured < 0:
            raise Wrong("The width is negative: the values go from dark to bright.")
        error = abs(measured - width) / width if math.isfinite(measured) else 1.0
        errors.append(min(error, 1.0))
        if error > 0.05 and not hint:
            hint = _EDGE_HINTS[name]
    return 1 - float(max(errors) if max(errors) > MOST_OFF else np.mean(errors)), hint


@dataclass(frozen=True)
class Case:
    """A picture, and the error that every number of iterations would leave."""

    image: NDArray[np.float32]
    psf: NDArray[np.float32]
    background: float
    error: NDArray[np.float64]


MOST = 60
#: (photons in a voxel of the sphere, background): from too dim to see to bright.
LIGHT = ((15, 10), (50, 50), (500, 10))


@cache
def cases() -> tuple[Case, ...]:
    """Return pictures of a small sphere in little and in much light; no chapter shows them."""
    from gpu_course.deconvolution import psf, simulation
    from gpu_course.images.phantoms import SPHERE_VOXEL, sphere_phantom
    from gpu_course.lessons.deconvolution.simulated_sphere.history import watch

    lens = psf.theoretical(
        (15, 25, 25), SPHERE_VOXEL, wavelength=0.52, numerical_aperture=1.0, refractive_index=1.33
    )
    made = []
    for place, (light, background) in enumerate(LIGHT):
        truth = sphere_phantom((20, 40, 40), radius=1.55, intensity=light).object
        image = simulation.simulate(truth, lens, background=background, seed=100 + place)
        history = watch(image, lens, truth, MOST, background=background)
        made.append(Case(image, lens, background, history.error))
    return tuple(made)


def stop_score(function: Function) -> tuple[float, str]:
    """Return the mean over pictures of the least error divided by the error at the answer."""
    ratios, answers, best = [], [], []
    for case in cases():
        answer = function(case.image.copy(), case.psf.copy(), case.background)
        found = number(answer, "how many iterations, and not the estimate")
        if not is_whole(found):
            raise Wrong(f"Return a whole number of iterations; yours is {found:g}.")
        if not 1 <= int(found) <= MOST:
            raise Wrong(f"Return a number of iterations from 1 to {MOST}; yours is {int(found)}.")
        answers.append(int(found))
        best.append(int(case.error.argmin()) + 1)
        ratios.append(float(case.error.min() / case.error[answers[-1] - 1]))
    tried = ", ".join(f"{a} where {b} is best" for a, b in zip(answers, best, strict=True))
    if len(set(answers)) == 1:
        hint = "One number for every picture is too many for the dim one, too few for the bright."
    elif np.mean(np.array(answers) > 1.3 * np.array(best)) >= 0.25:
        hint = (
            f"It goes on for too long ({tried}), and the estimate learns the noise. A small change "
            "or a small deviance does not show that. Photons that the deconvolution has not seen "
            "would: set half of them aside."
        )
    else:
        hint = f"It stops too early ({tried}): there is more to gain before the noise takes over."
    return float(np.mean(ratios)), hint


CHECKS = {
    "edge-width": Check(
        metric="1 minus the relative error of the width",
        score=edge_score,
        goal=0.97,
        hint="Find where the line crosses 10 % and 90 %, between two values.",
    ),
    "stop-in-time": Check(
        metric="least possible error divided by the error where you stop",
        score=stop_score,
        goal=0.97,
        hint="Judge each estimate by photons that the deconvolution has not seen.",
    ),
}
