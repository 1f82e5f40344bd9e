import pytest

from gpu_course.errors import CourseError
from gpu_course.scaling import makespan


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
