"""What PyTorch cannot do on Apple's GPUs is done another way, and with the same result."""

import copy

import numpy as np
import pytest
import torch

from gpu_course.deep_learning import (
    Patches,
    Tiles,
    UNet,
    best_precision,
    dice_cross_entropy,
    effective,
    estimate,
    memory_measured,
    predict_tiled,
    storage,
    theoretical,
    train,
)
from gpu_course.deep_learning.apple import keep_channels_first
from gpu_course.deep_learning.augmentation import Augmentation
from gpu_course.deep_learning.training import evaluate
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from tests import fake_mps

ALL = Augmentation(
    rotation=20, zoom=0.2, brightness=0.1, contrast=0.1, gamma=0.2, noise=0.02, blur=1.0
)


def batch():
    random = np.random.default_rng(0)
    images = torch.from_numpy(random.random((3, 1, 32, 32), dtype=np.float32))
    return images, (images > 0.5).to(torch.uint8)


def scenes():
    image, mask = (each[0, 0].numpy() for each in batch())
    first = Sample("mine", "train", 0, image, "YX", mask.astype(np.int32))
    other = image[::-1].copy(), "YX", first.labels[::-1].copy()
    return first, Sample("mine", "validation", 0, *other)


def network(channels=1, last=False):
    """Return a network with weights of its own, and means that a training has moved."""
    torch.manual_seed(0)
    model = UNet(channels, 1, depth=2, width=4)
    model(torch.rand(2, channels, 16, 16))
    # As a training on a processor leaves it.
    return model.to(memory_format=torch.channels_last) if last else model


def data(device):
    first, other = scenes()
    patches = Patches([first], patch=16, batch=2, batches=2, augmentation=ALL, device=device)
    return patches, Tiles([other], patch=16, batch=2, device=device)


def test_augmentation_is_that_of_the_processor():
    images, masks = batch()
    expected = ALL(images, masks, seed=4)
    with fake_mps.computing():
        found = ALL(images.to("mps"), masks.to("mps"), seed=4)
        for there, here in zip(found, expected, strict=True):
            assert there.device.type == "mps"
            assert torch.equal(there.cpu(), here)


def test_the_stand_in_refuses_channels_last():
    with fake_mps.computing():
        images = batch()[0].repeat(1, 3, 1, 1).to("mps")
        with pytest.raises(AssertionError, match="gradients are wrong"):
            torch.nn.BatchNorm2d(3).to("mps")(images.to(memory_format=torch.channels_last))
        with pytest.raises(AssertionError, match="weights"):
            network(3, last=True).to("mps")(images)


def test_a_network_is_given_channels_first():
    with fake_mps.computing():
        model = network(3, last=True).to("mps").train()
        for _ in range(2):
            keep_channels_first(model)
        assert all(weight.is_contiguous() for weight in model.state_dict().values())
        images = batch()[0].repeat(1, 3, 1, 1).to("mps")
        model(images.contiguous(memory_format=torch.channels_last)).sum().backward()
    assert len(model._forward_pre_hooks) == 1


def test_a_training_is_that_of_the_processor(tmp_path):
    """Every step of it, with all that varies patches, and with an interruption."""

    def trained(device, **more):
        torch.manual_seed(0)
        done = train(UNet(1, 1, depth=2, width=4), *data(device), show_progress=False, **more)
        return [row["training loss"] for row in done.history]

    expected = trained("cpu", epochs=3)
    kept = tmp_path / "kept.pt"
    with fake_mps.computing():
        assert trained(None, epochs=3) == pytest.approx(expected, rel=1e-4)

        def stop(epoch):
            if epoch.number == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            trained("mps", epochs=3, resume_from=kept, callbacks=[stop])
        assert trained("mps", epochs=3, resume_from=kept) == pytest.approx(expected, rel=1e-4)
    # A checkpoint of one device is read on another.
    assert trained("cpu", epochs=3, resume_from=kept) == pytest.approx(expected, rel=1e-4)


def test_a_network_is_judged_as_on_the_processor():
    loss = dice_cross_entropy(1)
    expected = evaluate(network(), data("cpu")[1], loss)
    with fake_mps.computing():
        found = evaluate(network(last=True).to("mps"), data("mps")[1], loss)
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("flips", [False, True])
@pytest.mark.parametrize("last", [False, True])
def test_a_prediction_is_that_of_the_processor(flips, last):
    image = np.random.default_rng(1).random((45, 53))
    options = {"tile": 32, "overlap": 16, "flips": flips}
    expected = predict_tiled(network(), image, device="cpu", **options)
    with fake_mps.computing():
        found = predict_tiled(network(last=last), image, **options)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_network_sees_as_far_as_on_the_processor():
    shape = (1, 1, 32, 32)
    expected, far = effective(network(), shape, repeats=2), theoretical(network(), shape)
    with fake_mps.computing():
        model = network(last=True).to("mps")
        found = effective(model, shape, repeats=2)
        assert theoretical(model, shape) == far
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_weights_are_kept_as_those_of_the_processor(tmp_path):
    with fake_mps.computing():
        model = network().to("mps")
        keep_channels_first(model)
        storage.save(tmp_path / "a.safetensors", copy.deepcopy(model))
    read, _, _ = storage.load(tmp_path / "a.safetensors")
    for name, weight in network().state_dict().items():
        assert torch.equal(read.state_dict()[name], weight)


def test_memory_is_counted_where_it_can_be():
    with fake_mps.computing():
        model = network().to("mps")
        assert best_precision(torch.device("mps")) == "float32"
        assert memory_measured.measuring_device().address == "cpu"
        with pytest.raises(CourseError, match='Measure with device="cpu"'):
            memory_measured.training_step(model, patch=16, batch=1)
        measured = memory_measured.training_step(model, patch=16, batch=1, device="cpu")
        assert estimate(model, patch=16, batch=1) == estimate(network(), patch=16, batch=1)
    assert measured > 0


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        ("MPS backend out of memory (MPS allocated: 5.50 GB)", CourseError, "smaller batch"),
        ("view size is not compatible", RuntimeError, "view size"),
    ],
)
def test_a_full_memory_is_told_as_elsewhere(said, kind, told):
    def full(epoch):
        raise RuntimeError(said)

    with fake_mps.computing(), pytest.raises(kind, match=told):
        train(network(), *data("mps"), epochs=1, show_progress=False, callbacks=[full])
