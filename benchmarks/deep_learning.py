"""Section 4 beside its peers and floors: a U-Net's training step, and prediction tile by tile.

The peer of the network is MONAI's BasicUNet with as many channels at each level; that of the
tiles is MONAI's sliding window, with the same network, tile and overlap.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks import floors
from benchmarks import timing as tables
from gpu_course import devices, sizes, timing

COURSE, PEER = "course", "MONAI"
WIDTH = 16


def operations(run: Callable[[], Any]) -> float:
    """Return the multiplications and additions of convolutions and matrices, counted by PyTorch."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        run()
    return float(counter.get_total_flops())


def training_step(network: Any, patch: int, batch: int, where: Any, precision: str) -> Callable:
    """Return what trains a network by one step, as the course does it."""
    import torch

    from gpu_course.deep_learning.losses import dice_cross_entropy
    from gpu_course.deep_learning.precision import autocast

    network = network.to(where).train()
    optimiser = torch.optim.AdamW(network.parameters())
    criterion = dice_cross_entropy(1)
    images = torch.rand(batch, 1, patch, patch, device=where)
    images = images.contiguous(memory_format=torch.channels_last)
    truth = torch.randint(0, 2, (batch, 1, patch, patch), device=where)

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        with autocast(where, precision):
            result = network(images)
        criterion(result, truth).backward()
        optimiser.step()

    return step


def networks() -> dict[str, Any]:
    """Return the course's U-Net, and MONAI's where it is installed."""
    from gpu_course.deep_learning.unet import UNet

    found: dict[str, Any] = {COURSE: UNet(1, 1, depth=4, width=WIDTH)}
    if find_spec("monai"):
        from monai.networks.nets import BasicUNet

        levels = [WIDTH * 2**level for level in range(5)]
        found[PEER] = BasicUNet(2, 1, 1, features=(*levels, WIDTH))
    return found


def predictions(network: Any, image: np.ndarray, tile: int, where: Any) -> dict[str, Callable]:
    """Return the ways to predict an image with one network, tile by tile, in 32 bits."""
    import torch

    from gpu_course.deep_learning.prediction import predict_tiled

    overlap = tile // 4
    ways: dict[str, Callable] = {
        COURSE: lambda: predict_tiled(
            network, image, tile=tile, overlap=overlap, device=where, precision="float32"
        )
    }
    if find_spec("monai"):
        from monai.inferers import sliding_window_inference

        def monai() -> Any:
            network.to(where).eval()
            pixels = torch.from_numpy(image)[None, None]
            with torch.inference_mode():
                found: Any = sliding_window_inference(
                    pixels, (tile, tile), 1, network, overlap=0.25, sw_device=where, device="cpu"
                )
                return found.sigmoid()

        ways[PEER] = monai
    return ways


def main() -> list[tables.Measured]:
    """Print the table and return it."""
    import torch

    from gpu_course.deep_learning import memory
    from gpu_course.deep_learning.precision import best_precision

    device = devices.torch()
    if device is None:
        print("PyTorch is not installed, so nothing is measured.")
        return []
    where = torch.device(device.address)
    precision = best_precision(where)
    patch, batch = sizes.pick(small=(64, 2), laptop=(192, 6), large=(256, 32))
    made = networks()
    steps = {
        name: training_step(network, patch, batch, where, precision)
        for name, network in made.items()
    }
    limits = floors.limits(device, precision)
    rows, notes = [], []
    counted = {name: operations(step) for name, step in steps.items()}
    need = memory.estimate(made[COURSE], patch=patch, batch=batch, precision=precision)
    # What is kept for the way back is written and read once; weights, gradients, means likewise.
    low = floors.Work(2.0 * need.total, counted[COURSE]).floor(limits)
    rows.append(
        tables.Row(
            f"training step, {batch} × {patch}², {precision}",
            timing.medians(steps, repeats=5, warm_up=2),
            {COURSE: low},
        )
    )
    notes.append(
        "Operations of a step: "
        + ", ".join(f"{name} {count / 1e9:.3g} thousand million" for name, count in counted.items())
        + f". {limits.in_words}"
    )
    edge, tile = sizes.pick(small=(192, 128), laptop=(1024, 256), large=(4096, 1024))
    image = np.random.default_rng(0).random((edge, edge), dtype=np.float32)
    ways = predictions(made[COURSE], image, tile, where)
    plain = floors.limits(device)
    with torch.inference_mode():
        once = operations(lambda: made[COURSE](torch.zeros(1, 1, tile, tile, device=where)))
    once *= (edge / tile) ** 2  # no pixel twice: what overlaps is above the floor
    least = floors.Work(8.0 * edge**2, once).floor(plain)
    seconds = timing.medians(ways, repeats=3, warm_up=1)
    rows.append(tables.Row(f"{edge}² in tiles of {tile}²", seconds, {COURSE: least}))
    measured = tables.Measured("Section 4 beside its peers", COURSE, rows, notes)
    tables.show(measured)
    return [measured]
