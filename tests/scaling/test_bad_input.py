# ruff: noqa: E402
"""What is wrong with an input, a disk or a scheduler is one sentence, and there is no output."""

import errno
import json
import os
import shutil
import subprocess
import sys

import pytest

zarr = pytest.importorskip("zarr", reason="the extra scaling is not installed")
pytest.importorskip("distributed", reason="the extra scaling is not installed")
pytest.importorskip("ome_zarr", reason="the extra scaling is not installed")

from gpu_course import cli
from gpu_course.errors import CourseError
from gpu_course.scaling import cluster, open_image, pipeline, process, save_image, tasks
from gpu_course.scaling.writing import open_for_writing


def not_a_zarr(source):
    shutil.rmtree(source)
    source.mkdir()
    (source / "image.tif").write_bytes(b"II*\0")


def a_file(source):
    shutil.rmtree(source)
    source.write_bytes(b"II*\0")


def nothing(source):
    shutil.rmtree(source)


def said(source, change):
    record = json.loads((source / "zarr.json").read_text())
    change(record["attributes"]["ome"]["multiscales"][0])
    (source / "zarr.json").write_text(json.dumps(record))


def no_axes(source):
    said(source, lambda image: image.pop("axes"))


def no_scale(source):
    said(source, lambda image: image["datasets"][0]["coordinateTransformations"].clear())


def no_unit(source):
    said(source, lambda image: image["axes"][0].pop("unit"))


def no_numbers(source):
    group = open_for_writing(source, "0.5")
    del group["0"]
    group.create_array("0", shape=(4, 8, 8), chunks=(4, 8, 8), dtype="bool")


def complex_numbers(source):
    group = open_for_writing(source, "0.5")
    del group["0"]
    group.create_array("0", shape=(4, 8, 8), chunks=(4, 8, 8), dtype="complex64")


def exists_already(source):
    (source.parent / "out.zarr").mkdir()


def a_plane(source):
    group = open_for_writing(source, "0.5")
    del group["0"]
    group.create_array("0", shape=(8, 8), chunks=(8, 8), dtype="uint16")
    said(source, lambda image: image["axes"].pop(0))


def a_short_unit(source):
    said(source, lambda image: image["axes"][2].update(unit="µm"))


def link_to_nowhere(source):
    (source.parent / "out.zarr").symlink_to(source.parent / "nowhere")


def a_file_where_it_would_grow(source):
    (source.parent / "out.zarr.partial").write_text("mine")


FAULTS = [
    (not_a_zarr, "is not a Zarr group"),
    (a_file, "is not a Zarr group"),
    (nothing, "There is no "),
    (no_axes, "the axes must end with z, y, x"),
    (no_scale, "does not say the size of a voxel"),
    (no_unit, "the unit of axis z is None"),
    (no_numbers, "holds bool"),
    (complex_numbers, "holds complex64"),
    (exists_already, "exists already"),
    (link_to_nowhere, "exists already"),
    (a_file_where_it_would_grow, "out.zarr.partial is no folder"),
    (a_plane, "with an axis z of one plane"),
    (a_short_unit, "'µm', and must be one of micrometer,"),
]


