"""The frames of the Data Science Bowl: their table, their labels, and what is said without them."""

import csv
import hashlib
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from gpu_course import images
from gpu_course.errors import CourseError
from gpu_course.images import cards, nuclei_dsb, registry
from gpu_course.images.nuclei_dsb import frames, join_masks, masks, one_channel


def test_table_needs_no_picture_and_agrees_with_the_catalogue(tmp_path, monkeypatch):
    monkeypatch.setenv("GPU_COURSE_CACHE", str(tmp_path))
    monkeypatch.setenv("GPU_COURSE_MIRROR", str(tmp_path))
    counts = {split: images.scenes("nuclei-dsb", split) for split in images.splits("nuclei-dsb")}
    assert Counter(frame.split for frame in frames()) == counts
    assert all(len(frames(split)) == count for split, count in counts.items())
    assert len({frame.short for frame in frames()}) == 64
    assert sum(frame.nuclei for frame in frames()) == 3942
    assert len({frame.camera for frame in frames()}) == 6


def test_every_frame_has_as_many_registered_masks_as_nuclei():
    for frame in frames():
        assert len(masks(frame.picture)) == frame.nuclei
        assert list(masks(frame.picture)) == sorted(masks(frame.picture))
    assert len(images.files("nuclei-dsb")) == 64 + 3942
    assert masks("bees/labels.db") == ()


def test_later_masks_lie_on_top_holes_stay_and_numbers_have_no_gap():
    below, above, hidden = (np.zeros((6, 8), np.uint8) for _ in range(3))
    hidden[1:3, 1:3] = below[0:4, 0:5] = above[2:6, 3:8] = 255
    above[4, 5] = 0
    labels = join_masks([hidden, below, above], (6, 8))
    assert labels.dtype == np.int32
    assert set(np.unique(labels)) == {0, 1, 2}
    assert labels[0, 0] == 1
    assert labels[3, 4] == 2  # of both
    assert labels[4, 5] == 0
    assert join_masks([], (2, 3)).shape == (2, 3)
    with pytest.raises(CourseError, match="Mask 1 has the shape"):
        join_masks([below], (5, 8))


def test_grey_stored_as_colours_is_one_channel_and_colours_are_refused():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    opaque = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    for stored in (grey, opaque[..., :3], opaque):
        found = one_channel(stored)
        np.testing.assert_array_equal(found, grey)
        assert not np.shares_memory(found, stored)
    opaque[0, 0, 1] += 1
    with pytest.raises(CourseError, match="coloured"):
        one_channel(opaque)


def test_toy_frame_is_read_from_a_mirror(tmp_path, monkeypatch):
    frame = frames("validation")[0]
    picture = np.random.default_rng(0).integers(0, 99, (9, 7), np.uint8)
    left, right = np.zeros((2, 9, 7), np.uint8)
    left[:4, :3], right[5:, 4:] = 255, 255
    folder = nuclei_dsb.masks_folder(frame.picture)
    files = {
        frame.picture: np.dstack([picture] * 3),
        f"{folder}a.png": right,
        f"{folder}b.png": left,
    }
    entries = []
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(content).save(tmp_path / path)
        digest = registry.sha256(tmp_path / path)
        entries.append(registry.Entry(path, "", None, digest, "CC0", "nobody"))
    monkeypatch.setattr(registry, "entries", lambda: tuple(entries))
    monkeypatch.setenv("GPU_COURSE_MIRROR", str(tmp_path))
    monkeypatch.setenv("GPU_COURSE_CACHE", str(tmp_path / "cache"))
    sample = images.load("nuclei-dsb", "validation")
    np.testing.assert_array_equal(sample.image, picture)
    np.testing.assert_array_equal(sample.labels, (right > 0) + 2 * (left > 0))
    assert dict(sample.facts) == {"frame": frame.short, "camera": frame.camera}
    (tmp_path / folder / "b.png").unlink()
    with pytest.raises(CourseError, match=r"has no .*b\.png.*GPU_COURSE_MIRROR"):
        images.load("nuclei-dsb", "validation")


def test_absent_frames_are_one_sentence_that_names_cause_and_cure(tmp_path, monkeypatch):
    monkeypatch.setenv("GPU_COURSE_CACHE", str(tmp_path))
    monkeypatch.delenv("GPU_COURSE_MIRROR", raising=False)
    monkeypatch.setenv("PATH", "")  # no git
    with pytest.raises(CourseError, match=r"nuclei-dsb is fetched with git.*GPU_COURSE_MIRROR"):
        images.load("nuclei-dsb")


def test_importing_reads_no_picture_library():
    code = (
        "import sys, gpu_course.images.nuclei_dsb as n; n.frames();"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'numpy', 'PIL', 'skimage'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_frames_are_as_the_table_says(mirror):
    if not (mirror / "nuclei-dsb").is_dir():
        pytest.skip("the frames of nuclei-dsb are absent: add them to GPU_COURSE_MIRROR")
    for split, index in (("train", 1), ("train", 9), ("validation", 0), ("test", 0), ("test", 20)):
        frame = frames(split)[index]
        sample = images.load("nuclei-dsb", split, index=index)
        assert sample.image.shape == sample.labels.shape == frame.shape
        assert sample.image.dtype == np.uint8
        assert sample.labels.max() == frame.nuclei
        joined = np.ascontiguousarray(sample.labels.astype(np.uint16))
        assert hashlib.sha256(joined).hexdigest() == frame.labels_sha256
        areas = np.bincount(sample.labels.ravel())[1:]
        assert np.median(2 * np.sqrt(areas / np.pi)) == pytest.approx(frame.diameter, abs=0.06)


def test_table_agrees_with_that_of_the_mirror(mirror):
    table = mirror / "nuclei-dsb" / "frames.csv"
    if not table.is_file():
        pytest.skip("the frames of nuclei-dsb are absent: add them to GPU_COURSE_MIRROR")
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert [(row["id"], row["split"], row["labels_sha256"]) for row in rows] == [
        (frame.id, frame.split, frame.labels_sha256) for frame in frames()
    ]


def test_the_set_nuclei_is_a_noisy_part_of_a_training_frame_as_the_cards_say(mirror):
    if not (mirror / "nuclei-dsb").is_dir():
        pytest.skip("the frames of nuclei-dsb are absent: add them to GPU_COURSE_MIRROR")
    index = [frame.short for frame in frames("train")].index(nuclei_dsb.IN_NUCLEI)
    part = images.load("nuclei-dsb", "train", index=index).crop(*nuclei_dsb.IN_NUCLEI_WINDOW)
    whole = images.load("nuclei", "whole")
    np.testing.assert_array_equal(part.labels > 0, whole.labels > 0)
    pairs = np.unique(np.stack([part.labels.ravel(), whole.labels.ravel()]), axis=1)
    assert pairs.shape[1] == 126  # each object of one is one object of the other
    assert np.corrcoef(part.image.ravel(), whole.image.ravel())[0, 1] > 0.97
    for name in ("nuclei", "nuclei-dsb"):
        assert f"{nuclei_dsb.IN_NUCLEI} " in cards.read(name).limits
    assert f"(index {index})" in cards.read("nuclei-dsb").limits
