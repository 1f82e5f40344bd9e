"""Where this copy of the course comes from: what a notebook on Colab has to install.

Never the bare name of the package: whoever owns that name on a package index would then decide
what a reader runs.
"""

import hashlib
import importlib.metadata
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from gpu_course.book import package
from gpu_course.errors import CourseError

DOWNLOADS = "downloads"
"""Folder of the site that holds the wheel."""


@dataclass(frozen=True)
class Source:
    """What a notebook installs: a wheel known by its hash, or a commit in a git repository.

    Attributes
    ----------
    file : str
        Name of the wheel, or ``""``.
    sha256 : str
        Its hash in hexadecimal digits; always there where `file` is.
    address : str
        Where the wheel can be fetched, ``""`` if nobody can tell; without `file`, the git address
        and commit as pip reads them.
    python : str
        The versions of Python it needs, such as ``">=3.11,<3.14"``.
    """

    file: str = ""
    sha256: str = ""
    address: str = ""
    python: str = ""

    def bounds(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the first Python that will do and the first that will not, as (3, minor)."""
        first = re.search(r">=\s*3\.(\d+)", self.python)
        end = re.search(r"<\s*3\.(\d+)", self.python)
        return (3, int(first[1]) if first else 0), (3, int(end[1]) if end else 100)


def repository() -> str:
    """Return ``"owner/name"`` of the public repository on GitHub, or ``""`` if none is known.

    The page workflow sets ``GPU_COURSE_REPOSITORY``; a local build has no public address.

    Raises
    ------
    CourseError
        If ``GPU_COURSE_REPOSITORY`` holds anything else.
    """
    named = os.environ.get("GPU_COURSE_REPOSITORY", "").strip()
    if named and not re.fullmatch(r"[\w.-]+/[\w.-]+", named, re.ASCII):
        raise CourseError(
            f"GPU_COURSE_REPOSITORY is {named!r}, which is no repository on GitHub. Set it to "
            f"owner/name, or unset it."
        )
    return named


def of_wheel(wheel: Path, site: str = "") -> Source:
    """Return the source that `wheel` is, on a site at the web address `site` (``""``: unknown)."""
    return Source(
        file=wheel.name,
        sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        address=f"{site.rstrip('/')}/{DOWNLOADS}/{wheel.name}" if site else "",
        python=package.metadata(wheel)["Requires-Python"] or "",
    )


def installed() -> Source:
    """Return what pip installed this copy from (PEP 610); an empty source if nobody can tell."""
    try:
        distribution = importlib.metadata.distribution("gpu-course")
    except importlib.metadata.PackageNotFoundError:
        return Source()
    found = json.loads(distribution.read_text("direct_url.json") or "{}")
    address, git = found.get("url", ""), found.get("vcs_info", {})
    public = address if address.startswith("https://") else ""
    python = distribution.metadata["Requires-Python"] or ""
    if git.get("vcs") == "git" and public:
        return Source(address=f"git+{public}@{git['commit_id']}", python=python)
    file = unquote(urlsplit(address).path).rpartition("/")[2]
    sha256 = _hash(found.get("archive_info", {}), address)
    if not file.endswith(".whl") or not sha256:
        return Source(python=python)
    return Source(file, sha256, public, python)


def _hash(archive: dict, address: str) -> str:
    """Return the recorded sha256 of an archive, else that of the file if it is still there."""
    recorded = archive.get("hashes", {}).get("sha256") or archive.get("hash", "").removeprefix(
        "sha256="
    )
    parts = urlsplit(address)
    file = Path(url2pathname(parts.path)) if parts.scheme == "file" else None
    if not recorded and file and file.is_file():
        return hashlib.sha256(file.read_bytes()).hexdigest()
    return str(recorded)
