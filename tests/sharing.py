"""How several processes share the tests, file by file (pytest-xdist): how many, in which order.

Nothing heavy is imported here: `share_the_cores` speaks to libraries that are not loaded yet.
"""

import os
from collections.abc import Iterable
from typing import Any

PROCESS = 3 * 2**30
"""Bytes of memory that one process may need, with the kernel of the chapter that it runs."""

LONGEST = ("chapter", "install", "browser")
"""Markers of the tests that take longest, the longest first."""

THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
"""What tells PyTorch, NumPy, SciPy and TensorFlow how many threads to start."""


def processes(cores: int, ram: int) -> int:
    """Return how many processes a machine can feed: one more than cores, as far as memory reaches.

    Many tests wait for a browser, a kernel or a program that they started; one process more uses
    the core meanwhile.
    """
    return max(1, min(cores + 1, ram // PROCESS))


def share_the_cores(cores: int, together: int) -> None:
    """Let the libraries of this process, and of those that it starts, use its share of the cores.

    Each would otherwise start a thread a core, which wait for those of the other processes. What
    the environment says already, stays.
    """
    for name in THREADS:
        os.environ.setdefault(name, str(max(1, cores // together)))


def longest_first(items: Iterable[Any]) -> list[Any]:
    """Return the tests in an order that leaves no process with a long one at the very end.

    All others keep their order, so each process meets the files in the order of a single one.
    """

    def rank(item: Any) -> int:
        marks = [bool(item.get_closest_marker(name)) for name in LONGEST]
        return marks.index(True) if True in marks else len(LONGEST)

    return sorted(items, key=rank)
