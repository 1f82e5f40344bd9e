"""The checks of the exercises in ``classical/devices``."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gpu_course.classical.device_facts import GIB, Facts
from gpu_course.exercise_answers import number
from gpu_course.exercise_result import told
from gpu_course.exercises import Check, Function, Wrong
from gpu_course.lessons.classical.devices.solutions import example_devices

#: Jobs as (image bytes, buffers, precision); together they need every fact of the table.
JOBS = [
    (64 * 1024**2, 10, "float32"),
    (int(3.5 * GIB), 2, "float32"),
    (int(3.5 * GIB), 8, "float32"),
    (2 * GIB, 20, "float32"),
    (int(11 * GIB), 1, "float32"),
    (int(11 * GIB), 1, "float64"),
    (5 * GIB, 10, "float32"),
    (5 * GIB, 11, "float32"),
    (int(2.9 * GIB), 3, "float64"),
    (8 * GIB, 7, "float64"),
    (4 * GIB, 8, "float32"),  # these two just fit: all arrays into the memory, and
    (3 * GIB, 3, "float32"),  # one array into what may be asked for at a time
]


def _truth(
    devices: Sequence[Facts],
    job: tuple[int, int, str],
    *,
    array: bool = True,
    buffers: bool = True,
    share: float = 0.8,
    precision: bool = True,
    best: str = "bandwidth",
) -> str:
    """Return the right answer, or that of someone who forgot one of the rules."""
    size, number, kind = job
    able = [
        one
        for one in devices
        if (size <= one.max_allocation or not array)
        and (number if buffers else 1) * size <= share * one.memory
        and (kind != "float64" or one.float64 or not precision)
    ]
    return max(able, key=lambda one: getattr(one, best), default=None).name if able else "none"  # type: ignore[union-attr]


#: How an answer can go wrong, and what to say to someone whose every answer is such a one.
MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"array": False}, "One array may not be larger than max_allocation, however much memory."),
    ({"buffers": False}, "The job holds several arrays at once: multiply by buffers."),
    ({"share": 1.0}, "Leave a fifth of the memory free: the driver and the screen live there."),
    ({"precision": False}, "A job in float64 needs a device whose float64 is True."),
    ({"best": "compute_units"}, "Compute units of two makers are not alike: rank by bandwidth."),
    ({"best": "clock"}, "The clock alone says little: rank by bandwidth."),
    ({"best": "memory"}, "Memory decides whether a job fits, not how fast: rank by bandwidth."),
]


def choose_score(function: Function) -> tuple[float, str]:
    """Return the share of jobs for which the function names the right device, and a hint."""
    # The order must not matter: every second job sees the list reversed, without the fastest.
    every = example_devices()
    most = [one for one in reversed(every) if one.name != "data centre GPU"]
    lists = [most if i % 2 else every for i in range(len(JOBS))]
    answers, right = [], []
    for devices, job in zip(lists, JOBS, strict=True):
        answer = function(list(devices), *job)
        if isinstance(answer, Facts):
            raise Wrong("Return the name of the device, not the whole entry: device.name.")
        if isinstance(answer, np.ndarray) and answer.ndim == 0:
            answer = answer.item()
        if not isinstance(answer, str):
            raise Wrong(f"Return the name of a device, a text; yours is {told(answer)}.")
        answers.append(str(answer))
        right.append(_truth(devices, job))
    hint = next(
        (
            text
            for forgotten, text in MISTAKES
            if answers
            == [_truth(one, job, **forgotten) for one, job in zip(lists, JOBS, strict=True)]
        ),
        "",
    )
    wrong = [job for job, a, b in zip(JOBS, answers, right, strict=True) if a != b]
    if wrong and not hint:
        size, buffers, precision = wrong[0]
        hint = (
            f"Look at this job: an image of {size / GIB:.2f} GiB, {buffers} buffers, {precision}. "
            "Does the device you name hold one array, all of them, and the precision? And is it "
            "the fastest of those that do?"
        )
    return 1 - len(wrong) / len(JOBS), hint


#: Jobs as (image bytes, operations, bandwidth, bus).
CHAINS: list[tuple[int, int, float, float | None]] = [
    (400 * 10**6, 1, 200e9, 10e9),
    (400 * 10**6, 50, 200e9, 10e9),
    (10**9, 3, 20e9, None),
    (16 * 10**6, 20, 1000e9, 25e9),
]

Chain = Callable[[int, int, float, float | None], float]

FORGOTTEN: list[tuple[Chain, str]] = [
    (
        lambda size, n, band, bus: n * size / band + (2 * size / bus if bus else 0),
        "Every operation reads an image and writes one: that is two journeys to the memory.",
    ),
    (
        lambda size, n, band, bus: 2 * n * size / band + (size / bus if bus else 0),
        "The image crosses the bus to the device, and the result crosses it back.",
    ),
    (
        lambda size, n, band, bus: 2 * n * size / band,
        "The journey over the bus is missing: add it where bus is not None.",
    ),
    (
        lambda size, n, band, bus: n * (2 * size / band + (2 * size / bus if bus else 0)),
        "The image stays on the device between operations: it crosses the bus twice in all.",
    ),
]


def predict_score(function: Function) -> tuple[float, str]:
    """Return the share of jobs predicted to within a thousandth, and a hint."""

    def near(one: float, other: float) -> bool:
        return abs(one - other) <= 1e-3 * abs(other)

    answers = []
    for chain in CHAINS:
        answers.append(number(function(*chain), "the seconds"))
    right = [2 * n * size / band + (2 * size / bus if bus else 0) for size, n, band, bus in CHAINS]
    hint = next(
        (
            text
            for rule, text in FORGOTTEN
            if all(near(a, rule(*c)) for a, c in zip(answers, CHAINS, strict=True))
            and not all(near(a, b) for a, b in zip(answers, right, strict=True))
        ),
        "",
    )
    return sum(map(near, answers, right)) / len(CHAINS), hint


CHECKS = {
    "choose-a-device": Check(
        metric="share of jobs on the right device",
        score=choose_score,
        solution="gpu_course.lessons.classical.devices.solutions:choose_device",
        goal=1.0,
        hint="Sort out the devices on which the job does not fit, then take the fastest.",
    ),
    "predict-the-time": Check(
        metric="share of jobs predicted",
        score=predict_score,
        solution="gpu_course.lessons.classical.devices.solutions:predict_seconds",
        goal=1.0,
        hint="Time is bytes divided by bytes a second. Add up the journeys of the image.",
    ),
}
