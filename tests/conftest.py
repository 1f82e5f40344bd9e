"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def mirror() -> Path:
    """Return the folder with the real photographs, or skip where it is absent."""
    named = os.environ.get("GPU_COURSE_MIRROR", "")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not (folder / "registry.csv").is_file():
        pytest.skip("the real photographs are absent: set GPU_COURSE_MIRROR to a folder of them")
    return folder
