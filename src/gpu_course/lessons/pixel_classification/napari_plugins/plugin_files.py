"""The files of a small plugin: write them, have them checked, and tell napari."""

import subprocess
import sys
from pathlib import Path
from typing import Any


def write(folder: Path, files: dict[str, str]) -> None:
    """Write the files of a plugin; folders that are missing are made."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def validate(folder: Path, manifest: str) -> str:
    """Run ``npe2 validate`` on a manifest in a plugin's folder, and return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "npe2", "validate", manifest],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout.strip() or done.stderr.strip()
    return said.replace(str(folder), ".")


def register(folder: Path, manifest: str) -> Any:
    """Let napari know a plugin that is not installed, until this process ends.

    Returns
    -------
    npe2.PluginManifest
    """
    from npe2 import PluginManager, PluginManifest

    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    found = PluginManifest.from_file(folder / manifest)
    manager = PluginManager.instance()
    if found.name not in [known.name for known in manager.iter_manifests()]:
        manager.register(found)
    return found
