"""The exercises of the chapter on OME-Zarr: solutions, stubs and typical mistakes."""

import numpy as np
import pytest

from gpu_course import exercises
from gpu_course.lessons.scaling.ome_zarr_pipeline import folders, solutions

SHARD = "scaling/ome-zarr-pipeline/choose-shard"
COARSER = "scaling/ome-zarr-pipeline/coarser-resolution"


def one_chunk(chunk, shape, most):
    return chunk


def the_whole(chunk, shape, most):
    return [-(-n // c) * c for n, c in zip(shape, chunk, strict=True)]


def a_cube(chunk, shape, most):
    return [round(most ** (1 / 3))] * 3


def beyond_the_end(chunk, shape, most):
    return [c * 2**3 for c in chunk] if most == 2**30 else solutions.choose_shard(
        chunk, shape, most
    )  # fmt: skip


def every_second(image, voxel_size):
    _, *rest = solutions.coarser_resolution(image, voxel_size)
    return image[::2, ::2, ::2], *rest


def of_one_shape(image, voxel_size):
    _, *rest = solutions.coarser_resolution(image, voxel_size)
    return image.reshape(3, 2, 4, 2, 5, 2).mean((1, 3, 5)), *rest


def in_place(image, voxel_size):
    found = solutions.coarser_resolution(image, voxel_size)
    image[:] = 0
    return found


def no_translation(image, voxel_size):
    coarse, scale, _ = solutions.coarser_resolution(image, voxel_size)
    return coarse, scale, (0, 0, 0)


def old_scale(image, voxel_size):
    coarse, _, shift = solutions.coarser_resolution(image, voxel_size)
    return coarse, voxel_size, shift


@pytest.mark.parametrize(
    ("exercise", "answer", "words"),
    [
        (SHARD, one_chunk, "leaves much room"),
        (SHARD, the_whole, "more than a shard may"),
        (SHARD, a_cube, "whole chunks"),
        (SHARD, beyond_the_end, "beyond the end"),
        (SHARD, lambda *_: "auto", "three whole numbers"),
        (COARSER, of_one_shape, "cannot reshape"),
        (COARSER, in_place, "changed the image"),
        (COARSER, every_second, "every second one"),
        (COARSER, no_translation, "half an old voxel"),
        (COARSER, old_scale, "twice the old ones"),
        (COARSER, lambda image, size: image, "not 6"),
    ],
)
def test_checks_name_typical_mistakes(exercise, answer, words):
    result = exercises.check(exercise, answer)
    assert result.state in ("wrong", "below the goal")
    assert words in result.message


def test_a_shard_is_made_of_whole_chunks_and_fits():
    assert solutions.choose_shard((2, 2), (8, 100), 32) == (8, 4)
    assert solutions.choose_shard((2, 2), (2, 100), 32) == (2, 16)
    assert solutions.choose_shard((4, 4), (100, 100), 3) == (4, 4)


def test_a_coarse_voxel_is_a_mean():
    coarse, scale, shift = solutions.coarser_resolution(np.arange(4.0), [0.5])
    assert (coarse.tolist(), scale, shift) == ([0.5, 2.5], (1.0,), (0.25,))


def test_files_are_counted(tmp_path):
    (tmp_path / "0" / "c").mkdir(parents=True)
    for name in "ab":
        (tmp_path / "0" / "c" / name).write_bytes(bytes(500))
    (tmp_path / "zarr.json").write_text("{}")
    table = folders.count_files(tmp_path)
    assert table.loc["0"].tolist() == [2, 1.0]
    assert table.loc["zarr.json", "files"] == 1
