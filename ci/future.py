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
import subprocess
import sys
import tempfile
import tomllib
import venv
import xml.etree.ElementTree as ElementTree
from dataclasses import asdict, dataclass
from pathlib import Path

import fast
from newest import Package, Resolution, named, open_ended, plain, resolve

ROOT = Path(__file__).resolve().parents[1]
# Names of subjects in a title, and of failed tests in a finding, before "and n more".
NAMED, LISTED = 4, 20


@dataclass(frozen=True)
class Finding:
    """One thing that will break: on what (for the title), and a sentence (for the text)."""

    subject: str
    sentence: str


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
