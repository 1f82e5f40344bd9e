"""The folder that a bundle becomes: whole, or not there."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from gpu_course.book import lock
from gpu_course.book.bundle import packing, wheels
from gpu_course.errors import CourseError
from tests.book.bundle import toys

MAKES = """
import sys, time
from pathlib import Path
from gpu_course.book.bundle import packing
with packing.new_folder(Path(sys.argv[1])) as folder:
    (folder / "big").write_bytes(bytes(1_000_000))
    print("half", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def out(tmp_path):
    return tmp_path / "Bündel eins" / "out"


def test_folder_appears_when_it_is_whole_and_nothing_else_stays(out):
    with packing.new_folder(out) as folder:
        (folder / "file").write_text("x")
        assert not out.exists()
    assert [file.name for file in out.iterdir()] == ["file"]
    assert os.listdir(out.parent) == ["out"]


def test_empty_folder_is_filled_and_a_name_may_be_a_dot(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with packing.new_folder(Path()) as folder:
        (folder / "file").write_text("x")
    assert os.listdir(tmp_path) == ["empty"]
    assert os.listdir(tmp_path / "empty") == ["file"]


@pytest.mark.parametrize("there", ["file", "folder"])
def test_what_is_there_is_kept(out, there):
    out.parent.mkdir()
    if there == "file":
        out.write_text("mine")
    else:
        out.mkdir()
        (out / "mine").write_text("mine")
    with pytest.raises(CourseError, match="is already there"), packing.new_folder(out):
        pass
    assert os.listdir(out.parent) == ["out"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x"),
        shutil.Error([("a", "b", f"[Errno 28] {os.strerror(errno.ENOSPC)}: 'b'")]),
    ],
)
def test_full_disk_leaves_nothing(out, error):
    said = r"cannot be written to .*: the disk is full\. Free"
    with pytest.raises(CourseError, match=said), packing.new_folder(out):
        raise error
    assert os.listdir(out.parent) == []


def test_place_below_a_file_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    said = pytest.raises(CourseError, match=r"cannot be written to .*: Not a directory")
    with said, packing.new_folder(tmp_path / "file" / "out"):
        pass


def test_second_run_is_refused_and_a_killed_one_is_cleared_away(out):
    process = subprocess.Popen(
        [sys.executable, "-c", MAKES, out],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "half\n"
    said = pytest.raises(CourseError, match=r"Another run that writes .*out is running\. Wait")
    with said, packing.new_folder(out):
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert os.listdir(out.parent) == [".out.unfinished"]
    with packing.new_folder(out) as folder:
        assert os.listdir(folder) == []
    assert os.listdir(out.parent) == ["out"]


def test_interrupted_run_leaves_nothing(out):
    with pytest.raises(KeyboardInterrupt), packing.new_folder(out):
        raise KeyboardInterrupt
    assert os.listdir(out.parent) == []


def test_disk_without_locks_hinders_nobody(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def no_locks(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with lock.alone(tmp_path / "lock", "run"):
        assert (tmp_path / "lock").exists()


def test_room_counts_the_files_and_what_wheels_unpack_to(tmp_path):
    (tmp_path / "image").write_bytes(bytes(500))
    assert packing.room(tmp_path) == 500
    made = toys.wheel(tmp_path / "wheels", "toy", files=[("big", "x" * 1000)])
    with ZipFile(made) as archive:
        inside = sum(member.file_size for member in archive.infolist())
    assert inside > 1000
    assert packing.room(tmp_path) == 500 + made.stat().st_size + inside


def test_full_disk_under_pip_is_no_missing_network():
    done = subprocess.CompletedProcess([], 1, "", "ERROR: [Errno 28] No space left on device\n")
    assert wheels._cure(done).startswith("Free some space")
    done.stderr = "ERROR: No matching distribution found\n"
    assert "has a network" in wheels._cure(done)
