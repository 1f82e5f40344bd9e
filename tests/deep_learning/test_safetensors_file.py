"""Files of weights, whatever network wrote them: read whole or refused, and no code is run."""

import pickle

import numpy as np
import pytest
import torch

from gpu_course.deep_learning import safetensors_file
from gpu_course.deep_learning import storage as of_u_net
from gpu_course.deep_learning.stardist import storage as of_stardist
from gpu_course.errors import CourseError
from tests.wrong_weights import Hostile

LARGEST = 2**20


@pytest.fixture
def file(tmp_path):
    arrays = {"weights": np.arange(6, dtype=np.float32)}
    return safetensors_file.write(tmp_path / "a.safetensors", arrays, {"kind": "a", "record": {}})


def test_arrays_and_words_come_back(file):
    said, arrays = safetensors_file.read(file, largest=LARGEST)
    assert safetensors_file.about(file, said, kind="a", what="A")["record"] == {}
    assert arrays["weights"].tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("length", [0, 7, 100, -1])
def test_a_file_cut_short_is_refused(file, length):
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(CourseError, match="cut short or of another format"):
        safetensors_file.read(file, largest=LARGEST)


def test_a_pickle_is_never_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain").write_bytes(pickle.dumps({"weights": Hostile()}))
    torch.save({"weights": Hostile()}, "torch")
    # Arrays of objects are pickles too; no such type can be named in the format.
    np.savez(tmp_path / "numpy.npz", weights=np.array([Hostile()], object))
    for name in ("plain", "torch", "numpy.npz"):
        with pytest.raises(CourseError, match="of another format"):
            safetensors_file.read(name, largest=LARGEST)
    assert not (tmp_path / "hostile-was-here").exists()


@pytest.mark.parametrize("network", [of_u_net, of_stardist], ids=["U-Net", "StarDist"])
def test_missing_and_huge_files_are_said(network, tmp_path):
    with pytest.raises(CourseError, match="cannot be read"):
        network.load(tmp_path / "missing.safetensors")
    huge = tmp_path / "huge.safetensors"
    with huge.open("wb") as file:
        file.truncate(network.LARGEST + 1)  # takes no room on the disk
    with pytest.raises(CourseError, match="more than any network"):
        network.load(huge)


@pytest.mark.parametrize("record", [{"scenes": {1, 2}}, {"loss": float("nan")}], ids=str)
def test_a_record_that_json_cannot_say_is_refused(record, tmp_path):
    with pytest.raises(CourseError, match="cannot be written as JSON"):
        safetensors_file.write(tmp_path / "a.safetensors", {}, {"kind": "a", "record": record})
    assert not list(tmp_path.iterdir())
