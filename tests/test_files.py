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


def test_link_is_written_through(tmp_path):
    real = write_atomic(tmp_path / "disk" / "real.txt", "earlier")
    link = tmp_path / "link.txt"
    link.symlink_to(real)
    assert write_atomic(link, "later") == link
    assert link.is_symlink()
    assert real.read_text() == "later"
    assert os.listdir(real.parent) == ["real.txt"]
    lost = tmp_path / "lost.txt"
    lost.symlink_to(tmp_path / "new" / "file.txt")
    write_atomic(lost, "made")
    assert (tmp_path / "new" / "file.txt").read_text() == "made"


def test_leftovers_of_killed_writes_go_and_all_else_stays(tmp_path):
    old = [".kept.txt.abcd1234", ".other.txt.abcd1234", ".kept.txt.backup", ".kept.txt.abcd12345"]
    for name in [*old, ".kept.txt.young_00"]:
        (tmp_path / name).write_text("half")
    for name in old:
        os.utime(tmp_path / name, (1e9, 1e9))
    write_atomic(tmp_path / "kept.txt", "whole")
    # The young one may belong to a writer at work.
    assert sorted(os.listdir(tmp_path)) == sorted([*old[1:], ".kept.txt.young_00", "kept.txt"])
