"""Which number format trains faster on this device, found by trying."""

import time

import torch
from torch import nn

from gpu_course.deep_learning.data import Batch
from gpu_course.deep_learning.losses import dice_cross_entropy
from gpu_course.deep_learning.precision import autocast, best_precision


def quicker_precision(model: nn.Module, batch: Batch, *, least: float = 1.3) -> str:
    """Return the number format in which this device trains faster, by trying both.

    A CPU with units for bfloat16 is twice as fast with it; one without them is slower. GPUs are not
    asked: `precision.best_precision` knows. bfloat16 is chosen if it is `least` times faster. The
    model is left as it was, apart from its gradients, which are dropped.
    """
    device = batch.images.device
    if device.type != "cpu":
        return best_precision(device)
    loss, before = dice_cross_entropy(1), [b.clone() for b in model.buffers()]
    took = {}
    for precision in ("float32", "bfloat16"):
        seconds = []
        for _ in range(3):
            start = time.perf_counter()
            with autocast(device, precision):
                result = model(batch.images.contiguous(memory_format=torch.channels_last))
            loss(result, batch.masks).backward()
            seconds.append(time.perf_counter() - start)
        # The first step also sets things up: the best of three is the fair one.
        took[precision] = min(seconds)
    model.zero_grad(set_to_none=True)
    for now, then in zip(model.buffers(), before, strict=True):
        now.copy_(then)  # batch normalisation keeps running means
    return "bfloat16" if took["float32"] > least * took["bfloat16"] else "float32"
