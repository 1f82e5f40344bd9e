"""What is installed, which Keras TensorFlow brings along, and how far two results differ."""

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.html_table import Rows


def installed(distributions: Sequence[str]) -> Rows:
    """Return a table of packages and their versions, read without importing any of them.

    Names are as pip knows them. A missing package says “not installed”.
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
