"""Weights in a file that is safe to open and says where they come from."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gpu_course.deep_learning import safetensors_file
from gpu_course.deep_learning.normalisation import Normalisation, Scale, scale_of
from gpu_course.deep_learning.unet import UNet

KIND = "gpu-course U-Net 1"
LARGEST = 2**30
"""Bytes; a larger file is not one of the course's."""

DTYPES = {torch.float32: np.float32, torch.int64: np.int64}
"""Types of weights and counters, as NumPy calls them."""


def save(
    path: Path | str,
    model: UNet,
    *,
    normalisation: Scale | None = None,
    record: dict[str, Any] | None = None,
    half: bool = False,
) -> Path:
    """Write the weights of a network, how to build it, and how it was trained.

    The format is safetensors, of which `safetensors_file` tells.

    Parameters
    ----------
    path : Path or str
        By custom ending in ``.safetensors``.
    model : UNet
    normalisation : Normalisation or FixedRange, optional
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
    scale = normalisation or Normalisation()
    about = {
        "kind": KIND,
        "configuration": model.configuration,
        "normalisation": dataclasses.asdict(scale),
        "record": record or {},
    }
    tensors = {name: t.detach().cpu().contiguous() for name, t in model.state_dict().items()}
    if half:
        tensors = {name: t.half() if t.is_floating_point() else t for name, t in tensors.items()}
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    return safetensors_file.write(path, arrays, about)


def load(path: Path | str) -> tuple[UNet, Scale, dict[str, Any]]:
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
    normalisation : Normalisation or FixedRange
    record : dict
        As given to `save`.

    Raises
    ------
    CourseError
        If the file is missing, damaged, too large, of another format or of another architecture.
    """
    metadata, arrays = safetensors_file.read(path, largest=LARGEST)
    about = safetensors_file.about(path, metadata, kind=KIND, what="U-Net")
    with safetensors_file.understood(path):
        normalisation = scale_of(about["normalisation"])
        # On the device "meta" even the largest network takes no memory.
        with torch.device("meta"):
            model = UNet(**about["configuration"])
    wanted = {
        name: (tuple(tensor.shape), DTYPES[tensor.dtype])
        for name, tensor in model.state_dict().items()
    }
    fitting = safetensors_file.fitting(path, arrays, wanted)
    model.load_state_dict({n: torch.from_numpy(a) for n, a in fitting.items()}, assign=True)
    return model.eval(), normalisation, about["record"]
