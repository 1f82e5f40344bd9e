"""Tests that open a window share no process with those that may load TensorFlow."""

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
