"""The environments of make: never with a Python that the course does not run on."""

import subprocess
import sys
import tomllib
from types import SimpleNamespace

import new_environment
import pytest

from gpu_course import paths


@pytest.fixture
def called(monkeypatch):
    """Return the commands that would be run, and run none."""
    commands = []

    def run(command, **_):
        commands.append(command[1:])
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(new_environment.subprocess, "run", run)
    return commands


def test_range_is_that_of_the_package():
    text = (paths.root() / "pyproject.toml").read_text(encoding="utf-8")
    first, end = new_environment.allowed(text)
    assert tomllib.loads(text)["project"]["requires-python"] == f">=3.{first},<3.{end}"


@pytest.mark.parametrize("minor", [9, 10, 14, 20])
def test_python_that_is_too_old_or_too_new_is_one_sentence(
    tmp_path, monkeypatch, capsys, called, minor
):
    mine = SimpleNamespace(version_info=(3, minor, 1), executable="/a/python", stderr=sys.stderr)
    monkeypatch.setattr(new_environment, "sys", mine)
    assert new_environment.main(tmp_path / "new") == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"/a/python is Python 3.{minor}. Name another one, as in `make book PYTHON=" in said
    assert called == []


@pytest.mark.parametrize(("kept", "anew"), [("3.10", True), ("", True), (None, False)])
def test_environment_of_another_python_is_made_anew(tmp_path, monkeypatch, called, kept, anew):
    """A plain ``python -m venv`` leaves the Python that is in it, so the fault would stay."""
    mine = "{}.{}".format(*sys.version_info[:2])
    monkeypatch.setattr(
        new_environment, "version_of", lambda folder: mine if kept is None else kept
    )
    assert new_environment.main(tmp_path) == 0
    assert called == [["-m", "venv", *(["--clear"] if anew else []), str(tmp_path)]]
    assert new_environment.main(tmp_path / "not yet") == 0
    assert called[-1] == ["-m", "venv", str(tmp_path / "not yet")]


def test_version_is_asked_of_the_environment_itself(tmp_path):
    assert new_environment.version_of(tmp_path) == ""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "own"], check=True)
    assert new_environment.version_of(tmp_path / "own") == "{}.{}".format(*sys.version_info[:2])


def test_script_runs_on_the_oldest_python_that_a_system_may_have():
    """It must say its sentence where nothing newer is, so it holds to the words of Python 3.6."""
    import ast

    source = (paths.root() / "ci" / "new_environment.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))
    assert "__future__" not in source
