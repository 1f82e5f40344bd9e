"""Weights in a file that is safe to open and says where they come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gpu_course.deep_learning.normalisation import Normalisation
from gpu_course.deep_learning.unet import UNet
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic

KIND = "gpu-course U-Net 1"
LARGEST = 2**30
"""Bytes; a larger file is not one of the course's."""


def save(
    path: Path | str,
    model: UNet,
    *,
    normalisation: Normalisation | None = None,
    record: dict[str, Any] | None = None,
    half: bool = False,
) -> Path:
    """Write the weights of a network, how to build it, and how it was trained.

    The format is safetensors: a table of names, shapes and places as JSON, then the bare numbers.
    PyTorch's own format is a pickle, which can run any code when it is opened, so it is nothing
    to pass on.

    Parameters
    ----------
    path : Path or str
        By custom ending in ``.safetensors``.
    model : UNet
    normalisation : Normalisation, optional
        What images went through before the network: weights are worthless without it. None:
        ``Normalisation()``.
    record : dict, optional
        ``Training.record()`` and whatever else a reader must know, such as the scenes it was
        trained on. Anything that JSON can say.
    half : bool
        Round the weights to 16 bits, which halves the file. Probabilities change by about a
        thousandth; do not train on from there.

    Returns
    -------
    Path

    Raises
    ------
    CourseError
        If the file cannot be written or the record is no JSON.
    """
    from safetensors.torch import save as to_bytes

    scale = normalisation or Normalisation()
    try:
        about = json.dumps(
            {
                "kind": KIND,
                "configuration": model.configuration,
                "normalisation": {"low": scale.low, "high": scale.high},
                "record": record or {},
            },
            allow_nan=False,
        )
    except (TypeError, ValueError) as error:
        raise CourseError(
            f"The record cannot be written as JSON ({error}). Use texts, finite numbers, lists and "
            "dicts."
        ) from error
    tensors = {name: t.detach().cpu().contiguous() for name, t in model.state_dict().items()}
    if half:
        tensors = {name: t.half() if t.is_floating_point() else t for name, t in tensors.items()}
    return write_atomic(path, to_bytes(tensors, metadata={"about": about}))


def load(path: Path | str) -> tuple[UNet, Normalisation, dict[str, Any]]:
    """Read a network back, ready to predict on the CPU.

    Nothing in the file is run, and nothing is believed: the network is first built without
    memory, and every weight must have the name, shape and type it has there.

    Parameters
    ----------
    path : Path or str

    Returns
    -------
    model : UNet
        After ``eval()``.
    normalisation : Normalisation
    record : dict
        As given to `save`.

    Raises
    ------
    CourseError
        If the file is missing, damaged, too large, of another format or of another architecture.
    """
    metadata, tensors = _read(Path(path))
    try:
        about = json.loads(metadata.get("about", "{}"))
        if about.get("kind") != KIND:
            raise _damaged(path, "it holds no U-Net of this course")
        normalisation = Normalisation(**about["normalisation"])
        record = about["record"]
        # On the device "meta" even the largest network takes no memory.
        with torch.device("meta"):
            model = UNet(**about["configuration"])
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise _damaged(path, "what it says about itself cannot be understood") from error
    if not isinstance(record, dict):
        raise _damaged(path, "its record is none")
    tensors = _fitting(path, model, tensors)
    model.load_state_dict(tensors, assign=True)
    return model.eval(), normalisation, record


def load_into(model: UNet, path: Path | str) -> dict[str, Any]:
    """Fill a network that already exists with the weights of a file.

    Parameters
    ----------
    model : UNet
        Changed in place, and not at all if the weights do not fit.
    path : Path or str

    Returns
    -------
    dict
        The record.

    Raises
    ------
    CourseError
        As `load`, or if the file's network is another than this one.
    """
    theirs, _, record = load(path)
    other = {
        name: value
        for name, value in theirs.configuration.items()
        if model.configuration[name] != value
    }
    if other:
        found = ", ".join(f"{name}={value!r}" for name, value in other.items())
        ours = ", ".join(f"{name}={model.configuration[name]!r}" for name in other)
        raise CourseError(
            f"The weights in {path} are of another network: {found} where yours has {ours}. Build "
            "the network like that, or let `load` do it."
        )
    model.load_state_dict(theirs.state_dict())
    return record


def _read(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    from safetensors import SafetensorError, safe_open

    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise _damaged(path, f"it has {size / 2**30:.1f} GiB, more than any network here")
        with safe_open(path, framework="pt", device="cpu") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise CourseError(
            f"The weights {path} cannot be read: {error.strerror or error}. Check the path."
        ) from error
    except SafetensorError as error:
        raise _damaged(path, "it is cut short or of another format") from error


def _fitting(path: Path | str, model: UNet, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors in 32 bits, after a look whether they are the network's, and numbers."""
    wanted = model.state_dict()
    if set(wanted) != set(tensors):
        raise _damaged(path, "its weights are not those of the network it names")
    fitting = {}
    for name, tensor in tensors.items():
        like = wanted[name]
        types = {like.dtype, torch.float16 if like.is_floating_point() else like.dtype}
        if tensor.shape != like.shape or tensor.dtype not in types:
            raise _damaged(path, f"{name} has the shape or type of another network")
        if not torch.isfinite(tensor).all():
            raise _damaged(path, f"{name} holds values that are no numbers")
        fitting[name] = tensor.to(like.dtype)
    return fitting


def _damaged(path: Path | str, why: str) -> CourseError:
    return CourseError(f"{path} is no file of weights to be used: {why}. Fetch or train it again.")
