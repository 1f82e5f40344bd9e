import numpy as np
import pytest

from gpu_course import own_images
from gpu_course.errors import CourseError
from gpu_course.own_images import plan, threshold
from gpu_course.own_images.choosing import choose
from tests.own_images.conftest import discs, write_folder

QUICK = {"epochs": 3, "batches": 4, "width": 4}


def nothing(sentence):
    """Say nothing."""


def test_an_interrupted_training_goes_on_and_ends_the_same(tmp_path):
    folder = write_folder(tmp_path / "discs", 6, kind="masks")

    def stop(sentence):
        if "epoch 2 of 3" in sentence:
            raise KeyboardInterrupt

    file = tmp_path / "here" / "model.safetensors"
    how = QUICK | {"method": "unet"}
    with pytest.raises(KeyboardInterrupt):
        own_images.train(folder, file, **how, say=stop)
    assert not file.exists()
    assert (tmp_path / "here" / "model.training" / "unet.checkpoint").exists()
    said = []
    done = own_images.train(folder, file, **how, say=said.append)
    assert [s.split(":")[0] for s in said if "epoch" in s] == [
        *("unet, epoch 2 of 3", "unet, epoch 3 of 3")
    ]
    assert [path.name for path in file.parent.iterdir()] == ["model.safetensors"]
    straight = own_images.train(folder, tmp_path / "straight.safetensors", **how, say=nothing)
    image = discs(9)[0]
    for model in (done.model, own_images.load(file)):
        # Threads may add up in another order, so the last bit is free.
        np.testing.assert_allclose(
            model.chances(image), own_images.load(straight.file).chances(image), atol=1e-6
        )
    assert len(done.histories["unet"]) == 3
    assert done.model.record["score"] == "Dice"


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    folder = write_folder(tmp_path / "discs", 6, kind="masks")

    def stop(sentence):
        if "epoch 1" in sentence:
            raise KeyboardInterrupt

    how = QUICK | {"method": "unet"}
    with pytest.raises(KeyboardInterrupt):
        own_images.train(folder, tmp_path / "model.safetensors", **how, say=stop)
    with pytest.raises(CourseError, match=r"The folder model\.training holds another training"):
        own_images.train(
            folder, tmp_path / "model.safetensors", **how | {"batches": 5}, say=nothing
        )


def test_a_model_is_not_replaced_unasked(model_file, tmp_path):
    folder = write_folder(tmp_path / "discs", 4)
    before = model_file.read_bytes()
    with pytest.raises(CourseError, match="is there already"):
        own_images.train(folder, model_file, method="threshold", say=nothing)
    with pytest.raises(CourseError, match=r"end in \.safetensors"):
        own_images.train(folder, tmp_path / "model.pth", method="threshold", say=nothing)
    assert model_file.read_bytes() == before


def test_stardist_refuses_masks_and_unknown_methods_are_named(tmp_path):
    folder = write_folder(tmp_path / "discs", 4, kind="masks")
    for method, said in (("stardist", "learns from labels"), ("forest", "no method 'forest'")):
        with pytest.raises(CourseError, match=said):
            own_images.train(folder, tmp_path / "m.safetensors", method=method, say=nothing)


def test_the_plan_follows_from_the_objects():
    assert plan.make("labels", 20.0).methods == ("threshold", "stardist")
    assert plan.make("masks", 20.0).methods == ("threshold", "unet")
    assert plan.make("labels", 64.0).scale == 0.5
    assert plan.make("labels", 64.0).patch == 96
    assert plan.make("labels", 8.0).patch == 64
    with pytest.raises(CourseError, match="epochs=0"):
        plan.make("labels", 20.0, epochs=0)


@pytest.mark.parametrize("dark", [False, True])
def test_the_threshold_finds_side_and_channel(dark):
    from gpu_course.images import Sample

    scenes = []
    for seed in range(2):
        image, labels = discs(seed, dark=dark)
        noise = np.random.default_rng(seed).integers(0, 255, image.shape).astype(np.uint8)
        pixels = np.stack([noise, image], axis=-1)
        scenes.append(Sample("discs", "train", seed, pixels, "YXC", labels=labels))
    rule = threshold.learn(scenes)
    assert (rule.channel, rule.darker) == (1, dark)
    assert (rule.mask(scenes[0].image) == (scenes[0].labels > 0)).mean() > 0.98


def test_the_simplest_method_wins_unless_another_is_clearly_better():
    assert choose({"threshold": 0.80, "unet": 0.815}) == "threshold"
    assert choose({"threshold": 0.70, "unet": 0.80, "stardist": 0.81}) == "unet"


def test_too_little_for_stardist_leaves_the_threshold_and_says_why(tmp_path):
    folder = write_folder(tmp_path / "discs", 6)
    said = []
    done = own_images.train(
        folder, tmp_path / "m.safetensors", epochs=1, batches=1, width=2, say=said.append
    )
    assert done.model.method == "threshold"
    assert done.validation["threshold"] > 0.8
    assert done.validation.get("stardist", 0.0) < 0.5
    assert any(s.startswith("Kept threshold") for s in said)
    assert done.test
