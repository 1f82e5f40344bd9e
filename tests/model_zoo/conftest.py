"""A package of one of the course's networks, written by the command, and read back."""

import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.one_thread import one_thread

__all__ = ["one_thread"]

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy")
NO_NETWORK = dict.fromkeys(PROXIES, "http://127.0.0.1:9")
"""Nobody listens there, so whoever asks the network fails at once."""


@dataclass(frozen=True)
class Package:
    """A package: its file, its description, and the contents of its files."""

    path: Path
    description: dict[str, Any]
    files: dict[str, bytes]

    @classmethod
    def read(cls, path: Path) -> "Package":
        with zipfile.ZipFile(path) as opened:
            files = {name: opened.read(name) for name in opened.namelist()}
        return cls(path, yaml.safe_load(files["rdf.yaml"]), files)


def python(program, code, **environment):
    """Run code in another process, without a network."""
    return subprocess.run(
        [program, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **NO_NETWORK, **environment},
    )


@pytest.fixture(scope="package")
def package(tmp_path_factory) -> Package:
    place = tmp_path_factory.mktemp("package")
    done = subprocess.run(
        [sys.executable, "-m", "gpu_course", "export", "roots-unet", "roots.zip"],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr) == ("roots.zip\n", "")
    return Package.read(place / "roots.zip")
