"""The page “Three lines for each task”: each block runs as it stands and is no longer than that."""

import ast
import os
import re
import subprocess
import sys
from typing import Any

import matplotlib as mpl
import pytest

from gpu_course import paths
from gpu_course.errors import MachineError

TEXT = (paths.root() / "book" / "reference" / "three-lines.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^## ([^\n]+)\n\n```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))

APART = "tensorflow"  # it and an OpenCL driver's compiler can end a process that holds both


def lines(block: str) -> int:
    """Return how many statements a block has, those inside of a loop included, imports not."""
    return sum(
        isinstance(node, ast.stmt) and not isinstance(node, ast.Import | ast.ImportFrom)
        for node in ast.walk(ast.parse(block))
    )


def test_each_task_has_a_block_of_three_lines_at_most():
    assert len(BLOCKS) >= 10
    assert {task: lines(block) for task, block in BLOCKS.items() if lines(block) > 3} == {}


@pytest.mark.parametrize("task", [task for task, block in BLOCKS.items() if APART not in block])
def test_a_block_runs_as_it_stands(task, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # one of them writes a file
    monkeypatch.setenv("GPU_COURSE_SIZE", "small")
    mpl.use("agg")
    names: dict[str, Any] = {}
    try:
        exec(compile(BLOCKS[task], task, "exec"), names)
    except (ModuleNotFoundError, MachineError) as missing:
        pytest.skip(str(missing))
    if task == "Score a segmentation":
        assert names["curve"].tolist() == [1, 1, 1]
        assert names["pixels"] == 1


def test_the_block_with_tensorflow_runs_in_a_process_of_its_own():
    pytest.importorskip("stardist")
    (block,) = [block for block in BLOCKS.values() if APART in block]
    done = subprocess.run(
        [sys.executable, "-c", f"{block}\nprint(stars.labels.max() > 10)"],
        env={**os.environ, "GPU_COURSE_SIZE": "small"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1:] == ["True"], done.stderr[-1000:]


def test_no_line_is_wider_than_its_box():
    assert [
        line for block in BLOCKS.values() for line in block.splitlines() if len(line) > 84
    ] == []
