"""The checks of the exercises in ``deconvolution/nuclei``."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import metrics
from gpu_course.exercise_answers import label_image, numbers
from gpu_course.exercises import Check, Function, Wrong
from gpu_course.images.catalogue import seed_of
from gpu_course.labels import Labels

#: Planes far apart: forgetting that is then a mistake that shows.
VOXEL = (1.0, 0.2, 0.2)
SHAPE = (16, 120, 120)
NUCLEUS = 6.4
"""Mean diameter in µm."""
FLAT = (0.2, 0.2, 0.2)
"""Other voxels for the same mask: an answer in micrometres is another one then."""
GOAL = 0.9
TWICE = 2.0
"""Voxels and nuclei so much larger are the same mask; a power of two, so nothing is rounded."""
OTHER = 3.0
"""If a usual nucleus were so much wider, two of these would be halves of one."""


@cache
def _masks() -> tuple[Labels, ...]:
    """Return the true labels of two pieces of tissue."""
    from gpu_course.images.phantoms import nuclei_phantom
    from gpu_course.lessons.deconvolution.nuclei.recipe import drop_small, smallest_volume

    drawn = [
        nuclei_phantom(SHAPE, seed=seed_of("train", index), voxel_size=VOXEL, radius=NUCLEUS / 2)
        for index in (0, 1)
    ]
    return tuple(drop_small(phantom.labels, VOXEL, smallest_volume(NUCLEUS)) for phantom in drawn)


def _labels(answer: Any, mask: NDArray[np.bool_]) -> Labels:
    """Return the student's answer as labels, or say why it is none."""
    labels = label_image(answer, mask.shape)
    if np.count_nonzero(labels[~mask]) > 0.01 * np.count_nonzero(mask):
        raise Wrong("Your labels reach beyond the mask: give watershed the argument mask=mask.")
    return labels


def _split(function: Function) -> tuple[float, str]:
    """Return the average precision on two perfect masks, and what the number of objects tells."""
    truths = _masks()
    found = [_labels(function(truth > 0, VOXEL, NUCLEUS), truth > 0) for truth in truths]
    score = float(metrics.average_precision(truths, found, [0.5])[0])
    surplus = np.mean([metrics.count_error(t, f) for t, f in zip(truths, found, strict=True)])
    if surplus < -0.2:
        return score, (
            "Too few objects: nuclei that touch are still one. Every nucleus has a deepest point: "
            "take the peaks of the distance to the background as seeds, and let them grow."
        )
    first = truths[0] > 0
    if np.array_equal(found[0], _labels(function(first, FLAT, NUCLEUS), first)):
        raise Wrong(
            "Your function returns the same for planes that are 1 µm and 0.2 µm apart. How far is "
            "it from a voxel to the one above it, in µm?"
        )
    if surplus > 0.2:
        return score, (
            "Too many objects: nuclei are in pieces. Measure the depth in µm (sampling=voxel_size) "
            "and smooth it a little, by a share of nucleus, before you look for peaks: every bump "
            "of the skin makes one."
        )
    larger = tuple(TWICE * edge for edge in VOXEL)
    if score >= GOAL and not np.array_equal(
        found[0], _labels(function(first, larger, TWICE * NUCLEUS), first)
    ):
        raise Wrong(
            "Tissue that is twice as large in all, voxels and nuclei, gets other labels: a length "
            "in your function stays as it is. Make each a share of nucleus."
        )
    if score >= GOAL and np.array_equal(
        found[0], _labels(function(first, VOXEL, OTHER * NUCLEUS), first)
    ):
        raise Wrong(
            "Your function returns the same for nuclei three times as wide, as if it had lengths "
            "of its own, in voxels. On a finer grid they are other lengths: make each a share of "
            "nucleus."
        )
    return score, ""


def _scenes(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two rows of scores: scenes differ much, the two methods little."""
    rng = np.random.default_rng(seed)
    before = rng.uniform(0.2, 0.7, 12)
    return before, before + 0.08 + rng.normal(0, 0.04, 12)


def _paired(function: Function) -> tuple[float, str]:
    """Return the part of three experiments whose mean and interval are right, and the mistake."""
    right, hint = 0, ""
    for seed in range(3):
        before, after = _scenes(seed)
        wanted = "three numbers: the mean difference, its low, its high end"
        mean, low, high = numbers(function(before.copy(), after.copy()), 3, wanted)
        # For well-behaved differences like these, theory knows where a bootstrap will end up.
        difference = after - before
        true_mean = float(difference.mean())
        reach = 1.96 * float(difference.std()) / len(difference) ** 0.5
        problem = _mistake(mean, high - low, true_mean, 2 * reach, before, after)
        beside = max(abs(low - true_mean + reach), abs(high - true_mean - reach)) > 0.6 * reach
        if not problem and beside:
            problem = "The interval has about the right width but lies beside the right place."
        right += not problem
        hint = hint or problem
    return right / 3, hint


def _mistake(
    mean: float,
    width: float,
    true_mean: float,
    true_width: float,
    before: NDArray[np.float64],
    after: NDArray[np.float64],
) -> str:
    """Return what is wrong with the mean or the width of the interval, or an empty string."""
    if not np.isclose(mean, true_mean, atol=1e-6):
        if np.isclose(mean, -true_mean, atol=1e-6):
            return "The sign is turned: take after - before, so that a gain is positive."
        return "The first number should be the mean of the differences, scene by scene."
    if width < 0:
        return "The low end of your interval lies above the high end."
    if width < 0.6 * true_width:
        return (
            "Your interval is too narrow. Draw as many scenes as there are, with repetition, and "
            "take the percentiles 2.5 and 97.5 of the means."
        )
    spread = float(np.ptp(np.percentile(after - before, [2.5, 97.5])))
    if np.isclose(width, spread, rtol=0.2):
        return (
            "That is where single scenes lie, not where their mean does. Take the mean of each "
            "resample first, and then the percentiles of the means."
        )
    if width < 0.88 * true_width:
        return (
            "Your interval is a little too narrow. The middle 95 % lie between the percentiles 2.5 "
            "and 97.5, and they need a few thousand means."
        )
    if 1.15 * true_width < width <= 1.5 * true_width:
        return (
            "Your interval is a little too wide. The middle 95 % of the means lie between their "
            "percentiles 2.5 and 97.5."
        )
    if width > 1.5 * true_width:
        return (
            "Your interval is too wide: the scenes' own differences are still in it. Take the "
            "difference in each scene first, and resample the differences."
        )
    return ""


CHECKS = {
    "split-touching": Check(
        metric="average precision at IoU 0.5 on perfect masks",
        score=_split,
        goal=GOAL,
        hint=(
            "The number of objects is about right, but some are cut in the wrong place. Is the "
            "depth in µm (sampling=voxel_size), smoothed by about a tenth of a nucleus before you "
            "take its peaks, and does watershed(-depth, seeds, mask=mask) get the same depth?"
        ),
    ),
    "paired-comparison": Check(
        metric="part of the experiments judged right",
        score=_paired,
        solution="gpu_course.lessons.deconvolution.nuclei.solutions:paired_difference",
        goal=1.0,
        hint="Differences scene by scene, then resample them.",
    ),
}
