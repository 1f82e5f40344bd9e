"""The chapter's exercises and its figure, on the library whose memory can be counted."""

import re

import numpy as np
import pytest

from gpu_course import exercises
from gpu_course.classical import memory
from gpu_course.lessons.classical.memory_and_tiles import figures, solutions

PART = "classical/memory-and-tiles/"


@pytest.fixture(autouse=True)
def cle(on_prototype):
    return on_prototype


@pytest.fixture
def image():
    return np.random.default_rng(0).random((70, 90)).astype(np.float32)


# Exercises


def test_lean_blobs_are_the_same_from_fewer_buffers(cle, image):
    source = cle.push(image)
    assert np.array_equal(
        cle.pull(solutions.blobs_lean(source)), cle.pull(solutions.blobs_wasteful(source))
    )
    assert np.array_equal(cle.pull(source), image)
    assert memory.measure_peak(solutions.blobs_lean, image).buffers == 6
    assert memory.measure_peak(solutions.blobs_wasteful, image).buffers == 10


def test_reach_adds_up():
    assert solutions.reach([]) == 0
    assert (
        solutions.reach([("gaussian_blur", 2), ("top_hat_box", 10), ("mean_box", 3)]) == 8 + 20 + 3
    )


def half_lean(image):
    """Drop names early, but write over nothing."""
    from gpu_course import cle

    best, fine = None, cle.gaussian_blur(image, sigma_x=0.75, sigma_y=0.75)
    for sigma in (1.5, 3, 6):
        coarse = cle.gaussian_blur(image, sigma_x=sigma, sigma_y=sigma)
        answer = cle.subtract_images(fine, coarse)
        best = answer if best is None else cle.maximum_images(best, answer)
        fine = coarse
    return best


def overwriting_the_input(image):
    from gpu_course import cle

    best = solutions.blobs_lean(image)
    return cle.copy(best, image)


def overwriting_too_early(image):
    from gpu_course import cle

    fine = cle.gaussian_blur(image, sigma_x=1, sigma_y=1)
    coarse = cle.gaussian_blur(image, sigma_x=2, sigma_y=2)
    return cle.subtract_images(fine, coarse, fine)


def on_the_processor(image):
    from gpu_course import cle

    return cle.pull(solutions.blobs_lean(image))


@pytest.mark.parametrize(
    ("answer", "state", "hint"),
    [
        (solutions.blobs_wasteful, "below the goal", "first version"),
        (half_lean, "below the goal", "destination"),
        (overwriting_the_input, "wrong", "changed the image"),
        (overwriting_too_early, "wrong", "differs"),
        (on_the_processor, "wrong", "on the device"),
    ],
)
def test_peaks_that_are_too_high_or_results_that_are_not_the_same(answer, state, hint):
    result = exercises.check(PART + "reduce-the-peak", answer)
    assert result.state == state
    assert re.search(hint, result.message), result.message


def furthest_alone(steps):
    return max(solutions.reach([step]) for step in steps)


def sum_of_sizes(steps):
    return int(sum(size for _, size in steps))


@pytest.mark.parametrize(
    ("answer", "state", "hint"),
    [
        (furthest_alone, "below the goal", "add up"),
        (sum_of_sizes, "below the goal", "four sigma"),
        (lambda steps: 40, "below the goal", "fewer than 40"),
        (lambda steps: -1, "wrong", "whole pixels"),
        (lambda steps: "16", "wrong", "overlap in pixels"),
    ],
    ids=["the furthest alone", "sum of sizes", "too much", "below zero", "a text"],
)
def test_overlaps_that_leave_seams_or_waste(answer, state, hint):
    result = exercises.check(PART + "overlap", answer)
    assert result.state == state
    assert re.search(hint, result.message), result.message


# The figure


def test_the_figure_says_each_peak_in_words(image):
    peak = memory.measure_peak(solutions.blobs_lean, image)
    figure = figures.plot_history({"lean": peak}, alt="A curve.")
    assert figure.alt == "A curve. Peaks in buffers: lean 6."
    drawn = figure.axes[0].lines[0].get_ydata()
    assert max(drawn) == 6
    assert len(drawn) == len(peak.history)
