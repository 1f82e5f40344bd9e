"""Write the text of the pull request that proposes newly executed outputs.

Reads the names of the changed files on standard input, as ``git diff --name-only`` prints them,
and says for each chapter what its record says: on which devices, how long, at what size. The
numbers come from the records alone.

Usage: ``git diff --cached --name-only | python ci/pull_request.py``
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
import pages

from gpu_course import paths
from gpu_course.book import records

OUTPUTS = "ci/outputs/"


def machine_lines(found: list[dict[str, Any]]) -> list[str]:
    """Describe each machine that took part: system, Python, CPU, and the packages with versions.

    Parameters
    ----------
    found : list of dict
        Records; chapters executed on one machine share one description. Packages are those that
        any of its chapters imported.

    Returns
    -------
    list of str
        Markdown list items.
    """
    packages: dict[tuple[str, str, str], dict[str, str]] = {}
    for record in found:
        machine = record["machine"]
        key = (machine["os"], machine["python"], machine["cpu"]["name"])
        packages.setdefault(key, {}).update(machine["packages"])
    lines = []
    for (system, python, cpu), versions in packages.items():
        lines.append(f"* {system}, Python {python}, {cpu}")
        if versions:
            listed = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
            lines.append(f"  * {listed}")
    return lines


def body(names: Iterable[str], root: Path) -> str:
    """Return the text of the pull request.

    Parameters
    ----------
    names : iterable of str
        Changed files, as paths below `root` with forward slashes.
    root : pathlib.Path
        Top folder of the repository.

    Returns
    -------
    str
        Markdown.
    """
    changed = sorted(name.strip() for name in names if name.strip())
    stored = [name for name in changed if name.startswith(OUTPUTS) and name.endswith(".ipynb")]
    others = [name for name in changed if name not in stored]
    lines = ["New outputs, executed on the GPU machine.", ""]
    found = []
    for name in stored:
        chapter = name.removeprefix(OUTPUTS).removesuffix(".ipynb")
        if not (root / name).is_file():
            lines.append(f"* `{chapter}`: output removed")
            continue
        record = records.read(nbformat.read(root / name, as_version=4))
        if record:
            found.append(record)
        lines.append(f"* `{chapter}`: {pages.stamp(record) if record else 'no record'}")
    if found:
        lines += ["", "Executed with:", "", *machine_lines(found)]
    if others:
        lines += ["", "Other files:", "", *(f"* `{name}`" for name in others)]
    lines += [
        "",
        "Look at the pages before merging: the artifact `site` of this branch's checks holds them.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(body(sys.stdin, paths.root()), end="")
