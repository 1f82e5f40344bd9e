"""Tests that open a window share no process with those that may load TensorFlow."""

import os
import subprocess
import sys

import pytest

from gpu_course import paths


def load():
    import importlib.util

    # Its name is that of a package of the standard library.
    spec = importlib.util.spec_from_file_location("ci_test", paths.root() / "ci" / "test.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def collected(*arguments):
    """Return the names of the tests of two files that one round would run."""
    files = ("tests/test_napari_view.py", "tests/test_sharing.py", "tests/test_labels.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments, *files],
        cwd=paths.root(),
        capture_output=True,
        text=True,
        check=False,
    )
    return {line for line in done.stdout.splitlines() if "::" in line}


def test_each_test_belongs_to_one_round():
    everything, windows, others = (
        collected(*options) for options in ((), ("--windows=only",), ("--windows=no",))
    )
    assert windows | others == everything
    assert {name.split("::")[0] for name in windows} == {"tests/test_napari_view.py"}
    assert {name.split("::")[0] for name in others} == {
        "tests/test_sharing.py",
        "tests/test_labels.py",
    }


def test_both_rounds_get_what_is_asked_for():
    test = load()
    for windows in ("only", "no"):
        asked = test.command(windows, ["tests/ci", "--numprocesses", "0"])
        assert asked[:3] == [sys.executable, "-m", "pytest"]
        assert f"--windows={windows}" in asked
        assert asked[-3:] == ["tests/ci", "--numprocesses", "0"]


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [((0, 0), 0), ((0, 5), 0), ((5, 0), 0), ((5, 5), 5), ((1, 0), 1), ((0, 1), 1), ((5, 1), 1),
     ((-11, 0), -11), ((2, 5), 2)],
)  # fmt: skip
def test_one_failing_round_fails_the_whole(rounds, expected):
    assert load().together(*rounds) == expected


DYING = """
import os
from pathlib import Path

def test_before(): pass
def test_dies():
    mark = Path(__file__).with_name("died")
    if {again} or not mark.exists():
        mark.touch()
        os._exit(9)
def test_after(): assert {after}
"""


@pytest.mark.parametrize(
    ("again", "after", "expected"), [(False, True, 0), (True, True, 1), (False, False, 1)]
)
def test_what_a_dead_process_left_is_run_by_a_new_one(tmp_path, capfd, again, after, expected):
    """It counts as passed only if the test that it died of passes there, and all others."""
    (tmp_path / "test_dying.py").write_text(DYING.format(again=again, after=after))
    shared = ["-n", "1", "--dist", "loadfile", "--max-worker-restart", "0"]

    def run(notes):
        alone = [
            "-p",
            "tests.conftest",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            tmp_path,
            "-c",
            os.devnull,
        ]
        asked = [sys.executable, "-m", "pytest", *shared, *alone, f"--finished={notes}", tmp_path]
        return subprocess.call(asked, cwd=paths.root())

    assert load().gone_on(run) == expected
    said = capfd.readouterr().out
    assert "A process died of test_dying.py::test_dies. New ones run it" in said
    rounds = said.split("New ones run it")
    assert "1 passed" in rounds[0]
    assert ("2 passed" in rounds[1]) == (expected == 0)


def test_a_failure_before_a_death_still_counts(tmp_path):
    """The new processes do not run it again, so its line must count."""
    answers = [1, 0]

    def run(notes):
        notes.write_text('{"test": "a", "failed": true}\n{"died": "b"}\n')
        return answers.pop(0)

    assert load().gone_on(run) == 1
    assert not answers


@pytest.mark.parametrize("answer", [0, 1, 5])
def test_a_round_in_which_nothing_died_is_run_once(answer):
    asked = []
    assert load().gone_on(lambda notes: asked.append(notes) or answer) == answer
    assert len(asked) == 1
