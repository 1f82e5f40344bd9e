import errno
import os

import pytest

from gpu_course.errors import CourseError
from gpu_course.files import write_atomic


def test_writes_text_and_bytes_and_makes_folders(tmp_path):
    assert write_atomic(tmp_path / "a" / "b.txt", "één\n").read_bytes() == "één\n".encode()
    assert write_atomic(tmp_path / "c.bin", b"\x00\r\n").read_bytes() == b"\x00\r\n"


def test_full_disk_keeps_the_earlier_file_and_leaves_no_other(tmp_path, monkeypatch):
    target = write_atomic(tmp_path / "kept.txt", "earlier")

    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CourseError, match="the disk is full"):
        write_atomic(target, "later")
    assert target.read_text() == "earlier"
    assert os.listdir(tmp_path) == ["kept.txt"]


def test_folder_that_is_a_file_is_one_clear_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(CourseError, match="Cannot write"):
        write_atomic(tmp_path / "file" / "below.txt", "x")
