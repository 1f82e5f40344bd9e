"""Run the tests that need no more than the base of the course: no PyTorch, TensorFlow or Qt.

They say within minutes whether the course works with a Python, a system or new versions of its
packages, so the workflows run them where the full environment would be too large. They test the
package that is installed for the Python that runs them, which may be a wheel.

Usage: ``python ci/fast.py [ARGUMENTS FOR PYTEST]``
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# What the tests import beside the base.
NEEDS = ("hypothesis", "pytest", "pytest-timeout")
SUBJECTS = ("classical", "deconvolution", "pixel_classification")
LESSONS = tuple(f"lessons/{subject}" for subject in SUBJECTS)
FOLDERS = ("devices", "images", "display", "metrics", *SUBJECTS, *LESSONS)
FILES = ("cli", "doctor", "exercises", "files", "labels", "scores", "sizes", "timing")
APART = ("browser", "display", "chapter", "install")


def command(arguments: list[str]) -> list[str]:
    """Return the pytest command for the running Python, with more arguments for it."""
    places = [*(f"tests/{name}" for name in FOLDERS), *(f"tests/test_{name}.py" for name in FILES)]
    chosen = " and ".join(f"not {marker}" for marker in APART)
    return [sys.executable, "-m", "pytest", "-m", chosen, *places, *arguments]


if __name__ == "__main__":
    sys.exit(subprocess.call(command(sys.argv[1:]), cwd=ROOT))
