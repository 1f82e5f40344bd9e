"""Run the tests in two rounds: those that open a window, then all others.

A window that no graphics card draws is drawn by a driver of OpenGL that compiles with LLVM, and
TensorFlow brings an LLVM of its own. A process that has loaded one dies of the other
(https://github.com/tensorflow/tensorflow/issues/109933), so no process of the tests meets both.

Usage: ``python ci/test.py [ARGUMENTS FOR PYTEST]``
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# A process that died is not replaced: pytest-xdist has been seen to wait for ever for the next one.
SHARED = (
    *("--numprocesses", "auto", "--dist", "loadfile", "--no-loadscope-reorder"),
    *("--max-worker-restart", "0"),
)
NO_TESTS = 5
"""What pytest answers where nothing was to be run."""


def command(windows: str, arguments: Iterable[str]) -> list[str]:
    """Return the command of one round: with ``windows`` ``"only"`` or ``"no"``."""
    return [sys.executable, "-m", "pytest", *SHARED, f"--windows={windows}", *arguments]


def together(first: int, second: int) -> int:
    """Return the answer of both rounds: a round without tests counts only where both have none."""
    tested = [code for code in (first, second) if code != NO_TESTS]
    return max(tested, key=abs, default=NO_TESTS)


if __name__ == "__main__":
    sys.exit(
        together(
            *[
                subprocess.call(command(windows, sys.argv[1:]), cwd=ROOT)
                for windows in ("only", "no")
            ]
        )
    )
