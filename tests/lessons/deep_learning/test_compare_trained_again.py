"""The course's networks trained with other seeds: the same training but for the seed."""

import dataclasses
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from gpu_course import images
from gpu_course.book import chapters
from gpu_course.deep_learning import Patches, UNet, safetensors_file, storage, weights
from gpu_course.errors import CourseError
from gpu_course.lessons.deep_learning.compare import trained_again

CHAPTER = {
    "nuclei-stardist": "deep-learning/nuclei-many-cameras",
    "bees-stardist": "deep-learning/bees-stardist",
    "roots-unet": "deep-learning/roots-unet",
}
FILES = [(name, file) for name in CHAPTER for file in trained_again.files(name)]


def about(file):
    metadata, arrays = safetensors_file.read(file, largest=2**28)
    return json.loads(metadata["about"]), arrays


@pytest.mark.parametrize("name", trained_again.LEARNING_RATE)
def test_the_learning_rate_is_that_of_the_chapter(name):
    code = "\n".join(cell.source for cell in chapters.read(CHAPTER[name]).code_cells)
    found = re.search(r"train\(\s*model.*?learning_rate=([0-9e.-]+)", code, re.DOTALL)
    assert float(found[1]) == trained_again.LEARNING_RATE[name]


@pytest.mark.parametrize(("name", "file"), FILES, ids=[file.stem for _, file in FILES])
def test_a_kept_network_is_the_same_training_but_for_the_seed(name, file):
    first, one = about(weights.find(name)), about(file)
    seed = int(file.stem.removeprefix(f"{name}-"))
    assert one[0]["record"]["seed"] == seed > 0 == first[0]["record"]["seed"]
    for key in ("kind", "design", "configuration", "normalisation", "prepared"):
        assert one[0].get(key) == first[0].get(key)
    for key in ("epochs", "precision", "scenes"):
        assert one[0]["record"][key] == first[0]["record"][key]
    said = first[0]["record"]["data"]
    trained_again.refuse_others(name, one[0]["record"]["data"], said)
    apart = [np.abs(one[1][k].astype(float) - first[1][k]).max() for k in first[1]]
    assert max(apart) > 0.1


@pytest.mark.parametrize(
    ("name", "seed", "words"),
    [("bee-net", 1, ("bee-net", "roots-unet")), ("roots-unet", 0, ("0",))],
)
def test_what_is_no_other_training_is_refused(name, seed, words):
    with pytest.raises(CourseError) as error:
        trained_again.train_again(name, seed)
    assert all(word in str(error.value) for word in words)


def test_other_scenes_are_refused_and_another_seed_is_not():
    first = {"labels": ["a", "b"], "images": ["c", "d"], "patch": 64, "seed": 0}
    trained_again.refuse_others("n", first | {"seed": 3, "images": ["c", "e"]}, first)
    for other in ({"labels": ["a", "x"]}, {"patch": 96}):
        with pytest.raises(CourseError, match=next(iter(other))):
            trained_again.refuse_others("n", first | other, first)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Weights and checkpoints of these tests: the course's own stay as they are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(trained_again, "_folder", lambda: tmp_path / "again")
    return tmp_path


@pytest.fixture
def first_u_net(folders):
    """A network that is trained in no time, under the name of the course's."""
    torch.manual_seed(0)
    scenes = [images.load("roots", "train", index=i, size="small") for i in range(2)]
    data = Patches(scenes, patch=32, batch=1, batches=2, foreground=0.75)
    said = {
        k: data.settings[k] for k in ("patch", "batch", "batches", "foreground", "augmentation")
    }
    record = {"epochs": 1, "precision": "float32", "scenes": "2 scenes", "data": said}
    return storage.save(weights.own("roots-unet"), UNet(1, 1, depth=1, width=4), record=record)


def test_a_u_net_is_trained_again_as_its_file_says(first_u_net, folders):
    file = trained_again.train_again("roots-unet", 2)
    assert file == folders / "again" / "roots-unet-2.safetensors"
    (first, _, said), (model, _, record) = storage.load(first_u_net), storage.load(file)
    assert model.configuration == first.configuration
    assert record["seed"] == 2
    assert {key: record[key] for key in said} == said
    assert record["threshold"] in trained_again.THRESHOLDS


def test_thresholds_are_those_that_the_chapter_tries():
    code = "\n".join(cell.source for cell in chapters.read("deep-learning/roots-unet").code_cells)
    assert f"THRESHOLDS = {list(trained_again.THRESHOLDS)}\n" in code


def test_the_threshold_is_the_one_that_suits_validation_scenes(monkeypatch):
    """Of a probability that is a ramp, 0.4 and above is the mask."""
    ramp = np.tile(np.linspace(0, 1, 101), (40, 1))
    scene = SimpleNamespace(image=ramp, mask=ramp > 0.4)
    monkeypatch.setattr(
        "gpu_course.deep_learning.prediction.predict_tiled", lambda *_, **named: ramp[None]
    )
    assert trained_again._threshold(None, [scene], None) == 0.4


def test_stars_are_trained_again_as_their_file_says(folders):
    from gpu_course.deep_learning import stardist
    from gpu_course.deep_learning.stardist import storage as star_storage

    design = stardist.Design(rays=8, grid=4, depth=1, width=4, features=8, patch=64)
    learn, choose = (images.load("bees", split, size="small") for split in ("train", "validation"))
    model = stardist.build(design, seed=0)
    stardist.train(
        model,
        stardist.StarPatches([learn], design, batch=1, batches=1),
        stardist.StarTiles([choose], design, batch=1),
        epochs=1,
        learning_rate=1e-3,
    )
    model.record |= {"licence": "BSD-3-Clause", "what": "bees", "scenes": "1 scene"}
    star_storage.save(weights.own("bees-stardist"), model)

    file = trained_again.train_again("bees-stardist", 1)
    assert trained_again.files("bees-stardist") == [file]
    again = star_storage.load(file)
    assert dataclasses.asdict(again.design) == dataclasses.asdict(design)
    assert again.record["seed"] == 1
    assert again.record["data"] | {"seed": 0} == model.record["data"]
