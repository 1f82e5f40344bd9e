"""One function on every array library: which ones are here, and what each makes of it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import devices
from gpu_course.devices.device import installed

Array = Any  # of any library
Put = Callable[[NDArray[Any]], Array]


def libraries() -> dict[str, Put]:
    """Return the array libraries of this machine, each with what moves a NumPy array into it.

    Returns
    -------
    dict
        Name → function. ``NumPy`` always; ``PyTorch`` on the processor and ``strict`` where
        installed; and the course's own array library where it is on a GPU.

        ``strict`` is array-api-strict: it computes with NumPy and allows nothing but what the
        array API standard promises. Its arrays are put on its second, pretended device, which
        NumPy cannot look into, so that code meets the walls of a GPU on any machine.
    """
    shelf: dict[str, Put] = {"NumPy": np.array}
    if installed("torch"):
        shelf["PyTorch"] = _put_torch
    if installed("array_api_strict"):
        shelf["strict"] = _put_strict
    own = devices.array_library()
    if own.kind == "GPU":
        shelf[own.library] = devices.to_device
    return shelf


def _put_torch(array: NDArray[Any]) -> Array:
    import torch

    return torch.asarray(np.array(array))  # a copy: tensors must not share read-only memory


def _put_strict(array: NDArray[Any]) -> Array:
    import array_api_strict as strict

    return strict.asarray(array, device=strict.Device("device1"), copy=True)


def back(array: Array) -> NDArray[Any]:
    """Return an array of any of the :func:`libraries` as a NumPy array."""
    if type(array).__module__.startswith("array_api_strict"):
        import array_api_strict as strict

        array = array.to_device(strict.Device("CPU_DEVICE"))  # from behind the wall
    return devices.to_numpy(array)
