"""``gpu-course train`` and ``predict`` as processes."""

import os
import signal
import subprocess
import sys

import pytest

from tests import interrupts
from tests.own_images.conftest import write_folder


@pytest.fixture
def run(tmp_path):
    def gpu_course(*arguments, **how):
        return subprocess.run(
            [sys.executable, "-m", "gpu_course", *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "COLUMNS": "100"},
            **how,
        )

    return gpu_course


def sentence(done):
    """Return the one sentence that a mendable fault prints, after making sure it is only that."""
    assert done.returncode == 1, done
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("gpu-course: ")
    assert line.endswith(".")
    return line


def test_from_a_folder_to_a_report(run, tmp_path):
    write_folder(tmp_path / "discs", 6)
    write_folder(tmp_path / "new", 2, first=60)
    done = run("train", "discs", "--method", "threshold")
    assert done.returncode == 0, done.stderr
    assert "Kept threshold (AP at IoU 0.5: validation" in done.stdout
    done = run("predict", "discs.safetensors", "new", "out", "--no-outlines")
    assert done.returncode == 0, done.stderr
    assert "2 of 2: p61" in done.stdout
    assert "report.html" in done.stdout.splitlines()[-1]
    again = run("predict", "discs.safetensors", "new", "out")
    assert "holds files already" in sentence(again)


def test_a_picture_without_a_result_is_said_and_ends_with_status_1(run, tmp_path, model_file):
    write_folder(tmp_path / "new", 2, first=60)
    (tmp_path / "new" / "images" / "p60.tif").write_bytes(b"nothing")
    done = run("predict", model_file, "new", "out")
    assert "1 of 2 images have no result: p60: The file cannot be read" in sentence(done)
    assert (tmp_path / "out" / "report.html").exists()


def test_faults_are_one_sentence_each(run, tmp_path, model_file):
    (tmp_path / "empty").mkdir()
    assert "no folder images/ in empty" in sentence(run("train", "empty"))
    assert "holds no picture" in sentence(run("predict", model_file, "empty", "out"))
    assert "There is no model" in sentence(run("predict", "no.safetensors", "empty", "out"))
    wide = run("predict", model_file, "empty", "out", "--diameter", "wide")
    assert "'wide' is not possible" in sentence(wide)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_stopped_by_hand_it_says_how_to_go_on(tmp_path):
    write_folder(tmp_path / "discs", 6, kind="masks")
    command = [sys.executable, "-m", "gpu_course", "train", "discs", "--method", "unet"]
    with subprocess.Popen(
        [*command, "--width", "4", "--batches", "4", "--epochs", "1000"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=interrupts.heed,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            if "epoch 2" in line:
                process.send_signal(signal.SIGINT)
                break
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "goes on from there" in errors.strip().splitlines()[-1]
    assert not (tmp_path / "discs.safetensors").exists()
    assert (tmp_path / "discs.training" / "unet.checkpoint").exists()
