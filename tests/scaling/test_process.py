# ruff: noqa: E402
"""From store to store: the same as in memory, resumed, alone, and never half."""

import errno
import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

zarr = pytest.importorskip("zarr", reason="the extra scaling is not installed")
pytest.importorskip("ome_zarr", reason="the extra scaling is not installed")

import gpu_course
from gpu_course import scaling
from gpu_course.classical import measure
from gpu_course.deconvolution import richardson_lucy
from gpu_course.errors import CourseError
from gpu_course.scaling import (
    open_image,
    process,
    save_image,
    segment_nuclei,
    tasks,
    validate,
)
from gpu_course.scaling.run_folder import RunFolder
from tests.scaling.conftest import CHUNKS, VOXEL


def labels_of(store):
    return zarr.open_group(str(store), mode="r")["labels/nuclei/0"][:]


@pytest.mark.parametrize("version", ["0.5", "0.4"])
def test_blocks_give_what_one_piece_gives(scene, tmp_path, version):
    out = tmp_path / "out.zarr"
    summary = process(scene.store, out, **scene.options(version=version))
    found = open_image(out).read()
    assert abs(found - scene.deconvolved).max() < 1e-3 * np.ptp(scene.deconvolved)
    labels = labels_of(out)
    # The same labels, number for number, as the plain call gives for the same picture…
    assert np.array_equal(labels, segment_nuclei(found, scene.settings, voxel_size=VOXEL))
    # …and for the picture deconvolved in one piece, but for a voxel at an outline here and there.
    assert labels.max() == scene.labels.max() == summary.objects > 20
    assert (labels != scene.labels).mean() < 1e-3
    table = pd.read_csv(out / "measurements.csv", float_precision="round_trip")
    pd.testing.assert_frame_equal(table, measure(found, labels, in_pieces=True), rtol=1e-9)
    assert validate(out) == f"Image {version}"
    assert validate(out / "labels" / "nuclei") == f"ImageLabel {version}"
    assert [p.name for p in tmp_path.iterdir()] == ["out.zarr"]


class Stop(Exception):
    """Ends a run in the middle."""


def stop_at(step, after):
    def progress(now, done, total):
        if now == step and done == after:
            raise Stop

    return progress


def test_an_interrupted_run_goes_on(scene, tmp_path):
    whole, out = tmp_path / "whole.zarr", tmp_path / "out.zarr"
    complete = process(scene.store, whole, **scene.options())
    for step, after in (("deconvolve", 2), ("seeds", 1), ("segment", 3), ("measure", 2)):
        with pytest.raises(Stop):
            process(scene.store, out, **scene.options(progress=stop_at(step, after)))
        assert not out.exists()
    summary = process(scene.store, out, **scene.options())
    assert summary.resumed > complete.tasks / 2
    assert summary.resumed + summary.tasks == complete.tasks
    assert complete.resumed == 0
    assert np.array_equal(open_image(out).read(), open_image(whole).read())
    assert np.array_equal(labels_of(out), labels_of(whole))
    assert (out / "measurements.csv").read_bytes() == (whole / "measurements.csv").read_bytes()


def test_what_is_done_is_not_done_again(scene, tmp_path, monkeypatch):
    out = tmp_path / "out.zarr"
    with pytest.raises(Stop):
        process(scene.store, out, **scene.options(progress=stop_at("seeds", 0)))
    monkeypatch.setattr(tasks, "make_image", None)  # would fail if it were called
    assert process(scene.store, out, **scene.options()).objects == scene.labels.max()


@pytest.mark.parametrize("version", ["0.5", "0.4"])
def test_what_a_killed_writer_left_in_part_is_written_anew(scene, tmp_path, version):
    whole, out = tmp_path / "whole.zarr", tmp_path / "out.zarr"
    process(scene.store, whole, **scene.options(version=version))
    with pytest.raises(Stop):
        process(scene.store, out, **scene.options(version=version, progress=stop_at("segment", 4)))
    partial = tmp_path / "out.zarr.partial"
    for step, level in (("deconvolve", "0"), ("segment", "labels/nuclei/0")):
        (store,) = partial.glob("store-*")
        for written in list((store / level).rglob("*")):
            if written.is_file() and not written.name.startswith((".z", "zarr")):
                written.write_bytes(written.read_bytes()[:-7])
                written.with_suffix(".0f.partial").write_bytes(b"not whole yet")
        shutil.rmtree(partial / "done" / step)
    process(scene.store, out, **scene.options(version=version))
    assert np.array_equal(open_image(out).read(), open_image(whole).read())
    assert np.array_equal(labels_of(out), labels_of(whole))
    assert not list(out.rglob("*.partial"))


