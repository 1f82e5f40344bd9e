"""The text of the pull request that proposes new outputs."""

import importlib
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def pull_request(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    # The scripts of ci/ import one another by their plain names.
    monkeypatch.syspath_prepend(str(ROOT / "ci"))
    return importlib.import_module("pull_request")


def store(root: Path, chapter: str, packages: dict[str, str]) -> str:
    name = f"ci/outputs/{chapter}.ipynb"
    record = {
        "chapter": chapter,
        "seconds": 12.3,
        "date": "2026-01-02",
        "machine": {
            "size": "large",
            "os": "Linux x86_64",
            "python": "3.11.9",
            "cpu": {"name": "A CPU", "cores": 8, "memory": 1},
            "devices": [
                {
                    "library": "OpenCL",
                    "name": "A Great GPU",
                    "kind": "GPU",
                    "memory": 1,
                    "driver": "1",
                    "note": "",
                }
            ],
            "packages": packages,
            "peak_memory": {},
        },
    }
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.v4.new_notebook(metadata={"gpu_course_record": record})
    nbformat.write(notebook, path)
    return name


def test_each_chapter_is_listed_with_its_device_and_each_machine_once(
    pull_request: ModuleType, tmp_path: Path
):
    names = [
        store(tmp_path, "classical/segmentation", {"numpy": "1.26.4"}),
        store(tmp_path, "start/images", {"scipy": "1.17.1"}),
        "data/scores/classical/segmentation.json",
    ]
    text = pull_request.body([f"{name}\n" for name in names], tmp_path)
    chapters = [line for line in text.splitlines() if line.startswith("* `") and "GPU" in line]
    assert [line.split("`")[1] for line in chapters] == ["classical/segmentation", "start/images"]
    assert all("A Great GPU" in line and "12 s" in line for line in chapters)
    assert text.count("Linux x86_64") == 1
    assert "numpy 1.26.4, scipy 1.17.1" in text
    assert "* `data/scores/classical/segmentation.json`" in text


def test_a_removed_output_is_said_to_be_removed(pull_request: ModuleType, tmp_path: Path):
    text = pull_request.body(["ci/outputs/old/chapter.ipynb"], tmp_path)
    assert "`old/chapter`: output removed" in text
    assert "Executed with" not in text
