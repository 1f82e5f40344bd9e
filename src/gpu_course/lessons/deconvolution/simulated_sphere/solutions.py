"""The solutions of the exercises: the width of an edge, and when to stop."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution import Step, convolve, richardson_lucy


def edge_width(rise: NDArray[Any], step: float) -> float:
    """Return how far it is from 10 % to 90 % of the way up an edge.

    Parameters
    ----------
    rise : ndarray, one axis
        Grey values from well outside an object to its middle, dark to bright.
    step : float
        From one value to the next, in µm.

    Returns
    -------
    float
        In µm.

    Notes
    -----
    Dark and bright are means over the first and the last quarter: a lowest or a highest value
    would be noise or ringing. The search starts half-way up and goes outwards, because far from
    the edge noise may cross 10 % or 90 % as well.
    """
    quarter = max(len(rise) // 4, 1)
    dark, bright = np.mean(rise[:quarter]), np.mean(rise[-quarter:])
    level = (np.asarray(rise, float) - dark) / (bright - dark)
    half = int(np.argmax(level >= 0.5))
    last_low = half - 1
    while last_low > 0 and level[last_low] > 0.1:
        last_low -= 1
    first_high = half
    while first_high < len(level) - 1 and level[first_high] < 0.9:
        first_high += 1
    # Between two values the edge is taken for straight.
    low = last_low + (0.1 - level[last_low]) / (level[last_low + 1] - level[last_low])
    high = first_high - (level[first_high] - 0.9) / (level[first_high] - level[first_high - 1])
    return float(high - low) * step


def stop_in_time(image: NDArray[Any], psf: NDArray[Any], background: float) -> int:
    """Find how many accelerated iterations serve an image best, without knowing the truth.

    Every photon is dealt to one of two images. Both show the same object, each with noise of its
    own, so the first is deconvolved and the second is the judge: as long as the blurred estimate
    gets more probable for photons that the deconvolution has not seen, it learns about the object.
    When it gets less probable, it learns the noise.

    Parameters
    ----------
    image : ndarray
        Photons counted: whole numbers.
    psf : ndarray
    background : float
        Expected photons per voxel that are not the object's.

    Returns
    -------
    int
        From 1 to 60.

    Notes
    -----
    Splitting counts so is called Poisson thinning; judging by data set aside is cross-validation.
    """
    dice = np.random.default_rng(0)
    seen = dice.binomial(image.astype(np.int64), 0.5).astype(np.float32)
    unseen = image - seen
    losses: list[float] = []

    def judge(step: Step) -> bool:
        expected = np.maximum(convolve(step.estimate, psf) + background / 2, 1e-6)
        losses.append(float(np.mean(expected - unseen * np.log(expected))))
        return bool(len(losses) - np.argmin(losses) > 6)  # no better for six iterations

    richardson_lucy(seen, psf, 60, background=background / 2, callback=judge)
    return int(np.argmin(losses)) + 1
