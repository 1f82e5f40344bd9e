"""Where this copy of the course comes from: what a notebook on Colab has to install."""

import importlib.metadata
import json
import os
import subprocess
from collections.abc import Sequence

from gpu_course import paths


def repository() -> str:
    """Return ``"owner/name"`` of the public repository on GitHub, or ``""`` if none is known.

    The page workflow sets ``GPU_COURSE_REPOSITORY``; a local build has no public address.
    """
    return os.environ.get("GPU_COURSE_REPOSITORY", "").strip()


def requirement(extras: Sequence[str] = ()) -> str:
    """Return what pip must be given to install this very copy, or ``""`` if nobody can tell.

    Never the bare name of the package: whoever owns that name on a package index would then decide
    what a reader runs.
    """
    address = f"git+https://github.com/{repository()}@{_commit()}" if repository() else _installed()
    name = f"gpu-course[{','.join(extras)}]" if extras else "gpu-course"
    return f"{name} @ {address}" if address else ""


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=paths.root(), capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "main"


def _installed() -> str:
    """Return the git address and commit that pip installed from (PEP 610), or ``""``."""
    try:
        text = importlib.metadata.distribution("gpu-course").read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return ""
    found = json.loads(text or "{}")
    git = found.get("vcs_info", {})
    if git.get("vcs") != "git" or not found.get("url", "").startswith("https://"):
        return ""
    return f"git+{found['url']}@{git['commit_id']}"
