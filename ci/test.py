"""Run the tests in two rounds: those that open a window, then all others.

A window that no graphics card draws is drawn by a driver of OpenGL that compiles with LLVM, and
TensorFlow brings an LLVM of its own. A process that has loaded one dies of the other
(https://github.com/tensorflow/tensorflow/issues/109933), so no process of the tests meets both.

Where a process died all the same, what it left is run once more, by new ones, and it is said.

Usage: ``python ci/test.py [ARGUMENTS FOR PYTEST]``
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

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


def gone_on(run: Callable[[Path], int]) -> int:
    """Run a round, and what a process that died left of it, once; return the answer of both.

    ``run`` gets the file in which pytest notes which tests are over, and leaves those out.
    """
    with TemporaryDirectory() as folder:
        notes = Path(folder) / "finished.jsonl"
        notes.touch()
        first = run(notes)
        lines = [json.loads(line) for line in notes.read_text("utf-8").splitlines()]
        died = [line["died"] for line in lines if "died" in line]
        if not died:
            return first
        print(f"\nA process died of {died[0]}. New ones run it and what was left.", flush=True)
        second = run(notes)
        print(f"\nA process had died of {died[0]}; new ones end with {second}.", flush=True)
        return 1 if any(line.get("failed") for line in lines) else second


def together(first: int, second: int) -> int:
    """Return the answer of both rounds: a round without tests counts only where both have none."""
    tested = [code for code in (first, second) if code != NO_TESTS]
    return max(tested, key=abs, default=NO_TESTS)


def one_round(windows: str) -> int:
    """Run the tests with ``windows`` ``"only"`` or ``"no"``, and return pytest's answer."""

    def run(notes: Path) -> int:
        asked = command(windows, [*sys.argv[1:], f"--finished={notes}"])
        return subprocess.call(asked, cwd=ROOT)

    return gone_on(run)


if __name__ == "__main__":
    sys.exit(together(one_round("only"), one_round("no")))
