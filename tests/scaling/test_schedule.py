import pytest

from gpu_course.errors import CourseError
from gpu_course.scaling import capacity_plan, makespan


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


def plan(**more):
    options = {
        "rate": 1e6, "workers": 10, "bytes_per_voxel": 6, "bandwidth": 1e12, **more,
    }  # fmt: skip
    return capacity_plan((1000, 1000, 1000), (100, 100, 100), (0, 0, 0), **options)


def test_the_plan_by_hand():
    found = plan()
    assert (found.blocks, found.limited_by) == (1000, "workers")
    assert found.hours == pytest.approx(100 / 3600)
    assert found.worker_hours == pytest.approx(1000 / 3600)
    # 6 bytes a voxel through 1e7 bytes per second: 600 s, longer than the workers need
    slow = plan(bandwidth=1e7)
    assert (slow.limited_by, slow.hours) == ("storage", pytest.approx(600 / 3600))


def test_workers_beyond_the_blocks_do_nothing():
    assert plan(workers=1000).hours == plan(workers=4000).hours
    # A round that is half empty takes as long as a full one.
    assert plan(workers=999).hours == pytest.approx(2 * plan(workers=1000).hours)


def test_failures_cost_half_done_blocks():
    found = plan(hours_between_failures=0.01)
    assert found.lost == pytest.approx(10 * (100 / 3600) / 0.01)
    assert found.hours > plan().hours


def test_no_worker():
    with pytest.raises(CourseError, match="workers=0"):
        makespan([1], 0)
