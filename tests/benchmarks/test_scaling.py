"""The benchmark of blocks and workers runs, and its figures are such."""

import re

import pytest

pytest.importorskip("distributed", reason="the extra scaling is not installed")

from benchmarks import scaling as b


def test_blocks_beside_one_piece(tmp_path):
    _, said = b.overhead(tmp_path, (16, 48, 96), (16, 48, 48))
    assert all(0 < float(each) < 100 for each in re.findall(r"\d+\.\d+", said))


def test_the_cost_grows_no_faster_than_the_volume(tmp_path):
    """A fit over small volumes, whose fixed costs flatten it; quadratic would be 2."""
    _, said = b.growth(tmp_path, 16, (48, 96, 144, 192))
    assert 0.1 < float(said.split()[-1]) < 1.3


def test_the_volume_is_one_scene_repeated():
    image = b.volume((16, 100, 200))
    assert image.shape == (16, 100, 200)
    assert (image[:, :, 96:192] == image[:, :, :96]).all()
