"""Say what will break: try the newest versions of everything, one Python after another.

The pins of requirements.txt keep the course working, and hide what the world outside does. A weekly
workflow runs ``look`` on each Python: pip resolves the newest versions, without our pins and our
upper bounds, and the fast tests run on them. ``report`` puts the findings of all Pythons into one
text, and the workflow keeps one issue up to date with it.

Usage: ``python ci/future.py look --out FILE`` (needs the package ``packaging``), then
``python ci/future.py report FILE... --report FILE --title FILE`` (needs nothing).
The exit status of ``report`` is 1 if something will break.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
import xml.etree.ElementTree as ElementTree
from dataclasses import asdict, dataclass, field
from pathlib import Path

import fast

ROOT = Path(__file__).resolve().parents[1]
NO_WHEEL = re.compile(r"No matching distribution found for ([\w.-]+)")
PIP = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
PIP += ["--only-binary=:all:"]
CONFLICT = re.compile(r"^ERROR: (Cannot install .*)$", re.MULTILINE)
# Names of subjects in a title, and of failed tests in a finding, before "and n more".
NAMED, LISTED = 4, 20


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


@dataclass(frozen=True)
class Finding:
    """One thing that will break: on what (for the title), and a sentence (for the text)."""

    subject: str
    sentence: str


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


def refusals(python: str, packages: list[Package], newest: dict[str, Package]) -> list[Finding]:
    """Find the packages whose metadata refuse the newest version of another."""
    from packaging.requirements import Requirement

    here = {"python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    found = []
    for package in packages:
        for requirement in map(Requirement, package.requires):
            other = newest.get(plain(requirement.name))
            if other is None or (requirement.marker and not requirement.marker.evaluate(here)):
                continue
            if not requirement.specifier.contains(other.version, prereleases=True):
                subject = f"{other.name} {other.version}"
                who = f"{package.name} {package.version}"
                what = f"{who} refuses {subject}: it asks for {requirement.specifier}."
                found.append(Finding(subject, what))
    return found


def findings(
    python: str, project: dict, alone: Resolution, together: Resolution, tests: str = ""
) -> list[Finding]:
    """Say what will break on one Python.

    Parameters
    ----------
    python : str
        Such as ``"3.13"``.
    project : dict
        The table ``project`` of pyproject.toml.
    alone : Resolution
        The newest version of each package that the course names, each for itself.
    together : Resolution
        The newest set of versions that go together, with what they need in turn.
    tests : str
        What failed in the tests, in a sentence; empty if nothing did.

    Returns
    -------
    list of Finding
        The course's own ranges first, then those of others, then the tests; no sentence twice.
    """
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    subject, range_ = f"Python {python}", project["requires-python"]
    found = []
    if not SpecifierSet(range_).contains(python):
        found.append(Finding(subject, f"The course refuses {subject}: it asks for {range_}."))
    found += [
        Finding(subject, f"{name} has no wheel for {subject}.")
        for name in dict.fromkeys(alone.missing + together.missing)
    ]
    newest = {plain(package.name): package for package in alone.packages}
    for requirement in map(Requirement, project["dependencies"]):
        package = newest.get(plain(requirement.name))
        if package and not requirement.specifier.contains(package.version, prereleases=True):
            what = f"{package.name} {package.version}"
            asked = f"The course refuses {what}: it asks for {requirement.specifier}."
            found.append(Finding(what, asked))
    found += refusals(python, alone.packages + together.packages, newest)
    if together.conflict:
        found.append(Finding(subject, f"pip finds no set of versions: {together.conflict}"))
    if tests:
        found.append(Finding(subject, tests))
    return list({finding.sentence: finding for finding in found}.values())


def failures(junit: Path) -> str:
    """Return what failed in a run of pytest in a sentence; empty if nothing did."""
    if not junit.is_file():
        return "The fast tests did not start: see the log."
    cases = list(ElementTree.parse(junit).getroot().iter("testcase"))
    bad = [
        f"`{case.get('classname')}.{case.get('name')}`"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]
    if not cases:
        return "No fast test ran: see the log."
    if not bad:
        return ""
    more = f" and {len(bad) - LISTED} more" if len(bad) > LISTED else ""
    return f"{len(bad)} of {len(cases)} fast tests fail: {', '.join(bad[:LISTED])}{more}."


def tried(packages: list[Package], folder: Path) -> str:
    """Install a resolved set, and the course without its ranges; run the fast tests there."""
    venv.create(folder / "environment", with_pip=True)
    programs = "Scripts" if sys.platform == "win32" else "bin"
    python = str(folder / "environment" / programs / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--only-binary=:all:"]
    exact = [f"{package.name}=={package.version}" for package in packages]
    course = ["--no-deps", "--ignore-requires-python", str(ROOT)]
    for what in (
        [*pip, *exact, *fast.NEEDS],
        [*pip, "--no-deps", "--requirement", str(ROOT / "requirements-no-deps.txt")],
        [python, "-m", "pip", "install", "--quiet", *course],
    ):
        subprocess.run(what, check=True)
    junit = folder / "tests.xml"
    command = [python, *fast.command([f"--junitxml={junit}", "--quiet"])[1:]]
    done = subprocess.run(command, cwd=ROOT, check=False)
    # 0 and 1: the tests ran. Anything else is a crash, or tests that could not be collected.
    return failures(junit) or ("" if done.returncode == 0 else "pytest crashed: see the log.")


def look(out: Path) -> None:
    """Try the newest versions on the running Python and write the findings to a file."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    opencl = project["optional-dependencies"]["cpu-opencl"]
    wanted = [open_ended(line) for line in project["dependencies"] + opencl]
    alone = resolve(wanted, "--no-deps")
    without = {plain(name) for name in alone.missing}
    together = resolve([line for line in wanted if named(line) not in without])
    tests = ""
    if together.packages:
        with tempfile.TemporaryDirectory() as folder:
            tests = tried(together.packages, Path(folder))
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = findings(python, project, alone, together, tests)
    record = {"python": python, "findings": [asdict(finding) for finding in found]}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def title(found: list[Finding]) -> str:
    """Return the issue's title, which names on what the course will break."""
    subjects = list(dict.fromkeys(finding.subject for finding in found))
    more = f" and {len(subjects) - NAMED} more" if len(subjects) > NAMED else ""
    return f"Will break on {', '.join(subjects[:NAMED]) or 'nothing that is out'}{more}"


