"""The benchmark of the plugin's window opens it, works in each way, and closes it again."""

import os
import subprocess
import sys

import pytest

from benchmarks import napari_plugin as b
from gpu_course import napari_view, paths

pytestmark = pytest.mark.display


# In a process of its own: beside the compilers that other benchmarks have loaded, a software driver
# of OpenGL can die while it draws.
SMALL = """
from benchmarks import napari_plugin as b
from gpu_course import napari_view

asked, watch = [], napari_view.longest_silence

def counted(start, *arguments, **options):
    asked.append(start)
    return watch(start, *arguments, **options)

b.sizes.pick = lambda **_: 160
b.ROUNDS = 1
napari_view.longest_silence = counted
b.main()
print("watched", len(asked))
"""


def test_both_ways_are_watched_and_the_table_is_printed():
    if napari_view.missing():
        pytest.skip(napari_view.missing())
    done = subprocess.run(
        [sys.executable, "-c", SMALL],
        cwd=paths.root(),
        # The virtual screen of this process, if there is one, is no other's.
        env={name: value for name, value in os.environ.items() if name != "DISPLAY"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "watched 2" in done.stdout
    assert "best of 1 rounds, 160²" in done.stdout
    assert "(1.00)" in done.stdout


def test_without_a_window_it_says_why(monkeypatch, capsys):
    monkeypatch.setattr(napari_view, "missing", lambda: "there is no screen.")
    b.main()
    assert capsys.readouterr().out == "No window here: there is no screen.\n"
