"""The check of the exercise in ``deconvolution/introduction``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.exercise_answers import array
from gpu_course.exercises import Check, Function, Wrong

CASES = [((32, 40), 0.1), ((33, 41), 0.1), ((32, 41), 0.2)]
"""Shapes of images, and floors."""


def _case(shape: tuple[int, int]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return a noisy image, and an OTF with real, imaginary and negative values."""
    dice = np.random.default_rng(sum(shape))
    y, x = (np.arange(n) - n // 2 for n in shape)
    spot = np.exp(-(y[:, None] ** 2 + (x - 0.7) ** 2) / 5) + 0.4 * ((y[:, None] == 5) & (x == 3))
    otf = np.fft.rfftn(np.fft.ifftshift(spot / spot.sum()))
    image = np.fft.irfftn(np.fft.rfftn(dice.random(shape)) * otf, s=shape, axes=range(len(shape)))
    return image + 0.01 * dice.standard_normal(shape), otf


def _answer(image: NDArray[Any], otf: NDArray[Any], enough: NDArray[Any], other: Any) -> NDArray:
    """Divide where there is enough, and put something else where there is not."""
    spectrum = np.fft.rfftn(image)
    divided = np.where(enough, spectrum / np.where(enough, otf, 1), other)
    return np.fft.irfftn(divided, s=image.shape, axes=range(image.ndim))


def _complaint(found: NDArray[Any], image: NDArray[Any], otf: NDArray[Any], floor: float) -> str:
    """Return what is wrong with one answer, or an empty string."""
    if np.iscomplexobj(found):
        raise Wrong("Your result is complex. Go back with np.fft.irfftn, or np.fft.irfft2.")
    if found.shape != image.shape:
        return (
            f"For an image of {image.shape} the result is {found.shape}: irfftn cannot know the "
            "last axis. Tell it s=image.shape."
        )
    enough = np.abs(otf) >= floor
    spectrum = np.fft.rfftn(image)
    known: dict[str, tuple[Any, ...]] = {
        "": (enough, 0),
        "Waves below the floor are left as they were. Set them to 0.": (enough, spectrum),
        "You divide by the floor where the OTF is below it. Set those waves to 0 instead.": (
            enough, spectrum / floor
        ),
        "The OTF has negative and imaginary values: compare its absolute value with the floor.": (
            otf.real >= floor, 0
        ),
        "You compare the square of the OTF with the floor. Take the absolute value itself.": (
            np.abs(otf) ** 2 >= floor, 0
        ),
        "You compare the image's spectrum with the floor. What counts is the OTF.": (
            np.abs(spectrum) >= floor, 0
        ),
        "All waves are divided, also those of which nothing but noise is left.": (otf != 0, 0),
        "Waves below the floor are divided by the floor, with the OTF's direction. Set them to 0.":
            (enough, spectrum / (floor * otf / np.where(otf == 0, 1, np.abs(otf)))),
        "np.maximum of complex numbers compares their real parts, and what is below the floor is "
        "divided by the floor. Where should a wave be dropped, and where divided by the OTF?": (
            otf.real >= floor, spectrum / floor
        ),
        "You divide by the absolute value of the OTF. Its sign and direction belong to the OTF as "
        "well: compare the absolute value, and divide by the OTF itself.": (
            enough, 0, np.abs(otf)
        ),
        "Both the comparison and the division take the larger of floor and absolute value. Compare "
        "the absolute value, divide by the OTF itself, and set waves below the floor to 0.": (
            enough, spectrum / floor, np.abs(otf)
        ),
        "You multiply by the OTF, which blurs once more. Divide.": (
            enough, 0, 1 / np.where(otf == 0, 1, otf)
        ),
    }  # fmt: skip
    for complaint, (where, other, *share) in known.items():
        divisor = share[0] if share else otf
        if np.allclose(found, _answer(image, divisor, where, other), rtol=1e-3, atol=1e-3):
            return complaint
    return (
        f"For an image of {image.shape} the values are not those of the inverse with a floor of "
        f"{floor:g}."
    )


def _score(function: Function) -> tuple[float, str]:
    """Return the part of the shapes for which the function is right, and the first complaint."""
    complaints = []
    for shape, floor in CASES:
        image, otf = _case(shape)
        # A division by zero is judged by its result; a warning would only stand beside the hint.
        with np.errstate(all="ignore"):
            answer = function(image.copy(), otf.copy(), floor)
        found = array(answer, "the image, one number for every pixel")
        complaints.append(_complaint(found, image, otf, floor))
    return complaints.count("") / len(CASES), next(filter(None, complaints), "")


CHECKS = {
    "inverse-with-a-floor": Check(
        metric="part of the odd and even shapes for which it is right",
        score=_score,
        solution="gpu_course.lessons.deconvolution.introduction.solutions:inverse_with_floor",
        goal=1.0,
        hint="Divide the spectrum where abs(otf) is at least the floor; elsewhere put 0.",
    ),
}