def written(records: dict[str, list[Finding]]) -> str:
    """Return the issue's text: the findings of each Python, in Markdown."""
    lines = ["The newest versions of everything, without our pins and upper bounds.", ""]
    for python in sorted(records, key=lambda version: [int(part) for part in version.split(".")]):
        lines += [f"## Python {python}", ""]
        lines += [f"* {finding.sentence}" for finding in records[python]]
        lines += [] if records[python] else ["Nothing will break."]
        lines.append("")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Look on this Python, or put the findings of several together."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("look", help="try the newest versions on this Python")
    one.add_argument("--out", type=Path, required=True, help="file for the findings")
    all_ = commands.add_parser("report", help="put findings together")
    all_.add_argument("files", nargs="+", type=Path, help="what look wrote")
    all_.add_argument("--report", type=Path, required=True, help="file for the issue's text")
    all_.add_argument("--title", type=Path, required=True, help="file for the issue's title")
    chosen = parser.parse_args(arguments)
    if chosen.command == "look":
        look(chosen.out)
        return 0
    records = {}
    for file in chosen.files:
        record = json.loads(file.read_text(encoding="utf-8"))
        records[record["python"]] = [Finding(**finding) for finding in record["findings"]]
    found = [finding for python in sorted(records) for finding in records[python]]
    chosen.report.write_text(written(records), encoding="utf-8")
    chosen.title.write_text(title(found) + "\n", encoding="utf-8")
    print(title(found), written(records), sep="\n\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
