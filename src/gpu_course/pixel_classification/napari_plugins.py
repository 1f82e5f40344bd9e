"""Helpers of the chapter ``pixel-classification/napari-plugins``: a view, a clock, a plugin."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def visible_region(corners: ArrayLike, shape: Sequence[int]) -> tuple[slice, ...]:
    """Return the part of an image that the window shows.

    Parameters
    ----------
    corners : array of int (2, axes)
        The first and the last pixel in view, as in ``layer.corner_pixels``. They may lie beside
        the image.
    shape : sequence of int
        Shape of the image.

    Returns
    -------
    tuple of slice
        One for each axis; never empty, as the nearest pixel stands for an image out of view.
    """
    region = []
    for first, last, length in zip(*np.asarray(corners), shape, strict=True):
        start = min(max(int(first), 0), length - 1)
        stop = min(max(int(last) + 1, start + 1), length)
        region.append(slice(start, stop))
    return tuple(region)


def longest_silence(start: Callable[[], object], seconds: float = 1.0) -> float:
    """Return the longest time for which the window did not answer.

    A clock in the window ticks every 5 ms. While the window is busy with something else, it
    does not.

    Parameters
    ----------
    start : callable
        Begins some work, as the click of a button would.
    seconds : float
        For how long the window is watched.

    Returns
    -------
    float
        In seconds.
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
    live(seconds)
    timer.stop()
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


def write(folder: Path, files: dict[str, str]) -> None:
    """Write the files of a plugin; folders that are missing are made."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def validate(folder: Path, manifest: str) -> str:
    """Run ``npe2 validate`` in a folder, and return what it says.

    Parameters
    ----------
    folder : Path
        Where the plugin's package lies.
    manifest : str
        The manifest's path inside the folder.
    """
    done = subprocess.run(
        [sys.executable, "-m", "npe2", "validate", manifest],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout.strip() or done.stderr.strip()
    return said.replace(str(folder), ".")


def register(folder: Path, manifest: str) -> Any:
    """Let napari know a plugin that is not installed, until this process ends.

    Returns
    -------
    npe2.PluginManifest
    """
    from npe2 import PluginManager, PluginManifest

    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    found = PluginManifest.from_file(folder / manifest)
    manager = PluginManager.instance()
    if found.name not in [known.name for known in manager.iter_manifests()]:
        manager.register(found)
    return found
