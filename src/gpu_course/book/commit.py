"""The commit that an execution belongs to: a record names one that anybody can check out.

What an execution writes itself (stored outputs, scores, trained weights) is no change: the second
chapter of a run would otherwise belong to no commit, because the first one stored its output.
"""

import re
import subprocess
from pathlib import Path

RESULTS = ("ci/outputs", "data/scores", "data/weights", "data/runs")
"""Folders that an execution writes, relative to the root of the repository."""


def _git(root: Path, *arguments: str) -> str:
    """Return what git prints, or ``""`` where `root` is no git repository or git is absent."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return "" if done.returncode else done.stdout


def changes(root: Path) -> list[str]:
    """Return the files under `root` that differ from the commit, new ones included.

    Parameters
    ----------
    root : Path
        Root of the repository. Without git the list is empty: nothing is known.

    Returns
    -------
    list of str
        Paths relative to `root`, sorted, without the results of executions and without files
        that git ignores.
    """
    besides = [f":(exclude){folder}" for folder in RESULTS]
    listed = _git(root, "status", "--porcelain", "-z", "--no-renames", "--", ".", *besides)
    return sorted(entry[3:] for entry in listed.split("\0") if entry)


def name(root: Path) -> str:
    """Return the commit of `root`, twelve digits, with ``+changes`` if files differ from it.

    Without git it is ``"unknown"``.
    """
    commit = _git(root, "rev-parse", "--short=12", "HEAD").strip()
    if not commit:
        return "unknown"
    return f"{commit}+changes" if changes(root) else commit


def in_history(root: Path, commit: str) -> bool:
    """Return whether `commit` is that of `root` or one before it."""
    if not re.fullmatch(r"[0-9a-f]{7,40}", commit):
        return False
    done = subprocess.run(
        ["git", "merge-base", "--is-ancestor", commit, "HEAD"],
        cwd=root,
        capture_output=True,
        check=False,
    )
    return not done.returncode
