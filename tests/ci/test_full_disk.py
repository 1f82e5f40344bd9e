"""A disk that is full under the build and the execution: one sentence, and nothing half-written."""

import errno
import os
import sys

import build
import nbformat
import pytest
import render
import site_folder

from gpu_course import paths
from gpu_course.book import chapters, execution, records, together
from gpu_course.errors import CourseError

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")


class Disk:
    def __init__(self, free):
        self.free = free


def test_too_little_room_is_told_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(site_folder.shutil, "disk_usage", lambda _: Disk(site_folder.ROOM - 1))
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "site_address", lambda: "")
    with pytest.raises(CourseError, match=r"is full: 199 MiB are free.*the last site is kept"):
        build.build([], {})
    assert os.listdir(tmp_path) == []
    monkeypatch.setattr(site_folder.shutil, "disk_usage", lambda _: Disk(site_folder.ROOM))
    site_folder.need_room(tmp_path / "_build")


def test_disk_that_fills_up_ends_the_rendering_in_one_sentence(capfd):
    says = (
        "import os, sys, time; print('WARNING: mind', file=sys.stderr)"
        "\nprint('WARNING: a page:', os.strerror(28), file=sys.stderr, flush=True)"
        "\ntime.sleep(60)"
    )
    with pytest.raises(CourseError, match=r"the disk is full.*the last site is kept"):
        render.render([sys.executable, "-c", says], os.environ)
    assert capfd.readouterr().err == "WARNING: mind\n"


def test_complaints_and_status_of_the_rendering_are_passed_on(capfd):
    says = "import sys; print('seen'); print('WARNING: “Ü”', file=sys.stderr); sys.exit(3)"
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    assert render.render([sys.executable, "-c", says], environment) == 3
    out, err = capfd.readouterr()
    assert (out, err) == ("seen\n", "WARNING: “Ü”\n")


def test_failed_build_keeps_the_last_site(tmp_path, monkeypatch):
    """Whatever fails on the way: the next site grows elsewhere."""
    site = tmp_path / "_build" / "html"
    site.mkdir(parents=True)
    (site / "index.html").write_text("last")
    for name, place in {"ROOT": "", "NEW": "_build/new", "SITE": "_build/html"}.items():
        monkeypatch.setattr(build, name, tmp_path / place)
    (tmp_path / "_config.yml").write_text("title: x\n")
    wheel = tmp_path / "a.whl"
    monkeypatch.setattr(build.site_folder, "need_room", lambda _: None)
    monkeypatch.setattr(build.package, "build", lambda *_: wheel)
    monkeypatch.setattr(build, "stage", lambda *_: {})
    monkeypatch.setattr(build.render, "render", lambda *_: 1)
    with pytest.raises(CourseError, match="Jupyter Book reported"):
        build.build([], {})
    assert (site / "index.html").read_text() == "last"


def test_site_takes_the_place_of_the_last_one_as_a_whole(tmp_path, monkeypatch):
    new, old = tmp_path / "new" / "html", tmp_path / "html"
    new.mkdir(parents=True)
    (new / "index.html").write_text("next")
    site_folder.take_the_place_of(new, old)
    new.mkdir()
    (new / "other.html").write_text("after")
    site_folder.take_the_place_of(new, old)
    assert [file.name for file in old.iterdir()] == ["other.html"]
    assert sorted(os.listdir(tmp_path)) == ["html", "new"]
    with pytest.raises(OSError, match="No such file"):  # where the next one cannot be moved
        site_folder.take_the_place_of(new, old)
    assert [file.name for file in old.iterdir()] == ["other.html"]


def test_outputs_weights_and_scores_are_stored_all_or_none(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "root", lambda: tmp_path)
    monkeypatch.setattr(records, "shown_scores", lambda _: [{"value": 1}])
    chapter = chapters.parse("part/toy", "# Toy\n")
    before = {
        chapter.output_path: "notebook",
        paths.data() / "weights" / "toy.safetensors": "weights",
        records.scores_path(chapter): "scores",
    }
    together.write_all({path: text.encode() for path, text in before.items()})
    trained = {"toy.safetensors": b"others"}
    for writes in (1, 2, 3):
        left = [None] * (writes - 1)

        def fsync(_, left=left):
            if not left:
                raise FULL
            left.pop()

        monkeypatch.setattr(together.os, "fsync", fsync)
        with pytest.raises(CourseError, match=r"stored in .*: the disk is full\. Free some space"):
            execution.store(chapter, nbformat.v4.new_notebook(), trained)
        assert {path: path.read_text() for path in before} == before
        assert sorted(file for file in tmp_path.rglob("*") if file.is_file()) == sorted(before)
