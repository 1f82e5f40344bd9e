import os
import shutil
import subprocess
import sys

import pytest

from gpu_course import napari_view, virtual_screen
from gpu_course.errors import CourseError

needs_xvfb = pytest.mark.skipif(not shutil.which("Xvfb"), reason="no Xvfb: see ci/system.py")


@needs_xvfb
def test_a_taken_number_is_passed_over():
    first, name = virtual_screen.start()
    try:
        second, other = virtual_screen.start()
        second.terminate()
        assert second.wait(20) == 0
    finally:
        first.terminate()
        first.wait(20)
    assert int(other[1:]) == int(name[1:]) + 1


@needs_xvfb
def test_the_interrupt_key_does_not_end_it():
    code = """import os, signal
from gpu_course import virtual_screen
screen, _ = virtual_screen.start()
try:
    os.killpg(os.getpgid(0), signal.SIGINT)
except KeyboardInterrupt:
    pass
try:
    print(screen.wait(0.5))
except Exception as error:
    print(type(error).__name__)
screen.terminate()
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
        timeout=60,
    )
    assert done.stdout.strip() == "TimeoutExpired"


def broken(monkeypatch, tmp_path):
    """Let Xvfb be a program that stops at once."""
    program = tmp_path / "Xvfb"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)


@pytest.mark.skipif(sys.platform == "win32", reason="a program of the shell")
def test_one_that_does_not_start_is_told(monkeypatch, tmp_path, capsys):
    broken(monkeypatch, tmp_path)
    with pytest.raises(CourseError, match="does not start here"):
        virtual_screen.start()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
def test_napari_is_left_out_where_none_starts(monkeypatch, tmp_path):
    pytest.importorskip("napari")
    broken(monkeypatch, tmp_path)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    # TensorFlow, if another test has loaded it, would be told first.
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    napari_view._own_screen.cache_clear()
    assert "does not start here" in napari_view.missing()
