"""StarDist's weights in a file: all comes back, and nothing that lies is believed."""

import dataclasses
from importlib.util import find_spec

import numpy as np
import pytest

from gpu_course.deep_learning.normalisation import Normalisation
from gpu_course.deep_learning.stardist import storage, thresholds
from gpu_course.deep_learning.stardist.design import Design
from gpu_course.deep_learning.stardist.model import build
from gpu_course.errors import CourseError
from tests.wrong_weights import babble, rewrite, say

needed = ("tensorflow", "stardist")
pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in needed), reason="StarDist or TensorFlow is missing"
)

DESIGN = Design(rays=8, grid=2, depth=1, width=4, features=8, patch=32)
RECORD = {"seconds": 12.5, "device": "/CPU:0", "data": {"scenes": [["discs", "train", 0, 96, 96]]}}


@pytest.fixture(scope="module")
def model():
    model = build(DESIGN, normalisation=Normalisation(2, 98), seed=4)
    model.record = RECORD
    thresholds.apply(model, 0.37, 0.45)
    return model


@pytest.fixture
def file(model, tmp_path):
    return storage.save(tmp_path / "weights" / "discs.safetensors", model)


def test_all_that_belongs_to_the_weights_comes_back(model, file, capfd):
    found = storage.load(file, expected=DESIGN)
    assert found.design == DESIGN
    assert found.normalisation == Normalisation(2, 98)
    assert found.record == RECORD
    assert (found.network.thresholds.prob, found.network.thresholds.nms) == (0.37, 0.45)
    assert all(np.array_equal(found.weights[name], w) for name, w in model.weights.items())
    said = capfd.readouterr()
    assert said.out == said.err == ""


def test_half_the_bits_make_a_smaller_file_and_nearly_the_same_weights(model, file, tmp_path):
    half = storage.save(tmp_path / "half.safetensors", model, half=True)
    assert half.stat().st_size < file.stat().st_size
    found = storage.load(half).weights
    assert {w.dtype for w in found.values()} == {np.dtype(np.float32)}
    for name, weights in model.weights.items():
        assert np.allclose(found[name], weights, atol=1e-3)


def test_weights_of_another_configuration_are_refused(file):
    other = dataclasses.replace(DESIGN, rays=16, width=8)
    with pytest.raises(CourseError, match="rays=8, width=4 where yours has rays=16, width=8"):
        storage.load(file, expected=other)


def design(**changes):
    return say(design=dataclasses.asdict(DESIGN) | changes)


def rename(header):
    header["features/bias_"] = header.pop("features/bias")


def reshape(header):
    header["grid_1_0/kernel"]["shape"] = [3, 3, 4, 1]


def retype(header):
    header["features/bias"]["dtype"] = "I32"


def retype_unknown(header):
    header["features/bias"] |= {"dtype": "BF16", "data_offsets": [0, 16]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (say(kind="something else"), "no StarDist network of this course"),
        (babble("{"), "cannot be understood"),
        (babble("[]"), "cannot be understood"),
        (babble("[" * 100_000), "cannot be understood|cut short"),
        (say(design=[1, 2]), "cannot be understood"),
        (say(normalisation={"low": 1, "top": 2}), "cannot be understood"),
        (say(thresholds={"probability": 0.5}), "cannot be understood"),
        (say(thresholds={"probability": 7, "overlap": 0.5}), "between 0 and 1"),
        (say(thresholds={"probability": float("nan"), "overlap": 0.5}), "between 0 and 1"),
        (say(record=[]), "record"),
        (design(width=10**6), "width=1000000"),
        (design(depth=10**9), "depth=1000000000"),
        (design(rays=8.5), r"rays=8\.5"),
        (design(width=256, depth=6, patch=128), "not those of the network"),
        (design(width=5), "another network"),
        (design(folder="x"), "cannot be understood"),
        (rename, "not those of the network"),
        (reshape, "another network"),
        (retype, "another network"),
        (retype_unknown, "cut short or of another format|another network"),
        (lambda header: header.pop("__metadata__"), "no StarDist network"),
    ],
)
def test_a_file_that_lies_about_itself_is_refused(file, change, words):
    rewrite(file, change)
    with pytest.raises(CourseError, match=words):
        storage.load(file)


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    broken = build(DESIGN)
    weights = broken.weights
    weights["features/bias"][0] = np.nan
    broken.weights = weights
    path = storage.save(tmp_path / "a.safetensors", broken)
    with pytest.raises(CourseError, match=r"features/bias holds values that are no numbers"):
        storage.load(path)


def test_a_u_net_is_no_stardist(tmp_path):
    from gpu_course.deep_learning import storage as other
    from gpu_course.deep_learning.unet import UNet

    path = other.save(tmp_path / "u.safetensors", UNet(1, 1, depth=1, width=4))
    with pytest.raises(CourseError, match="no StarDist network of this course"):
        storage.load(path)
