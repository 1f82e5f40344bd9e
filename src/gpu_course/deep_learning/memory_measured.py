"""What a training step really takes: asked of the one who hands the memory out."""

from __future__ import annotations

import copy
import json
import tempfile
from pathlib import Path

import torch
from torch import nn

from gpu_course import devices
from gpu_course.deep_learning import memory
from gpu_course.deep_learning.data import find_device
from gpu_course.deep_learning.losses import dice_cross_entropy
from gpu_course.deep_learning.precision import autocast
from gpu_course.devices import Device, quiet_stderr
from gpu_course.devices.device import on_cpu
from gpu_course.errors import CourseError

COUNTED = ("cuda", "cpu")
"""Types of device that tell the most memory that was in use at once."""


def measuring_device() -> Device:
    """Return the device on which `training_step` can measure: PyTorch's own, or else the CPU.

    Apple's GPUs keep no peak; the tensors of a training step have the same sizes on the CPU.
    """
    found = devices.torch()
    if found is not None and torch.device(found.address).type in COUNTED:
        return found
    return on_cpu("PyTorch", f"PyTorch {torch.__version__}")


def training_step(
    model: nn.Module,
    *,
    patch: int,
    batch: int,
    precision: str = "float32",
    device: torch.device | str | None = None,
) -> int:
    """Run two training steps with AdamW and return the most memory that was in use at once.

    Parameters
    ----------
    model : torch.nn.Module
        A `UNet`. A copy is trained, so the model stays as it is.
    patch, batch : int
    precision : {"float32", "bfloat16", "float16"}
    device : torch.device or str, optional
        CUDA, where the allocator remembers its peak, or a CPU, where PyTorch's profiler notes
        every piece of memory taken and given back. None: `gpu_course.devices.torch`.

    Returns
    -------
    int
        Bytes in use by tensors. The allocator keeps more from the driver, to hand it out again.

    Raises
    ------
    CourseError
        If the device has no such count (Apple's), or is full.
    """
    where = find_device(device)
    if where.type not in COUNTED:
        raise CourseError(
            f'PyTorch keeps no peak for {where.type}. Measure with device="cpu": the tensors have '
            "the same sizes there."
        )
    _, channels = memory.needs(model)
    classes = int(getattr(model, "configuration", {"classes": 1})["classes"])
    before = torch.cuda.memory_allocated(where) if where.type == "cuda" else 0
    twin = copy.deepcopy(model).to(where).train()
    optimiser = torch.optim.AdamW(twin.parameters())
    criterion = dice_cross_entropy(classes)
    images = torch.zeros(batch, channels, patch, patch, device=where)
    truth = torch.ones(batch, 1, patch, patch, device=where)

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        with autocast(where, precision):
            result = twin(images)
        criterion(result, truth).backward()
        optimiser.step()

    try:
        step()  # The optimiser takes its memory at the first step.
        optimiser.zero_grad(set_to_none=True)
        if where.type == "cuda":
            torch.cuda.reset_peak_memory_stats(where)
            step()
            return torch.cuda.max_memory_allocated(where) - before
        need = memory.estimate(model, patch=patch, batch=batch, precision=precision)
        return _peak_on_cpu(step) + need.parameters + need.optimiser
    except torch.OutOfMemoryError as error:
        raise CourseError(
            f"The memory of {where} is full: that is more than it has. Take a smaller batch."
        ) from error


def _peak_on_cpu(step: object) -> int:
    """Return the most bytes in use at once, of those taken during a step."""
    from torch.profiler import ProfilerActivity, profile

    assert callable(step)
    with quiet_stderr(), profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        step()
    # The trace is the one public place where the profiler names every piece of memory.
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.json"
        seen.export_chrome_trace(str(trace))
        events = json.loads(trace.read_text(encoding="utf-8"))["traceEvents"]
    pieces = [event for event in events if event["name"] == "[memory]"]
    now = peak = 0
    for piece in sorted(pieces, key=lambda piece: piece["ts"]):
        now += piece["args"]["Bytes"]  # taken, or, below 0, given back
        peak = max(peak, now)
    return int(peak)
