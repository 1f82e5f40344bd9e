"""No test file and no test leaves a screen behind for what comes after it."""

import os
import subprocess
import sys
from textwrap import dedent

import pytest

from gpu_course import paths
from tests import screens

ASKS_WHEN_READ = """
    import os
    os.environ["DISPLAY"] = ":7"
    def test_one(): pass
"""
LEAVES_ONE = """
    import os
    def test_one(): os.environ["DISPLAY"] = ":7"
    def test_two(): assert "DISPLAY" not in os.environ
"""
PUTS_IT_BACK = """
    def test_one(monkeypatch): monkeypatch.setenv("DISPLAY", ":7")
"""
OPENS_A_WINDOW = """
    import os, pytest
    @pytest.mark.display
    def test_one(): os.environ["DISPLAY"] = ":7"
    @pytest.mark.display
    def test_two(): assert os.environ["DISPLAY"] == ":7"
"""


@pytest.mark.parametrize(
    ("code", "end", "told"),
    [
        (ASKS_WHEN_READ, "1 error", "the file, when it is read, leaves another screen"),
        (LEAVES_ONE, "2 passed, 1 error", "the test leaves another screen behind"),
        (PUTS_IT_BACK, "1 passed", ""),
        (OPENS_A_WINDOW, "2 passed", ""),
    ],
    ids=["when read", "in a test", "put back", "window"],
)
def test_who_leaves_a_screen_behind_is_named(tmp_path, code, end, told):
    file = tmp_path / "test_it.py"
    file.write_text(dedent(code), encoding="utf-8")
    # The settings are those of the course, and so is what this folder gives to every test.
    ours = ("-c", "pyproject.toml", "-p", "tests.conftest", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *ours, file],
        cwd=paths.root(),
        env={name: value for name, value in os.environ.items() if name not in screens.NAMES},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"{end} in " in done.stdout
    assert told in done.stdout
