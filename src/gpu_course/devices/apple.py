"""What PyTorch does not do, or does wrongly, with arrays on Apple's GPUs, and the way around it.

Imported only where such a GPU computes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch

from gpu_course.errors import CourseError

_STORED = {"f8": "f4", "f16": "f4", "c16": "c8", "c32": "c8", "u2": "i4", "u4": "i8", "u8": "i8"}
_TENSORS = {
    torch.float64: torch.float32,
    torch.complex128: torch.complex64,
    torch.uint16: torch.int32,
    torch.uint32: torch.int64,
}


def storable(array: Any) -> Any:
    """Return an array with numbers that PyTorch computes with on Apple's GPUs.

    They have no 64 bits for a fraction. And PyTorch, on any device, stores unsigned numbers of more
    than 8 bits, but can neither add nor compare them.

    Parameters
    ----------
    array : array_like
        Of NumPy or PyTorch, in any memory.

    Returns
    -------
    ndarray or torch.Tensor
        A tensor for a tensor; in the byte order of this machine.

    Raises
    ------
    CourseError
        If it holds whole numbers of 2⁶³ or more.
    """
    if isinstance(array, torch.Tensor):
        tensor = array.detach()
        return tensor.to(_TENSORS.get(tensor.dtype, tensor.dtype))
    values = np.asarray(array)
    kind = f"{values.dtype.kind}{values.dtype.itemsize}"
    if kind == "u8" and values.size and values.max() > np.iinfo(np.int64).max:
        raise CourseError(
            "The array holds whole numbers of 2⁶³ or more, which PyTorch has not on Apple's GPUs. "
            "Keep it in NumPy, or number anew what it counts."
        )
    return values.astype(_STORED.get(kind, values.dtype.newbyteorder("=")), copy=False)


def at_least(values: torch.Tensor, low: float) -> torch.Tensor:
    """Raise what is lower than `low`, in place.

    ``clamp_`` does it elsewhere. Here it changes the wrong voxels of a view before macOS 15
    (https://github.com/pytorch/pytorch/issues/147510), and before PyTorch 2.10 it takes all limits
    for the same that are alike in six decimals, 1e-7 for 0
    (https://github.com/pytorch/pytorch/issues/167767).

    Parameters
    ----------
    values : torch.Tensor
    low : float
    """
    return values.copy_(torch.maximum(values, _limit(low, values.dtype, values.device)))


@lru_cache(maxsize=64)  # the processor waits for every copy
def _limit(low: float, kind: torch.dtype, device: torch.device) -> torch.Tensor:
    """Return one number, copied from the processor: to fill a tensor has the second fault, too."""
    return torch.tensor(low, dtype=kind, device=device)
