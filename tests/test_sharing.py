"""Several processes share the tests: the machine is not overloaded, and none is left alone."""

import os

import pytest

from tests import sharing

GIGABYTE = 2**30


@pytest.mark.parametrize(
    ("cores", "ram", "expected"),
    [(1, 64, 2), (2, 8, 2), (2, 16, 3), (4, 16, 5), (64, 32, 10), (8, 2, 1), (2, 7, 2)],
)
def test_one_process_more_than_cores_as_far_as_the_memory_reaches(cores, ram, expected):
    assert sharing.processes(cores, ram * GIGABYTE) == expected


def test_threads_are_the_share_of_the_cores_unless_the_environment_says_otherwise(monkeypatch):
    for name in sharing.THREADS:
        monkeypatch.setenv(name, "7")
        monkeypatch.delenv(name)  # the first call put it on the list of what is restored
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    sharing.share_the_cores(cores=8, together=4)
    assert [os.environ[name] for name in sharing.THREADS] == ["3", "2", "2"]
    monkeypatch.delenv("OMP_NUM_THREADS")
    sharing.share_the_cores(cores=2, together=4)
    assert os.environ["OMP_NUM_THREADS"] == "1"


class Item:
    """A test as pytest describes it."""

    def __init__(self, nodeid, marker=None):
        self.nodeid, self.marker = nodeid, marker

    def get_closest_marker(self, name):
        return name if name == self.marker else None


def test_what_takes_longest_begins_first_and_the_rest_keeps_its_order():
    items = [Item("a"), Item("b", "chapter"), Item("c"), Item("d", "install"), Item("e", "chapter")]
    assert "".join(item.nodeid for item in sharing.longest_first(items)) == "bedac"
