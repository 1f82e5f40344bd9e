"""Networks in safetensors files: written by the U-Net and by StarDist, read without running code.

The format is a table of names, shapes and places as JSON, then the bare numbers. The formats of
PyTorch and of Keras can hold code that runs when they are opened, so they are nothing to pass on.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from gpu_course.errors import CourseError
from gpu_course.files import write_atomic

Arrays = dict[str, NDArray[Any]]


def write(path: Path | str, arrays: Arrays, about: dict[str, Any]) -> Path:
    """Write weights and what there is to say about them.

    Parameters
    ----------
    path : Path or str
    arrays : dict of ndarray
        Contiguous.
    about : dict
        What JSON can say, with the `kind` of the file and, in `record`, how it came to be.

    Raises
    ------
    CourseError
        If the file cannot be written or `about` is no JSON.
    """
    from safetensors.numpy import save as to_bytes

    try:
        text = json.dumps(about, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise CourseError(
            f"The record cannot be written as JSON ({error}). Use texts, finite numbers, lists and "
            "dicts."
        ) from error
    return write_atomic(path, to_bytes(arrays, metadata={"about": text}))


def read(path: Path | str, *, largest: int) -> tuple[dict[str, str], Arrays]:
    """Return what a file says about itself, and its arrays by name.

    Raises
    ------
    CourseError
        If the file is missing, cut short, of another format, or has more than `largest` bytes: it
        is not even opened then.
    """
    from safetensors import SafetensorError, safe_open

    try:
        size = Path(path).stat().st_size
        if size > largest:
            raise damaged(path, f"it has {size / 2**20:.0f} MiB, more than any network here")
        with safe_open(path, framework="numpy") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise CourseError(
            f"The weights {path} cannot be read: {error.strerror or error}. Check the path."
        ) from error
    except (SafetensorError, TypeError, AttributeError) as error:
        # NumPy lacks some of the number types that a file may name.
        raise damaged(path, "it is cut short or of another format") from error


def about(path: Path | str, metadata: Mapping[str, str], *, kind: str, what: str) -> dict[str, Any]:
    """Return what a file says about itself in its metadata, if it is of the `kind` that is wanted.

    `what` is that kind in words, such as "U-Net".

    Raises
    ------
    CourseError
        If the file is of another kind, or its record is no dict.
    """
    with understood(path):
        said: dict[str, Any] = json.loads(metadata.get("about", "{}"))
        if said.get("kind") != kind:
            raise damaged(path, f"it holds no {what} of this course")
        if not isinstance(said["record"], dict):
            raise damaged(path, "its record is none")
        return said


@contextlib.contextmanager
def understood(path: Path | str) -> Iterator[None]:
    """Turn errors over what a file says about itself into one that says so."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise damaged(path, "what it says about itself cannot be understood") from error


def fitting(
    path: Path | str, arrays: Arrays, wanted: Mapping[str, tuple[tuple[int, ...], DTypeLike]]
) -> Arrays:
    """Return copies in the wanted types, after a look whether they are the network's, and numbers.

    Parameters
    ----------
    path : Path or str
        For the error.
    arrays : dict of ndarray
        From `read`.
    wanted : mapping
        Name of every weight → its shape and dtype; floats may lie in the file in 16 bits.

    Raises
    ------
    CourseError
        If they are another network's, or one holds NaN or infinity.
    """
    if set(wanted) != set(arrays):
        raise damaged(path, "its weights are not those of the network it names")
    found = {}
    for name, array in arrays.items():
        shape, dtype = wanted[name]
        types = [np.dtype(dtype)] + [np.dtype(np.float16)] * (np.dtype(dtype).kind == "f")
        if array.shape != shape or array.dtype not in types:
            raise damaged(path, f"{name} has the shape or type of another network")
        if not np.isfinite(array).all():
            raise damaged(path, f"{name} holds values that are no numbers")
        found[name] = array.astype(dtype)
    return found


def damaged(path: Path | str, why: str) -> CourseError:
    """Return the error to raise over a file that is not to be used."""
    return CourseError(f"{path} is no file of weights to be used: {why}. Fetch or train it again.")
