"""Memory that a process has freed and still holds, given back to the system."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from functools import cache
from typing import Any


@cache
def _trim() -> Any:
    """Return glibc's function for it, or None on systems with another C library."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            return ctypes.CDLL("libc.so.6").malloc_trim
    return None


def give_back() -> None:
    """Give the system the memory that was freed by what this process has done so far.

    The allocator keeps what programs free, in a heap for each thread, because they may want it
    again. So a worker would hold the most that each of its threads ever needed, all at a time.
    Where the system's allocator is not that of glibc, nothing happens.
    """
    trim = _trim()
    if trim is not None:
        trim(0)
