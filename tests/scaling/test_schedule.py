from pathlib import Path

import pytest

from gpu_course.errors import CourseError
from gpu_course.scaling import Record, Summary, foretell, makespan, step_costs
from gpu_course.scaling.traces import Loss, Span, name_of, spans, trace_chart


def test_the_known_schedule():
    assert makespan([1] * 10, 2) == 5
    assert makespan([2, 2, 2, 3], 3) == 5
    assert makespan([4], 9) == 4
    assert makespan([], 2) == 0


def test_no_schedule_is_better_than_the_mean_or_worse_than_graham():
    durations = [(7 * n) % 13 + 1 for n in range(50)]
    for workers in range(1, 9):
        best = max(sum(durations) / workers, max(durations))
        assert best <= makespan(durations, workers) <= (2 - 1 / workers) * best


def test_no_worker():
    with pytest.raises(CourseError, match="workers=0"):
        makespan([1], 0)
    for durations, workers in (([1], 2.5), ([1], None), (["a"], 2), ([float("nan")], 2), ([-1], 1)):
        with pytest.raises(CourseError):
            makespan(durations, workers)


def run(*durations, resumed=0):
    """Return the summary of a run with two steps and 2 seconds between them."""
    records, now = [], 0.0
    for step in ("deconvolve", "level 1"):
        for number, seconds in enumerate(durations):
            records.append(Record(step, f"0-0-{number}", 1, now, now + seconds))
            now += seconds
    block = (1, 4, 8 // len(durations))
    return Summary(Path("o"), (1, 4, 8), block, now + 2, resumed, None, tuple(records))


def test_steps_wait_for_one_another_and_what_lies_between_stays():
    assert foretell(run(1, 1, 1, 1), 1) == 10
    assert foretell(run(1, 1, 1, 1), 2) == 6
    assert foretell(run(1, 1, 1, 1), 4) == foretell(run(1, 1, 1, 1), 99) == 4
    assert foretell(run(1, 1, 1, 3), 2) == 2 * 4 + 2


def by(*turns, seconds, step="segment"):
    """Return the summary of a run with one step, of (worker, start, stop)."""
    records = tuple(Record(step, f"0-0-{n}", *turn) for n, turn in enumerate(turns))
    return Summary(Path("o"), (1, 4, 8), (1, 4, 2), seconds, 0, None, records)


def test_the_wait_before_a_block_is_shared_and_not_counted_as_standing_still():
    # Four blocks of a second each, with another one before each but the first, and 3 s around.
    one = by((1, 0, 1), (1, 2, 3), (1, 4, 5), (1, 6, 7), seconds=10)
    assert foretell(one, 1) == 10
    assert foretell(one, 2) == 3 + 4
    assert foretell(one, 4) == foretell(one, 99) == 3 + 2


def test_turns_of_another_run_replace_those_of_one_worker():
    one = by((1, 0, 1), (1, 1, 2), (1, 2, 3), (1, 3, 4), seconds=5)
    two = by((1, 0, 1.5), (2, 0, 1.5), (1, 2, 3), (2, 2, 3.5), seconds=7)
    assert foretell(one, 2) == 1 + 2
    # Turns of 1.5, 1.5, 1.5 and 2 s, two at a time, and the second around them of the first run.
    assert foretell(one, 2, blocks=two) == 1 + 3.5
    assert foretell(two, 2) == two.seconds


def test_a_worker_that_begins_late_is_busy_from_the_step_s_begin():
    late = by((1, 0, 4), (2, 1, 3), seconds=4)
    assert foretell(late, 1) == 4 + 3


def test_a_step_costs_by_what_it_saw():
    costs = step_costs(run(1, 1), {"deconvolve": (0, 0, 2)})
    assert costs == pytest.approx({"deconvolve": 2 / (4 * 12), "coarser": 2 / 32})
    with pytest.raises(CourseError, match="3 blocks of this run were found done"):
        step_costs(run(1, 1, resumed=3))


def test_a_trace_names_its_tasks():
    assert name_of(("labels, level 1-1a2b", "0-0-1")) == "labels, level 1"
    stream = [
        {"key": ("seeds-1a", "0-0-1"), "worker": "w", "startstops": [
            {"action": "transfer", "start": 1.0, "stop": 2.0},
            {"action": "compute", "start": 2.0, "stop": 5.0},
        ]},
    ]  # fmt: skip
    assert spans(stream) == [Span("seeds", "w", 2.0, 5.0)]


def test_a_trace_is_drawn_with_its_losses():
    done = [Span("seeds", "late", 8, 9), Span("segment", "early", 5, 7), Span("x", "early", 7, 8)]
    lost = [Loss("early", 8.5, ("segment 0-0-1",)), Loss("never", 6.0, ())]
    axes = trace_chart(done, ["seeds", "segment"], lost=lost, alt="bars").axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["worker 1", "worker 2", "worker 3"]
    assert sorted((bar.get_x(), bar.get_width()) for bar in axes.patches) == [
        (0, 2),
        (2, 1),
        (3, 1),
    ]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines] == [(3.5, 0), (1, 1)]
    with pytest.raises(CourseError, match="trace is empty"):
        trace_chart([], [], alt="nothing")