@pytest.mark.parametrize("version", ["0.5", "0.4"])
def test_no_block_is_marked_before_the_disk_has_it(scene, tmp_path, version, monkeypatch):
    waited, sync = set(), os.fsync

    def fsync(number):
        waited.add(os.fstat(number).st_ino)
        sync(number)

    monkeypatch.setattr(os, "fsync", fsync)
    out = tmp_path / "out.zarr"
    process(scene.store, out, **scene.options(version=version))
    chunks = [
        file
        for file in out.rglob("*")
        if file.is_file() and not file.name.startswith((".z", "zarr"))
    ]
    assert len(chunks) > 10
    assert {file.stat().st_ino for file in chunks} <= waited


def test_other_settings_do_not_go_on(scene, tmp_path):
    out = tmp_path / "out.zarr"
    with pytest.raises(Stop):
        process(scene.store, out, **scene.options(progress=stop_at("deconvolve", 1)))
    with pytest.raises(CourseError, match="iterations=5, and now it is 6"):
        process(scene.store, out, **scene.options(iterations=6))


def test_another_version_of_the_course_does_not_go_on(scene, tmp_path, monkeypatch):
    out = tmp_path / "out.zarr"
    with pytest.raises(Stop):
        process(scene.store, out, **scene.options(progress=stop_at("deconvolve", 1)))
    monkeypatch.setattr(gpu_course, "__version__", "99", raising=False)
    with pytest.raises(CourseError, match=r"gpu-course=.*, and now it is 99"):
        process(scene.store, out, **scene.options())


def test_another_image_under_the_same_name_does_not_go_on(scene, tmp_path):
    source, out = tmp_path / "in.zarr", tmp_path / "out.zarr"
    shutil.copytree(scene.store, source)
    with pytest.raises(Stop):
        process(source, out, **scene.options(progress=stop_at("deconvolve", 1)))
    shutil.rmtree(source)
    save_image(source, scene.image[::-1], VOXEL, chunks=CHUNKS)
    with pytest.raises(CourseError, match="input was written anew since"):
        process(source, out, **scene.options())


def test_an_image_with_a_hole_is_refused(scene, tmp_path):
    image = scene.image.astype(np.float32)
    image[3, 4, 5] = np.nan
    store = save_image(tmp_path / "in.zarr", image, VOXEL, chunks=CHUNKS)
    for steps in (["deconvolve"], ["segment"]):
        with pytest.raises(CourseError, match=r"in\.zarr holds NaN"):
            process(store, tmp_path / f"{steps[0]}.zarr", **scene.options(steps=steps))


def test_a_block_that_is_darker_than_the_background_stays_dark(scene):
    dark = (np.random.default_rng(0).random((16, 24, 24)) < 0.1).astype(np.float32)
    found = scaling.Deconvolution(scene.psf, level=5.0, iterations=10, background=100.0)(dark)
    assert found.shape == dark.shape
    assert found.max() < 1e-3


def test_a_second_run_is_refused(scene, tmp_path):
    out = tmp_path / "out.zarr"
    with (
        RunFolder(out, {"by": "the first"}),
        pytest.raises(CourseError, match=r"Another run is writing .*out\.zarr"),
    ):
        process(scene.store, out, **scene.options())
    assert not out.exists()


def test_an_output_that_exists_is_left_alone(scene, tmp_path):
    out = tmp_path / "out.zarr"
    out.mkdir()
    (out / "mine").write_text("work")
    with pytest.raises(CourseError, match="exists already"):
        process(scene.store, out, **scene.options())
    assert (out / "mine").read_text() == "work"


