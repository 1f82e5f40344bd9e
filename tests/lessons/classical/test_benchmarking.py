"""Timers on devices of known speed, crossing lines of known place, and the roofline."""

import numpy as np
import pytest

from gpu_course import exercises, timing
from gpu_course.classical import roofline
from gpu_course.lessons.classical.benchmarking import solutions, timers


def test_the_pretend_device_works_behind_our_back():
    device = timers.PretendDevice([2.0, 3.0], handing_over=0.5)
    device.work()
    assert device.clock() == 0.5
    device.work()
    device.wait()
    assert device.clock() == 5.5
    device.wait()
    assert device.clock() == 5.5


def hasty_time(work, wait, clock, repeats):
    """The timer to be mended in the exercise."""
    times = []
    for _ in range(repeats):
        started = clock()
        work()
        times.append(clock() - started)
    wait()
    return sum(times) / repeats


def test_the_courses_timer_is_right_on_it_and_the_hasty_one_is_not():
    device = timers.PretendDevice([12.0, 2.0, 9.0, 2.0, 2.0], queue=50.0)
    found = timing.medians(
        {"work": device.work}, warm_up=1, repeats=5, wait=device.wait, clock=device.clock
    )
    assert found["work"] == pytest.approx(2.0, abs=0.01)
    device = timers.PretendDevice()
    assert hasty_time(device.work, device.wait, device.clock, 5) == pytest.approx(0.001)
    assert solutions.fair_time(device.work, device.wait, device.clock, 5) == pytest.approx(2.001)


@pytest.mark.parametrize(("slope", "factor"), [(0.5, 1e-4), (0.3, 2e-5), (0.9, 1.5e-6)])
def test_power_laws_cross_where_they_should(slope, factor):
    sizes = np.geomspace(10, 1e8, 15)
    expected = (factor / 1e-6) ** (1 / (1 - slope))
    assert solutions.crossing(sizes, 1e-6 * sizes, factor * sizes**slope) == pytest.approx(expected)


def test_no_crossing():
    assert solutions.crossing([1, 2], [1, 2], [2, 3]) == np.inf
    assert solutions.crossing([1, 2], [2, 3], [1, 2]) == 1
    # Lines that cross twice: from the last crossing on, the second is faster.
    assert 3 < solutions.crossing([1, 2, 3, 4], [2, 1, 1, 4], [1, 2, 2, 2]) < 4


def test_a_roof_is_the_lower_of_two_limits():
    limits = roofline.Roofline(bandwidth=100.0, rate=1000.0)
    assert limits.ridge == 10
    assert limits.attainable(1) == 100
    assert limits.attainable(10) == 1000
    assert limits.attainable(50) == 1000


# On the device ---------------------------------------------------------------------------------


def test_the_arithmetic_kernel_really_computes(device):
    """A compiler that dropped the work would make the rate look grand."""
    import pyopencl as cl

    from gpu_course.devices.opencl_device import pyopencl_device

    context = cl.Context([pyopencl_device()])
    queue = cl.CommandQueue(context)
    out = np.zeros(4, np.float32)
    buffer = cl.Buffer(context, cl.mem_flags.WRITE_ONLY, out.nbytes)
    kernel = roofline.program(context).compute
    kernel(queue, (4,), None, buffer, np.float32(0.999), np.float32(0.001))
    cl.enqueue_copy(queue, out, buffer)
    chains = np.arange(4)[:, None] * 1e-6 + np.arange(4.0)
    for _ in range(roofline.STEPS):
        chains = chains * 0.999 + 0.001
    np.testing.assert_allclose(out, 16 * chains.sum(axis=1), rtol=1e-4)


def test_measured_limits_are_numbers_above_zero(device):
    limits = roofline.measure_roofline(megabytes=1, items=64, repeats=1)
    assert 0 < limits.bandwidth < 1e14
    assert 0 < limits.rate < 1e16


# The exercises ---------------------------------------------------------------------------------


def waits_at_the_end(work, wait, clock, repeats):
    started = clock()
    for _ in range(repeats):
        work()
    wait()
    return (clock() - started) / repeats


def timed(*, warm_up=True, wait_before=True, typical=np.median):
    """Return the course's timer, or one with a fault."""

    def timer(work, wait, clock, repeats):
        if warm_up:
            work()
        times = []
        for _ in range(repeats):
            if wait_before:
                wait()
            started = clock()
            work()
            wait()
            times.append(clock() - started)
        return typical(times)

    return timer


def all_times(work, wait, clock, repeats):
    return [solutions.fair_time(work, wait, clock, repeats)]


def all_pieces(work, wait, clock, repeats):
    return solutions.fair_time(work, wait, clock, repeats) * repeats


def milliseconds(work, wait, clock, repeats):
    return 1000 * solutions.fair_time(work, wait, clock, repeats)


def waits_once(work, wait, clock, repeats):
    """Mend the faults that the exercise names in another way: one wait, after the warm-up."""
    work()
    wait()
    return timed(warm_up=False, wait_before=False)(work, wait, clock, repeats)


def first_crossing(sizes, first, second):
    wins = np.flatnonzero(np.asarray(second) < np.asarray(first))
    if not wins.size or second[-1] >= first[-1]:
        return np.inf
    return solutions.crossing(sizes[: wins[0] + 1], first[: wins[0] + 1], second[: wins[0] + 1])


def ever_wins(sizes, first, second):
    wins = np.flatnonzero(np.asarray(second) < np.asarray(first))
    if wins.size and second[-1] >= first[-1]:
        return sizes[wins[0]]
    return solutions.crossing(sizes, first, second)


def every_size(sizes, first, second):
    return sizes


def nearest_size(sizes, first, second):
    better = np.flatnonzero(np.asarray(second) < np.asarray(first))
    return sizes[better[0]] if better.size else np.inf


def straight_lines(sizes, first, second):
    gain = first - second
    if gain[-1] <= 0:
        return np.inf
    if (gain > 0).all():
        return sizes[0]
    i = np.flatnonzero(gain <= 0)[-1]
    return sizes[i] + (sizes[i + 1] - sizes[i]) * -gain[i] / (gain[i + 1] - gain[i])


def test_one_wait_after_the_warm_up_is_enough():
    assert exercises.check("classical/benchmarking/unsynchronised-timing", waits_once).solved


@pytest.mark.parametrize(
    ("exercise", "answer", "words"),
    [
        ("unsynchronised-timing", hasty_time, "before the work is done"),
        ("unsynchronised-timing", waits_at_the_end, "Somebody else"),
        ("unsynchronised-timing", timed(warm_up=False), "compiles"),
        ("unsynchronised-timing", timed(typical=np.mean), "median"),
        ("unsynchronised-timing", timed(wait_before=False), "wait before"),
        ("unsynchronised-timing", all_times, "one number"),
        ("unsynchronised-timing", all_pieces, "that of one"),
        ("unsynchronised-timing", milliseconds, "you return 2e+03 s"),
        ("where-the-lines-cross", first_crossing, "the last crossing"),
        ("where-the-lines-cross", ever_wins, "the last crossing"),
        ("where-the-lines-cross", nearest_size, "Interpolate between"),
        ("where-the-lines-cross", straight_lines, "logarithms"),
        ("where-the-lines-cross", every_size, "one number"),
    ],
)
def test_checks_name_typical_mistakes(exercise, answer, words):
    result = exercises.check(f"classical/benchmarking/{exercise}", answer)
    assert result.state in ("wrong", "below the goal")
    assert words in result.message
