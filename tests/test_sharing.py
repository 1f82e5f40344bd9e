"""Several processes share the tests: nothing is torn apart, and the machine is not overloaded."""

import os

import pytest

from tests import sharing

GIGABYTE = 2**30


@pytest.mark.parametrize(
    ("cores", "ram", "expected"),
    [(1, 64, 1), (2, 8, 2), (4, 16, 4), (64, 32, 8), (8, 2, 1), (2, 7, 1)],
)
def test_one_process_a_core_as_far_as_the_memory_reaches(cores, ram, expected):
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
    """A test as pytest describes it: where it is, its markers, its parameters."""

    class Call:
        def __init__(self, params):
            self.params = params

    def __init__(self, nodeid, marker=None, **params):
        self.nodeid, self.marker = nodeid, marker
        if params:
            self.callspec = self.Call(params)

    def get_closest_marker(self, name):
        return name if name == self.marker else None


def test_a_file_stays_together_and_so_does_a_page():
    groups = [
        sharing.group(Item("tests/test_one.py::test_a")),
        sharing.group(Item("tests/test_one.py::test_b[x]", number=1)),
        sharing.group(Item("tests/test_pages.py::test_a[index]", "browser", opened="index")),
        sharing.group(Item("tests/test_pages.py::test_b[index]", "browser", opened="index")),
        sharing.group(Item("tests/test_pages.py::test_a[setup]", "browser", opened="setup")),
    ]
    assert groups[0] == groups[1]
    assert groups[2] == groups[3] != groups[4]


def test_every_notebook_may_run_beside_another():
    names = ("tests/test_runs.py::test_runs[a]", "tests/test_runs.py::test_runs[b]")
    first, second = (sharing.group(Item(name, "chapter")) for name in names)
    assert first != second


def test_the_processes_know_the_groups(request):
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("one process runs all tests, or they are not shared by groups: see Makefile")
    assert request.node.nodeid.endswith("@tests/test_sharing.py")


def test_what_takes_longest_begins_first_and_the_rest_keeps_its_order():
    items = [Item("a"), Item("b", "chapter"), Item("c"), Item("d", "install"), Item("e", "chapter")]
    assert "".join(item.nodeid for item in sharing.longest_first(items)) == "dbeac"
