"""In how many bits a network computes: 32, or 16 where the device is faster with them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from gpu_course.errors import CourseError

PRECISIONS = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


def best_precision(device: torch.device) -> str:
    """Return the number format to compute in: 16 bits where the device is faster with them.

    bfloat16 keeps the range of float32 with fewer digits, so nothing overflows; older GPUs have
    only float16, which needs its gradients scaled. CPUs and Apple's GPUs stay with float32.

    Examples
    --------
    >>> import torch
    >>> from gpu_course.deep_learning import best_precision
    >>> best_precision(torch.device("cpu"))
    'float32'
    """
    if device.type != "cuda":
        return "float32"
    return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"


def autocast(device: torch.device, precision: str) -> AbstractContextManager[Any]:
    """Return the context in which convolutions compute in the given precision.

    Sums and means that would lose too much in 16 bits stay in 32 there, and so do the weights.
    """
    check_precision(precision)
    if precision == "float32":
        return nullcontext()  # not every device knows autocast
    return torch.autocast(device.type, dtype=PRECISIONS[precision])


def check_precision(precision: str) -> None:
    """Raise a CourseError unless there is such a precision."""
    if precision not in PRECISIONS:
        raise CourseError(
            f"There is no precision {precision!r}. Choose one of {', '.join(PRECISIONS)}."
        )
