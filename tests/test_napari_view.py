import importlib.util
import os
import shutil
import subprocess
import sys
import threading
import time

import nbformat
import numpy as np
import pytest

from gpu_course import napari_view
from gpu_course.book import run

pytestmark = pytest.mark.display

needs_screen = pytest.mark.skipif(
    sys.platform == "linux" and not shutil.which("Xvfb"), reason="no Xvfb: see ci/system.py"
)

CELLS = """\
import os, signal
import numpy as np
from gpu_course.napari_view import snapshot

def build(viewer):
    viewer.add_image(np.full((40, 60), 200, np.uint8), colormap="green", contrast_limits=(0, 200))

first = snapshot(build, size=(900, 600))
try:  # as the interrupt key of a notebook does, to the whole group
    os.killpg(os.getpgid(0), signal.SIGINT)
except KeyboardInterrupt:
    pass
second = snapshot(build, size=(900, 600))
canvas = first.pixels[100:500, 450:800].astype(int)
print(first.pixels.shape, first.pixels.dtype, second.pixels.shape)
print("green", int(np.median(canvas[..., 1])), int(np.median(canvas[..., 0])))
first
"""


@needs_screen
def test_window_is_pictured_twice_in_one_kernel_without_a_word(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELLS)])
    run.execute(notebook, "napari")
    outputs = notebook.cells[0].outputs
    assert not [o for o in outputs if o.get("name") == "stderr"]
    printed = outputs[0].text.splitlines()
    assert printed == ["(600, 900, 3) uint8 (600, 900, 3)", "green 255 0"]
    assert {"image/png", "image/jpeg"} & set(outputs[1].data)


@needs_screen
def test_process_ends_when_its_work_is_done():
    code = "from gpu_course.napari_view import snapshot; print(snapshot(lambda viewer: None))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "Snapshot of 1000 × 620 pixels"


@needs_screen
@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
def test_beside_tensorflow_one_sentence_and_the_process_lives():
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("TensorFlow is not installed")
    code = "import tensorflow; from gpu_course.napari_view import snapshot"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print(snapshot(lambda viewer: None))"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={name: value for name, value in os.environ.items() if name != "DISPLAY"},
    )
    *_, said, returned = done.stdout.splitlines()
    assert returned == "None"
    assert "TensorFlow is loaded in this process" in said


@needs_screen
@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
def test_unreachable_screen_is_one_sentence_and_the_process_lives():
    code = "from gpu_course.napari_view import snapshot; print(snapshot(lambda viewer: None))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, "DISPLAY": ":98", "QT_QPA_PLATFORM": "xcb"},
    )
    assert "cannot be reached" in done.stdout
    assert done.stdout.splitlines()[-1] == "None"


def test_without_a_screen_one_sentence_and_none(monkeypatch, capsys):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert napari_view.snapshot(lambda viewer: None) is None
    assert "no screen" in capsys.readouterr().out


def test_without_napari_one_sentence_and_none(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert napari_view.snapshot(lambda viewer: None) is None
    assert "napari is not installed" in capsys.readouterr().out


def test_large_window_is_shown_light():
    noise = np.random.default_rng(0).integers(0, 255, (500, 800, 3), np.uint8)
    bundle = napari_view.Snapshot(noise)._repr_mimebundle_()
    assert "image/jpeg" in bundle
    assert bundle["text/plain"] == "Snapshot of 800 × 500 pixels"


@pytest.fixture(scope="session")
def application():
    """Keep Qt's application to the end: a process that makes a second one is aborted."""
    missing = napari_view.missing()
    if missing:
        pytest.skip(missing)
    from qtpy.QtWidgets import QApplication

    return QApplication.instance() or QApplication([])


@pytest.mark.usefixtures("application")
def test_clock_tells_a_blocked_window_from_a_free_one():
    assert napari_view.longest_silence(lambda: time.sleep(0.4), 0.6) >= 0.39
    free = napari_view.longest_silence(threading.Thread(target=time.sleep, args=(0.4,)).start)
    assert free < 0.39


@pytest.mark.usefixtures("application")
def test_watch_ends_where_it_is_told():
    done = []
    napari_view.longest_silence(lambda: done.append(1), 3600, until=lambda: done)
    assert done == [1]
