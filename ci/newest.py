"""Ask pip for the newest versions of packages on the running Python, wheels only.

pip does the resolving (``--dry-run --report``); here its answers become packages, packages without
a wheel, and conflicts.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

NO_WHEEL = re.compile(r"No matching distribution found for ([\w.-]+)")
PIP = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
PIP += ["--only-binary=:all:"]
CONFLICT = re.compile(r"^ERROR: (Cannot install .*)$", re.MULTILINE)


@dataclass(frozen=True)
class Package:
    """A package as pip resolved it: name, version, and what its metadata require."""

    name: str
    version: str
    requires: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Resolution:
    """What pip answered.

    Attributes
    ----------
    packages : list of Package
        What it would install; empty if there is no solution.
    missing : list of str
        Packages without a wheel for this Python, left out of the question.
    conflict : str
        pip's sentence if there is no solution, else empty.
    """

    packages: list[Package]
    missing: list[str] = field(default_factory=list)
    conflict: str = ""


def open_ended(requirement: str) -> str:
    """Return a requirement without its upper bounds: ``numpy>=1`` for ``numpy>=1,<2``."""
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    wanted = Requirement(requirement)
    wanted.specifier = SpecifierSet(
        ",".join(str(part) for part in wanted.specifier if part.operator in {">=", ">", "!="})
    )
    return str(wanted)


def from_report(report: dict) -> list[Package]:
    """Return the packages of pip's installation report."""
    found = [item["metadata"] for item in report["install"]]
    return [Package(m["name"], m["version"], m.get("requires_dist", [])) for m in found]


def pip(requirements: list[str], *options: str) -> tuple[dict | None, str]:
    """Ask pip what it would install here; return its report, or ``None`` and what it said."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, report = Path(folder, "wanted.txt"), Path(folder, "report.json")
        wanted.write_text("\n".join(requirements), encoding="utf-8")
        command = [*PIP, "--report", str(report), *options, "--requirement", str(wanted)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return None, done.stderr
        return json.loads(report.read_text(encoding="utf-8")), ""


def resolve(requirements: list[str], *options: str) -> Resolution:
    """Ask pip what it would install for the running Python, wheels only.

    A package without a wheel is noted and left out, so that one does not hide the others.

    Parameters
    ----------
    requirements : list of str
        As in a requirements file.
    options : str
        More options for pip, ``--no-deps`` for instance.

    Raises
    ------
    RuntimeError
        With pip's last words if it fails for a cause that is no answer, the network for instance.
    """
    left, missing = list(requirements), list[str]()
    while True:
        report, said = pip(left, *options)
        if report is not None:
            return Resolution(from_report(report), missing)
        lacking, conflict = NO_WHEEL.search(said), CONFLICT.search(said)
        kept = [line for line in left if not (lacking and named(line) == plain(lacking[1]))]
        if lacking and len(kept) < len(left):
            missing.append(lacking[1])
            left = kept
        elif lacking:
            return Resolution([], missing, f"{lacking[1]} is needed, and has no wheel.")
        elif conflict:
            # pip names lines of a file that is gone.
            words = re.split(r"-r \S+ \(line (\d+)\)", conflict[1])
            words[1::2] = [left[int(number) - 1] for number in words[1::2]]
            return Resolution([], missing, "".join(words))
        else:
            raise RuntimeError(f"pip failed: {said[-2000:]}")


def plain(name: str) -> str:
    """Return the name of a package in the form in which names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def named(requirement: str) -> str:
    """Return which package a requirement asks for."""
    found = re.match(r"\s*([\w.-]+)", requirement)
    return plain(found[1]) if found else ""
