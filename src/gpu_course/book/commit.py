"""The commit that an execution belongs to: a record names one that anybody can check out.

What an execution writes itself (stored outputs, scores, trained weights) is no change: the second
chapter of a run would otherwise belong to no commit, because the first one stored its output.
"""

import os
import re
import subprocess
from pathlib import Path

RESULTS = ("ci/outputs", "data/scores", "data/weights", "data/runs")
"""Folders that an execution writes, relative to the root of the repository."""

UNKNOWN = "unknown"
"""The commit of a tree that git knows nothing of, such as one from an archive."""


ELSEWHERE = {
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"),
    *("GIT_NAMESPACE", "GIT_PREFIX"),
}
"""Variables that a hook of git sets, by which git would answer for another repository."""


def _git(root: Path, *arguments: str) -> str | None:
    """Return what git prints, or None where it fails, is absent, or `root` is no repository.

    A course unpacked from an archive inside a repository of somebody else is in no commit of it.
    """
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=root,
            env={
                **{name: value for name, value in os.environ.items() if name not in ELSEWHERE},
                "GIT_CEILING_DIRECTORIES": str(root.resolve().parent),
            },
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except FileNotFoundError:
        return None
    return None if done.returncode else done.stdout


def changes(root: Path) -> list[str]:
    """Return the files below the repository `root` that differ from the commit, new ones included.

    Paths are relative to `root` and sorted; results of executions and files that git ignores are
    left out. Without git the list is empty: nothing is known.
    """
    besides = [f":(exclude){folder}" for folder in RESULTS]
    listed = _git(root, "status", "--porcelain", "-z", "--no-renames", "--", ".", *besides)
    return sorted(entry[3:] for entry in (listed or "").split("\0") if entry)


def name(root: Path) -> str:
    """Return the commit of `root`, twelve digits, with ``+changes`` if files differ from it.

    Without git it is ``"unknown"``.
    """
    commit = (_git(root, "rev-parse", "--short=12", "HEAD") or "").strip()
    if not commit:
        return UNKNOWN
    return f"{commit}+changes" if changes(root) else commit


def in_history(root: Path, commit: str) -> bool:
    """Return whether `commit` is that of `root` or one before it."""
    if not re.fullmatch(r"[0-9a-f]{7,40}", commit):
        return False
    return _git(root, "merge-base", "--is-ancestor", commit, "HEAD") is not None
