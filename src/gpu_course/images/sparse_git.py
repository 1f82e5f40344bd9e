"""Some files of a public git repository at one commit, without its history and its other files."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from gpu_course.errors import MachineError
from gpu_course.images.downloads import OTHER_SOURCES, cannot_save
from gpu_course.images.registered import sha256

SCHEME = "git+"
"""An address is ``git+ORIGIN@COMMIT#PATH``: the repository, 40 digits, a path inside it."""

_PATIENCE = 60  # seconds without a thousand bytes before git gives up


def source_of(url: str) -> str:
    """Return ``git+ORIGIN@COMMIT``, equal for all files of one commit; "" for another address."""
    return url.partition("#")[0] if url.startswith(SCHEME) else ""


def download(source: str, wanted: Mapping[str, tuple[str, str]], cache: Path) -> None:
    """Fetch files of one commit into the cache, or raise and leave nothing half-written.

    All come in one transfer, into a folder of their own. Only when every sha256 is right are they
    moved, each as a whole; so an interruption leaves whole files or none.

    Parameters
    ----------
    source
        ``git+ORIGIN@COMMIT``, as `source_of` returns it.
    wanted
        Path inside the repository → path below `cache`, sha256.
    cache
        The folder to save below. Created when needed.

    Raises
    ------
    MachineError
        No git, no network, no such commit, other contents than registered, or no room.

    References
    ----------
    git-scm.com/docs: git-fetch (``--depth``, ``--filter``), git-sparse-checkout, partial-clone.
    """
    origin, _, commit = source.removeprefix(SCHEME).rpartition("@")
    name = next(iter(wanted.values()))[0].partition("/")[0]
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=".git-", dir=cache, ignore_cleanup_errors=True
        ) as temporary:
            checkout(
                origin, commit, sorted({p.rpartition("/")[0] for p in wanted}), temporary, name
            )
            for inside, (path, digest) in wanted.items():
                _verify(Path(temporary, inside), path, digest, origin)
            for inside, (path, _) in wanted.items():
                (cache / path).parent.mkdir(parents=True, exist_ok=True)
                os.replace(Path(temporary, inside), cache / path)
    except OSError as error:
        raise cannot_save(error, name, cache) from error


def checkout(origin: str, commit: str, folders: Sequence[str], target: str, name: str) -> None:
    """Write some folders of a commit to a new repository in the empty folder `target`.

    The commit is given by all its 40 digits; `name` is what the error calls the files.

    Raises
    ------
    MachineError
        No git or one of before 2019, no network, or no such commit.
    """
    if shutil.which("git") is None:
        raise MachineError(
            f"{name} is fetched with git, which is not installed here. "
            f"Install git (https://git-scm.com) and run this again, or {OTHER_SOURCES}."
        )
    commands = [
        ["init", "--quiet", "--template="],
        ["remote", "add", "origin", origin],
        ["fetch", "--quiet", "--depth=1", "--no-tags", "--filter=blob:none", "origin", commit],
        # Only now are contents sent: those of the chosen folders, in one request.
        ["checkout", "--quiet", "--detach", commit],
    ]
    with _waiting(name):
        for command in commands:
            done = _git(target, command)
            if done.returncode:
                said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
                raise MachineError(
                    f"{name} could not be fetched from {origin}: git {command[0]} says “{said}”. "
                    f"Connect to the internet and run this again, or {OTHER_SOURCES}."
                )
            if command[0] == "init":
                # Patterns, not the command `sparse-checkout`: in its usual mode that brings every
                # file that lies beside a chosen folder or above it.
                chosen = Path(target, ".git", "info", "sparse-checkout")
                chosen.parent.mkdir(exist_ok=True)
                chosen.write_text("".join(f"/{each}/\n" for each in folders), encoding="utf-8")


def _waiting(name: str) -> AbstractContextManager[object]:
    """Say on a terminal what is going on; write nothing into a notebook or a log."""
    from rich.console import Console

    console = Console(stderr=True)
    return console.status(f"Fetching {name} with git") if console.is_terminal else nullcontext()


def _git(folder: str, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run git in a folder, whatever the user has set: no question, no change of line ends."""
    settings = {
        "core.autocrlf": "false",
        "core.longpaths": "true",  # of Windows: two ids make a path of 200 letters
        "core.sparseCheckout": "true",
        "core.sparseCheckoutCone": "false",
        "core.hooksPath": os.devnull,
        "http.lowSpeedLimit": "1000",
        "http.lowSpeedTime": str(_PATIENCE),
        "gc.auto": "0",
    }
    given = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    # Inside a git hook these would point to the reader's own repository.
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return subprocess.run(
        ["git", *given, *command],
        cwd=folder,
        env={**clean, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _verify(file: Path, path: str, digest: str, origin: str) -> None:
    """Raise unless a file that was checked out is the registered one."""
    if not file.is_file() or file.is_symlink():
        raise MachineError(
            f"{origin} has no {path} at the commit that the course names. "
            f"Update the course, or {OTHER_SOURCES}."
        )
    if sha256(file) != digest:
        raise MachineError(
            f"{path} from {origin} is not the file the course expects (its sha256 differs), so "
            f"nothing was kept. Run this again in case the transfer was damaged; if it stays, "
            f"update the course, or {OTHER_SOURCES}."
        )
