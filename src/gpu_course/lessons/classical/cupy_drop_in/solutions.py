"""The exercise's solution for any array library, and what each library makes of a function."""

import re
import warnings
from collections.abc import Callable
from typing import Any

import array_api_compat
from numpy.typing import NDArray

from gpu_course.devices.array_libraries import Array, libraries


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
