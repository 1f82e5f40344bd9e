import pytest
import torch
from torch import nn

from gpu_course import devices
from gpu_course.deep_learning import memory, memory_measured
from gpu_course.deep_learning.unet import UNet, count_parameters
from gpu_course.devices import Device
from gpu_course.errors import CourseError


def test_activations_of_a_network_counted_by_hand():
    # Two convolutions with a ReLU between: kept are the image (input of the first) and the
    # result of the ReLU (its own, and input of the second), 4 bytes a pixel.
    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(8, 1, 1))
    assert memory.kept_for_backward(model, (2, 1, 10, 10)) == 2 * (1 + 8) * 100 * 4


@pytest.mark.parametrize("up", ["transpose", "bilinear"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_two_small_steps_tell_what_a_large_one_keeps(up, precision):
    model = UNet(2, 1, depth=2, width=4, up=up)
    need = memory.estimate(model, patch=48, batch=3, precision=precision)
    assert need.activations == memory.kept_for_backward(model, (3, 2, 48, 48), precision)


def test_weights_gradients_and_optimiser():
    model = UNet(1, 1, depth=1, width=4)
    need = memory.estimate(model, patch=8, batch=1)
    assert need.parameters == need.gradients == 4 * count_parameters(model)
    assert need.optimiser == 2 * need.parameters
    assert need.total == 4 * need.parameters + need.activations
    assert memory.estimate(model, patch=8, batch=1, optimiser="sgd").optimiser == 0
    # What PyTorch's optimiser remembers, one counter per parameter tensor aside.
    optimiser = torch.optim.AdamW(model.parameters())
    model(torch.rand(1, 1, 8, 8)).sum().backward()
    optimiser.step()
    states = [
        value
        for state in optimiser.state.values()
        for name, value in state.items()
        if name != "step"
    ]
    assert need.optimiser == sum(value.numel() * value.element_size() for value in states)


def test_half_the_bits_keep_about_half():
    model = UNet(1, 1, depth=2, width=8)
    full, half = (
        memory.estimate(model, patch=64, batch=4, precision=p) for p in ("float32", "bfloat16")
    )
    assert 0.5 <= half.activations / full.activations < 0.6
    assert half.parameters == full.parameters


@pytest.mark.parametrize(("depth", "width"), [(1, 8), (3, 8)])
def test_the_prediction_meets_what_is_measured(depth, width):
    model = UNet(1, 1, depth=depth, width=width)
    need = memory.estimate(model, patch=64, batch=4).total
    taken = memory_measured.training_step(model, patch=64, batch=4, device="cpu")
    assert 1 <= taken / need < 1.3


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_prediction_meets_what_cuda_measures(precision):
    model = UNet(1, 1, depth=4, width=32)
    options = {"patch": 256, "batch": 8, "precision": precision}
    need = memory.estimate(model, **options).total
    taken = memory_measured.training_step(model, device="cuda", **options)
    assert 0.9 <= taken / need < 1.5


def test_nothing_is_left_behind():
    model = UNet(1, 1, depth=1, width=4)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    random = torch.get_rng_state()
    memory.estimate(model, patch=8, batch=1)
    memory.layers(model, patch=8)
    memory_measured.training_step(model, patch=8, batch=2, device="cpu")
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())
    assert torch.equal(torch.get_rng_state(), random)


def test_layers_in_the_order_of_use_without_computing():
    model = UNet(1, 2, depth=1, width=4)
    found = memory.layers(model, patch=1024)
    assert [cost.name for cost in found][:2] == ["down.0.0", "down.0.1"]
    assert found[-1].name == "last"
    assert found[-1].shape == (2, 1024, 1024)
    assert found[0].result == 4 * 1024 * 1024 * 4
    assert sum(cost.parameters for cost in found) == memory.parameter_bytes(model)


def test_the_table_has_a_row_for_every_combination():
    table = memory.table(
        depths=[1, 2], widths=[4], patches=[16, 32], batches=[2], precisions=["float32"]
    )
    assert len(table) == 4
    row = table.iloc[1]
    need = memory.estimate(UNet(1, 1, depth=1, width=4), patch=32, batch=2)
    assert row["total (MiB)"] == pytest.approx(need.total / 2**20)
    assert row["weights (MiB)"] + row["activations (MiB)"] == pytest.approx(row["total (MiB)"])


def test_the_largest_batch_fits_and_one_more_does_not():
    model, room = UNet(1, 1, depth=2, width=8), 64 * 2**20
    most = memory.largest_batch(model, patch=64, memory=room, reserve=0.25)
    assert most > 1
    needs = [memory.estimate(model, patch=64, batch=n).total for n in (most, most + 1)]
    assert needs[0] <= 0.75 * room < needs[1]
    assert memory.largest_batch(model, patch=64, memory=1000) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"patch": 20, "batch": 1}, "multiple of 8"),
        ({"patch": 32, "batch": 0}, "at least 1 patch"),
        ({"patch": 32, "batch": 1, "precision": "int4"}, "no precision"),
        ({"patch": 32, "batch": 1, "optimiser": "lion"}, "no optimiser"),
    ],
)
def test_impossible_steps_are_refused(options, words):
    with pytest.raises(CourseError, match=words):
        memory.estimate(UNet(1, 1, depth=3, width=2), **options)


@pytest.mark.parametrize(("address", "measured"), [("mps", "cpu"), ("cuda:0", "cuda:0")])
def test_where_the_gpu_keeps_no_peak_the_cpu_is_measured(monkeypatch, address, measured):
    gpu = Device("PyTorch", "a GPU", "GPU", memory=None, driver="", address=address)
    monkeypatch.setattr(devices, "torch", lambda: gpu)
    found = memory_measured.measuring_device()
    assert found.address == measured
    assert found.kind == ("CPU" if measured == "cpu" else "GPU")


def test_a_device_without_a_count_is_said():
    with pytest.raises(CourseError, match="no peak for mps"):
        memory_measured.training_step(UNet(1, 1, depth=1), patch=8, batch=1, device="mps")
