"""The course's one timer, on a clock and a device that the test moves by hand."""

import pytest

from gpu_course import timing


class Device:
    """Takes work at once and finishes it later; time passes only when somebody waits or works."""

    def __init__(self):
        self.now, self.busy_until = 0.0, 0.0

    def clock(self):
        return self.now

    def submit(self, seconds, handing_over=0.25):
        self.now += handing_over
        self.busy_until = max(self.now, self.busy_until) + seconds

    def wait(self):
        self.now = max(self.now, self.busy_until)


def test_the_work_is_timed_and_not_the_handing_over():
    device = Device()
    found = timing.medians(
        {"short": lambda: device.submit(1), "long": lambda: device.submit(8)},
        wait=device.wait,
        clock=device.clock,
    )
    assert found == {"short": 1.25, "long": 8.25}


def test_work_left_by_others_is_not_counted():
    device = Device()
    device.submit(100)
    found = timing.medians(
        {"a": lambda: device.submit(1)}, warm_up=0, repeats=1, wait=device.wait, clock=device.clock
    )
    assert found == {"a": 1.25}


def test_first_calls_and_outliers_do_not_count():
    device = Device()
    durations = iter([50, 40, 1, 2, 99, 2, 1])
    found = timing.medians(
        {"a": lambda: device.submit(next(durations), handing_over=0)},
        warm_up=2,
        repeats=5,
        wait=device.wait,
        clock=device.clock,
    )
    assert found == {"a": 2}


def test_ways_take_turns():
    order = []
    timing.medians(
        {"a": lambda: order.append("a"), "b": lambda: order.append("b")}, warm_up=1, repeats=2
    )
    assert order == list("ababab")


def test_no_repeat_is_refused():
    with pytest.raises(ValueError, match="at least one repeat"):
        timing.medians({"a": lambda: None}, repeats=0)


def test_waiting_imports_nothing():
    import subprocess
    import sys

    code = (
        "import sys\nfrom gpu_course import timing\ntiming.wait()\n"
        "print([m for m in ('cupy', 'torch', 'pyopencl') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
