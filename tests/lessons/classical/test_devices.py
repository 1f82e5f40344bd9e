"""The exercises of the chapter: choose a device, and predict the time."""

import re

import pytest

from gpu_course import exercises
from gpu_course.classical.device_facts import USABLE
from gpu_course.lessons.classical.devices import solutions

CHOOSE = "classical/devices/choose-a-device"
PREDICT = "classical/devices/predict-the-time"


# Choose a device


def fitting(all_devices, image_bytes, buffers, precision):
    return [
        one
        for one in all_devices
        if image_bytes <= one.max_allocation
        and image_bytes * buffers <= 0.8 * one.memory
        and (precision == "float32" or one.float64)
    ]


def best(able, key):
    return max(able, key=key).name if able else "none"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda d, i, b, p: best(fitting(d, i, b, p), lambda o: o.compute_units), "Compute units"),
        (lambda d, i, b, p: best(fitting(d, i, b, p), lambda o: o.clock), "clock"),
        (lambda d, i, b, p: best(fitting(d, i, b, p), lambda o: o.memory), "not how fast"),
        (lambda d, i, b, p: best(fitting(d, i, 1, p), lambda o: o.bandwidth), "several arrays"),
        (
            lambda d, i, b, p: best(fitting(d, i, b, "float32"), lambda o: o.bandwidth),
            "float64",
        ),
        (
            lambda d, i, b, p: best(
                [o for o in d if i * b <= 0.8 * o.memory and (p == "float32" or o.float64)],
                lambda o: o.bandwidth,
            ),
            "max_allocation",
        ),
        (
            lambda d, i, b, p: best(
                [
                    o
                    for o in d
                    if i <= o.max_allocation and i * b <= o.memory and (p == "float32" or o.float64)
                ],
                lambda o: o.bandwidth,
            ),
            "a fifth",
        ),
        (lambda d, i, b, p: "processor", "Look at this job"),
        (
            lambda d, i, b, p: next((o.name for o in fitting(d, i, b, p)), "none"),
            "the fastest of those",
        ),
        (lambda d, i, b, p: d[0].name, "Look at this job"),
    ],
    ids=[
        "compute units",
        "clock",
        "memory",
        "one buffer",
        "no float64",
        "no largest array",
        "all of the memory",
        "one name",
        "the first that fits",
        "the first",
    ],
)
def test_each_forgotten_fact_has_its_hint(answer, hint):
    result = exercises.check(CHOOSE, answer)
    assert result.state == "below the goal"
    assert re.search(hint, result.message), result.message


@pytest.mark.parametrize("which", ["max_allocation", "memory"])
def test_a_job_that_just_fits_fits(which):
    def stricter(devices, image_bytes, buffers, precision):
        full = {"max_allocation": image_bytes, "memory": buffers * image_bytes / USABLE}
        left = [one for one in devices if getattr(one, which) != full[which]]
        return solutions.choose_device(left, image_bytes, buffers, precision)

    result = exercises.check(CHOOSE, stricter)
    assert result.state == "below the goal"
    assert "Look at this job" in result.message


def test_an_entry_in_place_of_a_name_is_said():
    result = exercises.check(CHOOSE, lambda d, i, b, p: d[0])
    assert result.state == "wrong"
    assert "device.name" in result.message


# Predict the time


def test_prediction_of_a_known_chain():
    # 100 MB read and written ten times at 100 GB/s, and over a bus of 10 GB/s twice
    seconds = solutions.predict_seconds(10**8, 10, 100e9, 10e9)
    assert seconds == pytest.approx(0.02 + 0.02)
    assert solutions.predict_seconds(10**8, 10, 100e9) == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda s, n, w, bus=None: 2 * n * s / w, "bus is missing"),
        (lambda s, n, w, bus=None: n * s / w + (2 * s / bus if bus else 0), "reads an image"),
        (lambda s, n, w, bus=None: 2 * n * s / w + (s / bus if bus else 0), "crosses it back"),
        (lambda s, n, w, bus=None: n * (2 * s / w + (2 * s / bus if bus else 0)), "twice in all"),
        (lambda s, n, w, bus=None: 1.0, "bytes a second"),
    ],
    ids=[
        "no bus",
        "one way through memory",
        "one way over the bus",
        "a journey each",
        "a constant",
    ],
)
def test_each_forgotten_journey_has_its_hint(answer, hint):
    result = exercises.check(PREDICT, answer)
    assert result.state == "below the goal"
    assert re.search(hint, result.message), result.message


def test_seconds_must_be_a_number():
    assert exercises.check(PREDICT, lambda *arguments: "fast").state == "wrong"
