"""The plan of a bundle, executed: budgets, faults, what is there already."""

import json
import os
import sys
import tarfile

import pytest

from gpu_course import runs
from gpu_course.book.bundle import on_node
from gpu_course.errors import CourseError

PLAN = {"commit": "0123456789ab", "have": {}, "size": "small", "benchmarks": ["toy"]}


@pytest.fixture
def calls(monkeypatch, tmp_path):
    """Let chapters "run" without a course; return what was started."""
    started = []

    def limited(command, log, seconds, surroundings, folder):
        started.append(command[-3] if "chapter" in command[2] else command[-1])
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("said")
        if command[-3] == "part/fails":
            return "failed: said"
        if "chapter" in command[2]:
            output = tmp_path / "results" / "outputs" / f"{command[-3]}.ipynb"
            output.parent.mkdir(parents=True, exist_ok=True)
            output.write_text("{}")
        return "done"

    monkeypatch.setattr(on_node, "limited", limited)
    return started


def plan(*names):
    chapters = [{"name": name, "run": True} for name in names]
    return {**PLAN, "chapters": [*chapters, {"name": "part/keeps", "run": False}]}


def execute(tmp_path, names, end=float("inf")):
    return on_node.execute(plan(*names), tmp_path, 60, end, True)


def test_a_second_call_runs_what_is_left_and_the_failed_last(tmp_path, calls, capsys):
    names = ["part/fails", "part/one", "part/two"]
    assert execute(tmp_path, names) == 1
    assert calls == ["--report", *names, "toy"]
    calls.clear()
    (tmp_path / "results" / "outputs" / "part" / "two.ipynb").unlink()
    (tmp_path / "results" / "logs" / "part" / "two.txt").unlink()
    assert execute(tmp_path, names) == 1
    assert calls == ["part/two", "part/fails"]
    assert "part/one: done before" in capsys.readouterr().out


def test_what_a_node_measures_becomes_the_stored_run(tmp_path, monkeypatch):
    monkeypatch.delenv(runs.NEW, raising=False)
    assert on_node.environment("small", tmp_path)[runs.NEW]


def test_nothing_is_started_when_the_time_is_over(tmp_path, calls, capsys):
    assert execute(tmp_path, ["part/one"], end=0) == 1
    assert calls == ["--report"]
    assert "no time left" in capsys.readouterr().out


def test_results_name_every_file_with_its_sum(tmp_path, calls):
    assert execute(tmp_path, ["part/one"]) == 0
    with tarfile.open(tmp_path / "results.tar") as archive:
        names = archive.getnames()
        about = json.load(archive.extractfile("results.json"))
    assert about["commit"] == PLAN["commit"]
    assert set(names) == {"results.json", *about["files"]}
    assert {"outputs/part/one.ipynb", "benchmarks/toy.txt", "doctor.txt"} <= set(names)


@pytest.mark.parametrize(
    ("code", "seconds", "state"),
    [
        ("print('fine')", 20, "done"),
        ("print('a'); raise SystemExit('the cause')", 20, "failed: the cause"),
        ("import os; os._exit(3)", 20, "failed: exit status 3"),
        ("import time; time.sleep(60)", 0.5, "over its time budget"),
    ],
)
def test_a_process_ends_in_words(tmp_path, code, seconds, state):
    log = tmp_path / "logs" / "one.txt"
    command = [sys.executable, "-c", code]
    assert on_node.limited(command, log, seconds, dict(os.environ), tmp_path) == state


def test_a_node_that_changed_since_its_list_is_refused():
    import numpy as np

    on_node.present({"numpy": np.__version__})
    with pytest.raises(CourseError, match=r"relies on numpy 1\.0 of this machine, and here it is"):
        on_node.present({"numpy": "1.0"})
    with pytest.raises(CourseError, match="nowhere 1 of this machine, and here it is absent"):
        on_node.present({"nowhere": "1"})
