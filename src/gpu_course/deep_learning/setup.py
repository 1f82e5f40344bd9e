"""Helpers of the chapter ``deep-learning/setup``: two layouts, a choice of device, versions."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.devices.rows import Rows
from gpu_course.errors import CourseError

# --- the solutions of the exercises -------------------------------------------------------------


def channels_last(images: NDArray[Any], weights: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Bring images and kernels from PyTorch's layout to TensorFlow's.

    Parameters
    ----------
    images : ndarray (N, C, Y, X)
        Image, channel, row, column.
    weights : ndarray (O, I, H, W)
        Channel out, channel in, row and column of the kernel.

    Returns
    -------
    images : ndarray (N, Y, X, C)
    weights : ndarray (H, W, I, O)
        Nothing is flipped: both libraries correlate.
    """
    return images.transpose(0, 2, 3, 1), weights.transpose(2, 3, 1, 0)


def choose(facts: Mapping[str, Any]) -> tuple[str, str]:
    """Say where PyTorch shall compute, and in how many bits.

    Parameters
    ----------
    facts : mapping
        ``"cuda"``, ``"mps"``: bool, whether PyTorch can use such a GPU; ``"bfloat16"``: bool,
        whether the CUDA GPU computes in that format; ``"wanted"``: ``"cpu"`` where somebody asks
        for the processor, else ``""``.

    Returns
    -------
    device : {"cuda", "mps", "cpu"}
    precision : {"bfloat16", "float16", "float32"}
    """
    if facts["wanted"] == "cpu":
        return "cpu", "float32"
    if facts["cuda"]:
        return "cuda", "bfloat16" if facts["bfloat16"] else "float16"
    # CPUs and Apple's GPUs know the short formats too, but seldom gain from them.
    return ("mps" if facts["mps"] else "cpu"), "float32"


# --- what is installed --------------------------------------------------------------------------


def versions(distributions: Sequence[str]) -> Rows:
    """Return a table of packages and their versions, read without importing any of them.

    Parameters
    ----------
    distributions : sequence of str
        Names as pip knows them.

    Returns
    -------
    Rows
        A missing package says “not installed”.
    """
    rows = []
    for name in distributions:
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            version = "not installed"
        rows.append({"package": name, "version": version})
    return Rows(rows, label="Versions of the packages")


def keras_of_a_fresh_process() -> str:
    """Start another Python, import TensorFlow there, and return which Keras it brought along.

    Returns
    -------
    str
        Such as ``"keras 3.15.1"``.

    Raises
    ------
    CourseError
        If TensorFlow cannot be imported there.
    """
    code = (
        "import importlib, tensorflow as tf\n"
        "name = tf.keras.Model.__module__.partition('.')[0]\n"
        "print(name, importlib.import_module(name).__version__)\n"
    )
    setting = {"TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        # Without a GPU in sight it takes none of its memory from the process that asks.
        env={**os.environ, **setting, "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not done.stdout.strip():
        last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        raise CourseError(
            f"TensorFlow could not be imported in a fresh process: {last}. "
            "Run `gpu-course doctor` to see what is missing."
        )
    return done.stdout.strip().splitlines()[-1]


def relative_difference(found: Any, exact: NDArray[np.floating[Any]]) -> float:
    """Return the largest difference of two arrays, as a share of the largest value.

    Parameters
    ----------
    found : tensor or ndarray
        Of any library with a method ``numpy``, in any precision; on the CPU.
    exact : ndarray, float
    """
    values = found.double() if hasattr(found, "double") else found
    values = values.numpy() if hasattr(values, "numpy") else values
    off = np.abs(np.asarray(values, np.float64) - exact).max()
    return float(off / np.abs(exact).max())