def test_a_full_disk_is_said_and_leaves_no_output(scene, tmp_path, monkeypatch):
    out, before = tmp_path / "out.zarr", tasks.make_labels

    def full(job, block):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tasks, "make_labels", full)
    with pytest.raises(CourseError, match="The disk is full"):
        process(scene.store, out, **scene.options())
    assert not out.exists()
    monkeypatch.setattr(tasks, "make_labels", before)
    assert process(scene.store, out, **scene.options()).resumed > 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"steps": ["blur"]}, "steps=blur"),
        ({"steps": ["deconvolve", "measure"]}, "there must be labels"),
        ({"psf": None}, "there must be a PSF"),
        ({"psf": np.ones((7, 99, 7))}, "nowhere larger"),
        ({"iterations": 0}, "iterations is 0"),
        ({"iterations": "5"}, "iterations is '5'"),
        ({"background": float("nan")}, "background is nan"),
        ({"background": float("inf")}, "background=inf"),
        ({"psf": np.full((7, 7, 7), np.nan)}, "The PSF holds NaN"),
        ({"psf": np.ones((7, 7))}, "The PSF has shape"),
        ({"psf": "lens.tif"}, "The PSF has shape"),
        ({"steps": "deconvolve"}, "give a list of them"),
        ({"version": "0.6"}, "version='0.6' is unknown"),
        ({"chunks": (8, 16)}, "chunks="),
        ({"channel": "0"}, "channel is '0'"),
        ({"channel": 1}, "has no axis for the channel"),
        ({"time_point": 2}, "has no axis for the time"),
        ({"block": (16.5, 48, 48)}, "block="),
        ({"block": (16, 0, 32)}, "block="),
        ({"memory": 1e5, "block": None}, "Give more memory"),
    ],
)
def test_a_wrong_wish_is_named_before_anything_is_written(scene, tmp_path, wrong, words):
    with pytest.raises(CourseError, match=words):
        process(scene.store, tmp_path / "out.zarr", **scene.options(**wrong))
    assert list(tmp_path.iterdir()) == []


def test_negative_values_are_no_photons(tmp_path, scene):
    image = scene.image.astype(np.int16)
    image[3, 3, 3] = -1
    store = save_image(tmp_path / "in.zarr", image, VOXEL)
    with pytest.raises(CourseError, match="negative values"):
        process(store, tmp_path / "out.zarr", **scene.options())
    assert not (tmp_path / "out.zarr").exists()


def test_without_deconvolution_the_image_is_copied(scene, tmp_path):
    out = tmp_path / "out.zarr"
    process(scene.store, out, **scene.options(steps=["segment"], psf=None))
    assert np.array_equal(open_image(out).read(), scene.image)
    expected = segment_nuclei(scene.image, scene.settings, voxel_size=VOXEL)
    assert np.array_equal(labels_of(out), expected)


def test_a_volume_four_times_the_memory_stays_below_it(tmp_path, scene):
    from gpu_course.deconvolution import psf

    limit = 8e6
    image = np.tile(scene.image, (2, 6, 7))
    assert 4 * image.size >= 4 * limit  # bytes as float32, which it is computed in
    store = save_image(tmp_path / "in.zarr", image, VOXEL, chunks=(16, 36, 45))
    lens = psf.gaussian((3, 3, 3), (0.25, 0.12, 0.12), VOXEL)
    np.save(tmp_path / "lens.npy", lens)
    # In a process of its own, and the second time: what other threads do, and modules that are
    # imported on the way, would count, too.
    code = f"""
import tracemalloc
import numpy as np
from gpu_course.scaling import process
lens = np.load("lens.npy")
options = {{"psf": lens, "memory": {limit}, "chunks": (16, 36, 45), "iterations": 1,
           "background": 5.0, "steps": ["deconvolve"]}}
process({str(scene.store)!r}, "before.zarr", **options)
tracemalloc.start()
process("in.zarr", "out.zarr", **options)
print(tracemalloc.get_traced_memory()[1])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert store.is_dir()
    assert int(done.stdout) < limit
    whole = richardson_lucy(image.astype(np.float32), lens, 1, background=5.0, acceleration=None)
    found = open_image(tmp_path / "out.zarr").read()
    assert abs(found - whole).max() < 1e-3 * np.ptp(whole)