def run(monkeypatch, capsys, *words):
    """Run the command in this process; return its exit status and what it said on the way out."""
    monkeypatch.setattr(sys, "argv", ["gpu-course", "process", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code, capsys.readouterr().err.strip().splitlines()


@pytest.mark.parametrize(("spoil", "words"), FAULTS, ids=[f[0].__name__ for f in FAULTS])
def test_a_fault_is_one_sentence_and_leaves_nothing(
    tmp_path, monkeypatch, capsys, scene, spoil, words
):
    source, out = tmp_path / "in.zarr", tmp_path / "out.zarr"
    shutil.copytree(scene.store, source)
    spoil(source)
    before = sorted(tmp_path.iterdir())
    status, lines = run(monkeypatch, capsys, source, out, "--steps", "segment,measure")
    assert status == 1
    (line,) = lines
    assert line.startswith("gpu-course: ")
    assert words in line
    assert line.endswith(".")
    assert sorted(tmp_path.iterdir()) == before
    assert not out.exists() or list(out.iterdir()) == []


@pytest.mark.parametrize("place", ["s3://bucket/a.zarr", "https://example.org/a.zarr"])
def test_an_address_is_no_folder(tmp_path, monkeypatch, scene, place):
    monkeypatch.chdir(tmp_path)
    for source, out in ((place, "out.zarr"), (scene.store, place)):
        with pytest.raises(CourseError, match=r"is an address.*Copy the store"):
            process(source, out, **scene.options())
    with pytest.raises(CourseError, match="is an address"):
        save_image(place, scene.image, (0.5, 0.25, 0.25))
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_into_the_input(tmp_path, scene):
    source = tmp_path / "in.zarr"
    shutil.copytree(scene.store, source)
    (tmp_path / "link").symlink_to(source)
    before = sorted(source.rglob("*"))
    for out in (source / "out.zarr", tmp_path / "link" / "0" / "out.zarr"):
        with pytest.raises(CourseError, match="lies in the input"):
            process(source, out, **scene.options())
    assert sorted(source.rglob("*")) == before


def test_a_folder_that_is_no_unfinished_run_is_left_alone(tmp_path, scene):
    mine = tmp_path / "out.zarr.partial" / "notes.txt"
    mine.parent.mkdir()
    mine.write_text("work")
    with pytest.raises(CourseError, match="of no unfinished run"):
        process(scene.store, tmp_path / "out.zarr", **scene.options())
    assert mine.read_text() == "work"
    mine.rename(mine.with_name("run.json"))
    with pytest.raises(CourseError, match=r"run\.json is damaged"):
        process(scene.store, tmp_path / "out.zarr", **scene.options())


def test_an_output_without_a_name(scene):
    with pytest.raises(CourseError, match="is no name for an output"):
        process(scene.store, "/", **scene.options())


def test_a_damaged_chunk_is_named_and_the_run_goes_on_with_a_whole_copy(tmp_path, scene):
    source, out = tmp_path / "in.zarr", tmp_path / "out.zarr"
    shutil.copytree(scene.store, source)
    chunk = next(file for file in sorted((source / "0" / "c").rglob("*")) if file.is_file())
    whole, date = chunk.read_bytes(), chunk.stat()
    chunk.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CourseError, match=r"A chunk of .*in\.zarr is damaged"):
        process(source, out, **scene.options())
    assert not out.exists()
    chunk.write_bytes(whole)
    os.utime(chunk, ns=(date.st_atime_ns, date.st_mtime_ns))
    shutil.rmtree(tmp_path / "out.zarr.partial")
    assert process(source, out, **scene.options()).objects == scene.labels.max()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EFBIG, "larger than may be written here"),
        (errno.EIO, "could not be finished: Input/output error"),
        (errno.EROFS, "cannot be written"),
    ],
)
def test_whatever_a_file_system_says_is_a_sentence(tmp_path, monkeypatch, scene, code, words):
    def fails(*_, **__):
        raise OSError(code, os.strerror(code))

    out = tmp_path / "out.zarr"
    monkeypatch.setattr(tasks, "make_labels", fails)
    with pytest.raises(CourseError, match=words):
        process(scene.store, out, **scene.options())
    assert not out.exists()


def test_a_scheduler_that_does_not_answer(tmp_path, monkeypatch, capsys, scene):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    words = (scene.store, tmp_path / "out.zarr", "--scheduler", "tcp://127.0.0.1:9")
    status, (line,) = run(monkeypatch, capsys, *words, "--steps", "segment")
    assert status == 1
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("door", ["create", "create_labels", "sort_seeds"])
def test_a_disk_that_is_full_between_the_blocks(tmp_path, monkeypatch, scene, door):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    out = tmp_path / "out.zarr"
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, door, full)
        with pytest.raises(CourseError, match="The disk is full"):
            process(scene.store, out, **scene.options())
    assert not out.exists()
    assert process(scene.store, out, **scene.options()).objects == scene.labels.max()


@pytest.fixture
def small_disk(tmp_path):
    """Give a folder on a disk of 1 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    words = [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if mount is None or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    yield place
    subprocess.run([shutil.which("umount"), str(place)], check=True)


def test_a_real_disk_that_is_full(tmp_path, small_disk, scene):
    out = small_disk / "out.zarr"
    (small_disk / "others").write_bytes(bytes(600_000))
    with pytest.raises(CourseError, match="The disk is full"):
        process(scene.store, out, **scene.options())
    assert not out.exists()
    assert (small_disk / "out.zarr.partial").exists()
    (small_disk / "others").unlink()
    summary = process(scene.store, out, **scene.options())
    assert summary.objects == scene.labels.max()
    assert open_image(out).shape == scene.image.shape
