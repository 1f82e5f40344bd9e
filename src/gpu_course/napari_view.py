"""napari's window, also on a machine without a screen: pictures of it, and a clock in it."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.display.picture import light_picture
from gpu_course.errors import CourseError

if TYPE_CHECKING:
    import napari


@dataclass(frozen=True)
class Snapshot:
    """A picture of a window, which a notebook shows.

    Attributes
    ----------
    pixels : ndarray, uint8 (Y, X, 3)
    """

    pixels: NDArray[np.uint8]

    def __repr__(self) -> str:
        """Return its size instead of its pixels."""
        return f"Snapshot of {self.pixels.shape[1]} × {self.pixels.shape[0]} pixels"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        mime, data = light_picture(self.pixels)
        return {mime: data, "text/plain": repr(self)}


def snapshot(
    build: Callable[[napari.Viewer], object], *, size: tuple[int, int] = (1000, 620)
) -> Snapshot | None:
    """Open napari, let `build` fill it, and return a picture of the whole window.

    The window is closed again. On your own screen, keep it open instead:
    ``viewer = napari.Viewer(); build(viewer)``.

    Parameters
    ----------
    build : callable
        Gets the viewer and adds layers to it.
    size : tuple of int
        Width and height of the window in pixels.

    Returns
    -------
    Snapshot or None
        None, after one printed sentence, where napari is not installed or no screen can be had.
    """
    lacking = missing()
    if lacking:
        print(f"No picture of napari here: {lacking}")
        return None
    import napari
    from qtpy.QtWidgets import QApplication

    # IPython's event loop is for windows that stay open; this one does not.
    with without_event_loop():
        viewer = napari.Viewer(show=True)
    try:
        viewer.window.resize(*size)
        build(viewer)
        # A few turns of Qt's event loop: layers are drawn in the first, thumbnails later.
        for _ in range(10):
            QApplication.processEvents()
            time.sleep(0.02)
        pixels = viewer.screenshot(canvas_only=False, flash=False)
    finally:
        viewer.close()
    return Snapshot(np.ascontiguousarray(pixels[..., :3]))


@contextmanager
def without_event_loop() -> Iterator[None]:
    """Keep napari from starting IPython's event loop; a window opened later may start it."""
    from napari.settings import get_settings

    application = get_settings().application
    before = application.ipy_interactive
    application.ipy_interactive = False
    try:
        yield
    finally:
        application.ipy_interactive = before


def missing() -> str:
    """Return what keeps napari from opening a window, or an empty text."""
    import importlib.util

    if importlib.util.find_spec("napari") is None or importlib.util.find_spec("qtpy") is None:
        return "napari is not installed; `pip install napari PyQt6` brings it."
    if sys.platform != "linux":
        return ""
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ours = not screen or _own_screen.cache_info().currsize
    # A virtual screen is drawn by a driver that compiles with LLVM, and beside TensorFlow's LLVM
    # it ends the whole process (https://github.com/tensorflow/tensorflow/issues/109933).
    if ours and "tensorflow" in sys.modules:
        return (
            "TensorFlow is loaded in this process, and beside it no window can be drawn on a "
            "virtual screen; restart the kernel, and open napari in a notebook without TensorFlow."
        )
    if not screen:
        if not shutil.which("Xvfb"):
            return "there is no screen, and no Xvfb to stand in for one (`sudo apt install xvfb`)."
        try:
            os.environ["DISPLAY"] = _own_screen()
        except CourseError as error:
            return str(error)
    # A virtual screen of our own works, and would end with the client that tries it.
    elif not ours and not _opens(screen):
        return "its screen cannot be reached; unset DISPLAY to use a virtual one."
    return ""


@functools.cache
def _opens(display: str) -> bool:
    """Try a screen in another process: Qt ends a process whose screen it cannot reach."""
    code = "from qtpy.QtWidgets import QApplication; QApplication([])"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=False, timeout=60
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


@functools.cache
def _own_screen() -> str:
    """Start a virtual screen and return its name.

    One for the whole process: Qt stays connected to its first screen. With `-terminate` the
    screen ends by itself when the process, its last client, has gone.
    """
    from gpu_course import virtual_screen

    return virtual_screen.start("-screen", "0", "1600x1200x24", "-terminate")[1]


def longest_silence(
    start: Callable[[], object],
    seconds: float = 1.0,
    until: Callable[[], object] | None = None,
) -> float:
    """Return the longest time in seconds for which the window did not answer.

    A clock in the window ticks every 5 ms. While the window is busy with something else, it does
    not. `start` begins some work, as the click of a button would. The window is watched for so many
    `seconds`, or until `until()` is true.
    """
    from qtpy.QtCore import QTimer

    ticks: list[float] = []
    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.start()

    def begin() -> None:
        # What the window had to do before, as to draw itself for the first time, does not count.
        ticks[:] = [time.perf_counter()]
        start()

    live(0.2)
    QTimer.singleShot(0, begin)
    live(seconds, until)
    timer.stop()
    ticks.append(time.perf_counter())
    return float(np.diff(ticks).max())


def live(seconds: float, until: Callable[[], object] | None = None) -> None:
    """Let the window do its work, for some time or until something is true.

    On your own screen napari does this by itself; a cell that waits must ask for it.
    """
    from qtpy.QtWidgets import QApplication

    end = time.perf_counter() + seconds
    while time.perf_counter() < end and not (until and until()):
        QApplication.processEvents()
        time.sleep(0.002)
