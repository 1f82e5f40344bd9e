"""What PyTorch cannot do on Apple's GPUs is done another way, and with the same result."""

import numpy as np
import pytest
import torch

from gpu_course.deep_learning import Patches, Tiles, UNet, train
from gpu_course.deep_learning.apple import keep_channels_first
from gpu_course.deep_learning.augmentation import Augmentation
from gpu_course.images import Sample
from tests import fake_mps

ALL = Augmentation(
    rotation=20, zoom=0.2, brightness=0.1, contrast=0.1, gamma=0.2, noise=0.02, blur=1.0
)


def batch():
    random = np.random.default_rng(0)
    images = torch.from_numpy(random.random((3, 1, 32, 32), dtype=np.float32))
    return images, (images > 0.5).to(torch.uint8)


def colours():
    return batch()[0].repeat(1, 3, 1, 1).to("mps")


def test_augmentation_is_that_of_the_processor(monkeypatch):
    images, masks = batch()
    expected = ALL(images, masks, seed=4)
    fake_mps.install(monkeypatch)
    found = ALL(images.to("mps"), masks.to("mps"), seed=4)
    for there, here in zip(found, expected, strict=True):
        assert there.device == fake_mps.MPS
        assert torch.equal(there.cpu(), here)


def test_the_stand_in_refuses_what_apples_gpus_do(monkeypatch):
    fake_mps.install(monkeypatch)
    images = colours()
    with pytest.raises(TypeError, match="float64"):
        images.double()
    model = UNet(3, 1, depth=2, width=4).to(memory_format=torch.channels_last).train()
    with pytest.raises(AssertionError, match="wrong"):
        model(images.contiguous(memory_format=torch.channels_last))


def test_a_network_is_given_channels_first(monkeypatch):
    fake_mps.install(monkeypatch)
    torch.manual_seed(0)
    model = UNet(3, 1, depth=2, width=4).to(memory_format=torch.channels_last).train()
    keep_channels_first(model)
    assert all(weight.is_contiguous() for weight in model.state_dict().values())
    model(colours().contiguous(memory_format=torch.channels_last)).sum().backward()


def test_a_training_is_that_of_the_processor(monkeypatch):
    """Every step of it, with all that varies patches."""
    image, mask = (each[0, 0].numpy() for each in batch())
    scene = Sample("mine", "train", 0, image, "YX", mask.astype(np.int32))
    other = Sample("mine", "validation", 0, image[::-1].copy(), "YX", scene.labels[::-1].copy())

    def trained(device):
        torch.manual_seed(0)
        model = UNet(1, 1, depth=2, width=4)
        data = Patches([scene], patch=16, batch=2, batches=2, augmentation=ALL, device=device)
        tiles = Tiles([other], patch=16, batch=2, device=device)
        done = train(model, data, tiles, epochs=2, show_progress=False)
        return [row["training loss"] for row in done.history]

    expected = trained("cpu")
    fake_mps.install(monkeypatch)
    assert trained("mps") == pytest.approx(expected, rel=1e-4)
