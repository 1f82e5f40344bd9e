"""One function on every array library: which ones are here, and what each makes of it."""

import re
import warnings
from collections.abc import Callable
from typing import Any

import array_api_compat
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
        # Its own to_device() needs NumPy 2, so the values are taken from behind the wall.
        array = array._array
    return devices.to_numpy(array)


def on_each(function: Callable[..., object], *arrays: NDArray[Any]) -> None:
    """Call `function` with `arrays` in each library and print what comes out, errors included.

    Parameters
    ----------
    function : callable
        Takes as many arrays as are given here.
    *arrays : NumPy arrays
        Each library gets copies of its own.
    """
    for name, put in libraries().items():
        try:
            with warnings.catch_warnings():
                # Of PyTorch's tensors beside NumPy's arrays: they lag behind NumPy 2's protocol.
                warnings.filterwarnings("ignore", "__array_wrap__", DeprecationWarning)
                outcome = _one_line(function(*map(put, arrays)))
        except Exception as error:  # the lesson is which error it is
            outcome = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        print(f"{name:8} {outcome}")


def _one_line(value: object) -> str:
    text = " ".join(str(value).split())
    # Every array of `strict` names its module and its pretended device: once is enough.
    noise = r", dtype=array_api_strict\.\w+(, device=array_api_strict\.Device\('device1'\))?"
    text = re.sub(noise, "", text)
    return text if len(text) <= 90 else f"{text[:87]}…"


def flatten(image: Array) -> Array:
    """Take the mean of each row out of an image, cut off below zero, and scale to at most 1.

    Parameters
    ----------
    image : array, YX
        Of any library that `array-api-compat` knows, any real dtype. It is left unchanged.

    Returns
    -------
    array of float32
        Of the same library, on the same device.
    """
    xp = array_api_compat.array_namespace(image)
    flat = xp.astype(image, xp.float32)
    flat = flat - xp.mean(flat, axis=1, keepdims=True)
    flat = xp.clip(flat, 0.0, None)
    return flat / xp.max(flat)
