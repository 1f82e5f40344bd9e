import json

import pytest
import torch

from gpu_course.deep_learning import storage
from gpu_course.deep_learning.normalisation import Normalisation
from gpu_course.deep_learning.unet import UNet
from gpu_course.errors import CourseError
from tests.wrong_weights import babble, rewrite, say

RECORD = {"seconds": 12.5, "device": "cpu", "seed": 3, "data": ["roots", "train", [0, 24]]}


@pytest.fixture
def model():
    torch.manual_seed(2)
    model = UNet(1, 2, depth=1, width=4, up="bilinear")
    model(torch.rand(4, 1, 8, 8))
    return model.eval()


@pytest.fixture
def file(model, tmp_path):
    path = tmp_path / "weights" / "bars.safetensors"
    return storage.save(path, model, normalisation=Normalisation(2, 98), record=RECORD)


def test_weights_come_back_with_all_that_belongs_to_them(model, file):
    found, normalisation, record = storage.load(file)
    assert found.configuration == model.configuration
    assert normalisation == Normalisation(2, 98)
    assert record == RECORD
    assert not found.training
    image = torch.rand(1, 1, 8, 8)
    assert torch.equal(found(image), model(image))
    assert all(p.requires_grad and p.is_leaf for p in found.parameters())  # can be trained on


def test_weights_of_a_trained_layout_are_stored_alike(model, file, tmp_path):
    model.to(memory_format=torch.channels_last)
    path = tmp_path / "again.safetensors"
    again = storage.save(path, model, normalisation=Normalisation(2, 98), record=RECORD)
    assert again.read_bytes() == file.read_bytes()


def test_half_the_bits_make_half_the_file_and_nearly_the_same_result(tmp_path):
    wide = UNet(1, 1, depth=2, width=16).eval()
    full = storage.save(tmp_path / "full.safetensors", wide)
    half = storage.save(tmp_path / "half.safetensors", wide, half=True)
    assert half.stat().st_size < 0.55 * full.stat().st_size
    found, _, _ = storage.load(half)
    assert {p.dtype for p in found.parameters()} == {torch.float32}
    image = torch.rand(1, 1, 32, 32)
    assert torch.allclose(found(image), wide(image), atol=0.01)
    assert not torch.equal(found(image), wide(image))


def configure(**changes):
    def change(header):
        about = json.loads(header["__metadata__"]["about"])
        say(configuration=about["configuration"] | changes)(header)

    return change


def rename(header):
    header["last.bias_"] = header.pop("last.bias")


def reshape(header):
    header["down.0.0.weight"]["shape"] = [1, 4, 3, 3]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (say(kind="something else"), "no U-Net of this course"),
        (babble("{"), "cannot be understood"),
        (babble("[]"), "cannot be understood"),
        (babble("[" * 100_000), "cannot be understood|cut short"),
        (say(configuration=[1, 2]), "cannot be understood"),
        (say(normalisation={"low": 1, "top": 2}), "cannot be understood"),
        (say(normalisation={"low": "1", "high": 2}), "percentiles"),
        (say(normalisation={"low": 9, "high": 2}), "percentiles"),
        (say(record=[]), "record"),
        (configure(width=10**6), "width=1000000"),
        (configure(depth=10**9), "depth=1000000000"),
        (configure(width=512, depth=8), "not those of the network"),
        (configure(width=5), "another network"),
        (configure(depth=2), "not those of the network"),
        (configure(folder="x"), "cannot be understood"),
        (rename, "not those of the network"),
        (reshape, "another network"),
        (lambda header: header.pop("__metadata__"), "no U-Net of this course"),
    ],
)
def test_a_file_that_lies_about_itself_is_refused(file, change, words):
    rewrite(file, change)
    with pytest.raises(CourseError, match=words):
        storage.load(file)


def test_weights_that_are_no_numbers_are_refused(model, tmp_path):
    with torch.no_grad():
        model.last.bias[0] = float("nan")
    path = storage.save(tmp_path / "a.safetensors", model)
    with pytest.raises(CourseError, match=r"last\.bias holds values that are no numbers"):
        storage.load(path)
