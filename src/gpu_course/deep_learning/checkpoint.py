"""Checkpoints: everything a training run needs to go on as if it had never stopped."""

from __future__ import annotations

import hashlib
import io
import random
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gpu_course.errors import CourseError
from gpu_course.files import write_atomic

State = dict[str, Any]
BEGINNING = "first weights"
"""What a run's settings call the digest of the weights that it began with."""


def digest(arrays: Iterable[Any]) -> str:
    """Return a text that differs for other weights: NumPy arrays, or tensors on any device."""
    said = hashlib.sha256()
    for array in arrays:
        plain = array.detach().cpu().numpy() if isinstance(array, torch.Tensor) else array
        said.update(np.ascontiguousarray(plain).tobytes())
    return said.hexdigest()[:16]


def described(loss: torch.nn.Module) -> list[str]:
    """Return what a loss is made of: its parts, and the plain values that each was given.

    Its `repr` names the parts alone: two losses of other shares would look the same.
    """
    plain = (bool, int, float, str, tuple, type(None))
    return [repr(loss)] + [
        f"{name}.{key} = {value}"
        for name, part in loss.named_modules()
        for key, value in sorted(vars(part).items())
        if not key.startswith("_") and key != "training" and isinstance(value, plain)
    ]


def save(path: Path | str, state: State) -> None:
    """Write a checkpoint so that a kill at any moment leaves a whole one.

    The new checkpoint is written beside the old one and takes its place in one step, when it
    lies on the disk completely. `state` holds tensors, numbers, texts, and lists, tuples and dicts
    of them.

    Raises
    ------
    CourseError
        If it cannot be written; an earlier checkpoint is kept.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_atomic(path, buffer.getvalue())


def load(path: Path | str) -> State:
    """Read a checkpoint into main memory.

    A checkpoint is a pickle, and a pickle can run any code. `weights_only` lets PyTorch's reader
    build tensors and plain values and refuse the rest. Still: open your own checkpoints only, and
    pass weights on with `gpu_course.deep_learning.storage`.

    Raises
    ------
    CourseError
        If the file is missing, damaged, or holds anything but tensors and plain values.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a reader of pickles may stumble over a damaged one in any way
        raise CourseError(
            f"{path} is no checkpoint that can be read ({type(error).__name__}). "
            "Delete it to train from the start."
        ) from error
    if not isinstance(state, dict):
        raise CourseError(f"{path} is no checkpoint of the course. Delete it or name another file.")
    return state


def refuse_other(path: Path | str, settings: State, theirs: State) -> None:
    """Make sure that a checkpoint is of this very run.

    Parameters
    ----------
    path : Path or str
    settings, theirs : dict
        All that decides what the run is, and what the checkpoint says of its own.

    Raises
    ------
    CourseError
        If any of it differs; the sentence says what.

    Warns
    -----
    UserWarning
        If only the weights differ that the two began with: a model built without a seed has others
        each time, and goes on all the same.
    """
    other = []
    for name, value in settings.items():
        if (before := theirs.get(name)) == value or name == BEGINNING:
            continue
        inner = []
        if isinstance(value, dict) and isinstance(before, dict):
            inner = [key for key in value if before.get(key) != value[key]]
        other.append(f"{' and '.join(inner)} of {name}" if inner else name)
    if other:
        raise CourseError(
            f"The checkpoint {path} is of another run: {', '.join(other)} differ(s). Name "
            "another file, or delete it to train from the start."
        )
    if theirs.get(BEGINNING) not in (None, settings.get(BEGINNING)):
        warnings.warn(
            f"The run in the checkpoint {path} began with other weights than this model has. It "
            "goes on with its own; delete the file to begin with these.",
            stacklevel=4,
        )


def random_state() -> State:
    """Return where all random generators stand: PyTorch's on every device, NumPy's, Python's."""
    kind, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        # PyTorch's safe reader knows no NumPy arrays; int64 holds every uint32.
        "numpy": (kind, torch.from_numpy(np.asarray(keys, np.int64)), position, has_gauss, gauss),
        "python": random.getstate(),
    }


def set_random_state(state: State) -> None:
    """Put all random generators back to where they stood.

    A checkpoint of a GPU that is read on a machine with another number of GPUs leaves those
    generators alone: such a run cannot repeat itself exactly anyway.
    """
    torch.set_rng_state(state["torch"])
    if torch.cuda.is_available() and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])
    kind, keys, position, has_gauss, gauss = state["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), position, has_gauss, gauss))
    random.setstate(state["python"])
