"""The doctor's findings in words: for the terminal, a notebook and the forum."""

import getpass
import importlib.metadata
import platform
import re
import socket
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from gpu_course.devices import hardware
from gpu_course.devices.record import PACKAGES
from gpu_course.doctor.check import Check
from gpu_course.html_table import Rows

if TYPE_CHECKING:
    from rich.table import Table

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def anonymous(text: str) -> str:
    """Return a text without the user's home folder, user name and host name.

    The home folder becomes ``~``. The two names are replaced where they stand as whole words
    inside a path (user) or anywhere (host), so that a user called "on" does not lose every "on".
    """
    text = text.replace(str(Path.home()), "~")
    try:
        user = re.escape(getpass.getuser())
    except (OSError, KeyError):  # no name known for this user, as in some containers
        user = ""
    if user:
        text = re.sub(rf"(?<=[/\\]){user}(?![\w.-])", "user", text)
    host = socket.gethostname()
    if host and host != "localhost":
        text = re.sub(rf"(?<![\w.-]){re.escape(host)}(?![\w-])", "host", text)
    return text


def table(checks: Sequence[Check]) -> Rows:
    """Return the findings as a table for a notebook, without personal names."""
    rows = [{key: anonymous(value) for key, value in asdict(check).items()} for check in checks]
    return Rows(rows, label="What the doctor found")


def render(checks: Sequence[Check]) -> "Table":
    """Return the findings as a table for the terminal."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, show_lines=False, pad_edge=False)
    for column in ("", "part", "found, and what to do"):
        drawn.add_column(column, overflow="fold")
    for check in checks:
        found = Text(check.what)
        if check.cure:
            found.append(f"\n→ {check.cure}", style="bold")
        drawn.add_row(Text(check.status, style=_COLOURS[check.status]), check.name, found)
    return drawn


def _packages() -> list[str]:
    """Return "name version" of every package that matters and is installed."""
    lines = []
    cupy = ("cupy-cuda12x", "cupy-cuda13x", "cupy")
    for name in [*PACKAGES.values(), *cupy, "PyQt6", "pocl-binary-distribution"]:
        try:
            lines.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return lines


def describe(checks: Sequence[Check]) -> str:
    """Return the findings and the versions as a plain text block to paste on the forum."""
    lines = [
        f"gpu-course {importlib.metadata.version('gpu-course')}",
        f"{platform.system()} {platform.release()} {platform.machine()}, "
        f"Python {platform.python_version()}",
        f"{hardware.cpu_name()}, {hardware.cores()} cores, "
        f"{hardware.ram() / hardware.GIB:.1f} GiB of memory",
        "",
    ]
    for check in checks:
        lines.append(f"[{check.status}] {check.name}: {check.what}")
        if check.cure:
            lines.append(f"       cure: {check.cure}")
    lines += ["", *_packages()]
    return anonymous("\n".join(lines))
