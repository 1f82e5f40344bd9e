"""The benchmark of StarDist's prediction times two ways that find the same."""

from benchmarks import stars
from gpu_course.deep_learning import weights
from gpu_course.deep_learning.stardist import storage


def test_both_ways_find_the_same_and_the_floor_counts_what_the_network_saw(monkeypatch):
    monkeypatch.setenv("GPU_COURSE_SIZE", "small")
    assert storage.load(weights.find("nuclei-stardist")).prepared is not None
    (measured,) = stars.main()
    (row,) = measured.rows
    assert set(row.seconds) == {stars.COURSE, stars.PEER}
    assert 0 < row.floors[stars.COURSE].seconds < row.seconds[stars.COURSE]
