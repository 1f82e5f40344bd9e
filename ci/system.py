"""Install, or name, the system packages that the browser, display and OpenCL tests need.

``make test`` calls this before the tests. As root on Debian or Ubuntu it installs what is missing
and nothing else. Everywhere else it cannot, or should not, so it says in one block what is missing
and how to get it, and the tests that need it skip with that reason. Standard library only: it
runs before any environment exists.

Usage: ``python ci/system.py [--strict]``. With ``--strict`` something missing at the end is an
error, so that a test machine cannot turn green by skipping.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("system-packages.txt")

# macOS keeps applications out of PATH, and draws windows without any of the other packages.
MAC_BROWSERS = (
    Path("/Applications/Chromium.app"),
    Path("/Applications/Google Chrome.app"),
)


@dataclass(frozen=True)
class Package:
    """One line of ``system-packages.txt``.

    Attributes
    ----------
    name : str
        Name of the package in Debian and Ubuntu.
    kind : str
        How to see that it is there: ``"program"`` or ``"library"``.
    signs : tuple of str
        Program names or shared library names; any one of them is enough.
    """

    name: str
    kind: str
    signs: tuple[str, ...]


def read_packages(text: str) -> list[Package]:
    """Read the list of packages.

    Parameters
    ----------
    text : str
        Lines of ``name kind sign [sign ...]``; blank lines and ``#`` comments are skipped.

    Returns
    -------
    list of Package
        In the order of the file.

    Raises
    ------
    ValueError
        If a line has no sign, or a kind other than ``program`` and ``library``.
    """
    packages = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        if len(words) < 3 or words[1] not in ("program", "library"):
            raise ValueError(
                f"{LIST.name}, line {number}: expected 'name program|library sign', got {line!r}."
            )
        packages.append(Package(words[0], words[1], tuple(words[2:])))
    return packages


def loads(library: str) -> bool:
    """Tell whether the shared library of this exact name can be loaded."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def present(package: Package) -> bool:
    """Tell whether any sign of the package is found on this machine."""
    if package.kind == "program":
        return any(shutil.which(sign) is not None for sign in package.signs)
    return any(loads(sign) for sign in package.signs)


def missing_packages(packages: list[Package], system: str) -> list[str]:
    """Return the names of the packages this machine lacks.

    Parameters
    ----------
    packages : list of Package
        What the tests need on Linux.
    system : str
        As ``platform.system()`` says it. On anything but Linux windows are drawn natively, so
        the browser alone is asked for.

    Returns
    -------
    list of str
        Package names, in the given order; empty if nothing is missing.
    """
    if system != "Linux":
        packages = [package for package in packages if package.name == "chromium"]
        if system == "Darwin" and any(browser.exists() for browser in MAC_BROWSERS):
            return []
    return [package.name for package in packages if not present(package)]


def advice(missing: list[str], system: str, *, apt: bool) -> str:
    """Say in one block what is missing, what that means, and how to get it.

    Parameters
    ----------
    missing : list of str
        Package names, at least one.
    system : str
        As ``platform.system()`` says it.
    apt : bool
        Whether the machine has ``apt-get``.

    Returns
    -------
    str
        Lines to print.
    """
    if system == "Darwin":
        cure = "    brew install --cask chromium        (or install Google Chrome)"
    elif system == "Linux" and apt:
        cure = f"    sudo apt-get install --no-install-recommends {' '.join(missing)}"
    elif system == "Linux":
        cure = "    install what your distribution calls these packages (the names are Debian's)"
    else:
        cure = "    install Chromium or Google Chrome, and put its folder on PATH"
    return "\n".join(
        [
            f"System packages missing: {' '.join(missing)}",
            "The book and the course work without them; the tests that open a browser or a napari",
            "window, or need a second OpenCL driver, will be skipped. To run those too:",
            cure,
        ]
    )


def install(names: list[str]) -> bool:
    """Install packages with apt-get, quietly; return whether that succeeded.

    The package index is refreshed first: on a fresh machine it is empty.
    """
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names],
    )
    for command in commands:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode != 0:
            # apt-get prints hundreds of lines; the cause is in the last few.
            tail = (done.stdout + done.stderr).strip().splitlines()[-5:]
            print(f"'{' '.join(command[:2])}' failed:", *tail, sep="\n    ", file=sys.stderr)
            return False
    return True


def main(arguments: list[str] | None = None) -> int:
    """Install or name what is missing; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--strict", action="store_true", help="exit 1 if something stays missing")
    strict = parser.parse_args(arguments).strict

    system = platform.system()
    packages = read_packages(LIST.read_text(encoding="utf-8"))
    missing = missing_packages(packages, system)
    apt = shutil.which("apt-get") is not None
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if missing and system == "Linux" and apt and root:
        print(f"Installing system packages: {' '.join(missing)}", flush=True)
        install(missing)
        missing = missing_packages(packages, system)
    if not missing:
        print("System packages of the tests: all present.")
        return 0
    print(advice(missing, system, apt=apt))
    return 1 if strict else 0


if __name__ == "__main__":
    sys.exit(main())
