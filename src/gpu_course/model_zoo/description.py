"""The description of a package, ``rdf.yaml``, in the format of the BioImage Model Zoo.

The format: https://bioimage-io.github.io/spec-bioimage-io. It is written here, and not with the
zoo's own library, which would bring a dozen packages to every reader of the course for one file;
the tests ask that library whether the file is right.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from gpu_course.deep_learning.normalisation import Scale
from gpu_course.deep_learning.prediction import plan
from gpu_course.model_zoo.about import About
from gpu_course.own_images import OwnModel

FORMAT = "0.5.4"
"""The oldest version that has all that is said here: programs read those that they are newer than.
"""

TILE = 512
"""Rows and columns of a tile where the course predicts in tiles."""
SMALLEST = 128
"""Fewest rows and columns to be given to a network; fewer are mostly border."""

IMAGE, PROBABILITY = "image", "probability"
"""What the input and the output are called."""

INPUT, OUTPUT = "test_input.npy", "test_output.npy"
SEEN, FOUND = "sample_input.tif", "sample_output.tif"
WEIGHTS, SCRIPT, ARCHITECTURE = "weights.pt", "weights-torchscript.pt", "unet.py"
DOCUMENTATION = "documentation.md"
"""Names of the files in a package."""


def halo(stride: int) -> int:
    """Return how many pixels at the border of a tile are thrown away, as `predict_tiled` does."""
    _, overlap, blend = plan(-(-TILE // stride) * stride, None, None, stride)
    return (overlap - blend) // 2


def smallest(stride: int) -> int:
    """Return the fewest rows and columns: a multiple of the stride, of two steps at least."""
    return max(SMALLEST, 2 * stride)


def describe(
    about: About,
    model: OwnModel,
    files: Mapping[str, bytes],
    *,
    cover: str,
    timestamp: str,
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """Return the description of a U-Net, for a YAML file.

    `files` are all other files of the package, name → content, `cover` the name of the picture;
    `timestamp` is written as ISO 8601 has it, and `versions` are those of ``"torch"`` and of the
    ``"course"``.
    """
    network, normalisation = model.core
    settings = dataclasses.asdict(model.settings)
    return {
        "type": "model",
        "format_version": FORMAT,
        "name": about.name,
        "description": f"{about.takes} {about.gives}",
        "version": versions["course"],
        "timestamp": timestamp,
        "authors": [{"name": name} for name in about.authors],
        "license": about.licence,
        "cite": list(about.cite),
        "tags": list(about.tags),
        "documentation": DOCUMENTATION,
        "covers": [cover],
        "inputs": [_input(network, normalisation, files)],
        "outputs": [_output(network, files)],
        "weights": _weights(network, files, re.sub(r"\+.*", "", versions["torch"])),
        # What the course does beside, which this format has no words for.
        "config": {"gpu_course": {name: settings[name] for name in _BESIDE}},
    }


_BESIDE = ("kind", "channel", "scale", "threshold", "flips", "smallest")


def prepared(scale: Scale) -> list[dict[str, Any]]:
    """Return the steps before the network, as the format names them.

    Of each image and each channel alone, which is what leaving out their axes says.
    """
    about = dataclasses.asdict(scale)
    if "dark" in about:
        span = about["bright"] - about["dark"]
        kwargs = {"gain": 1 / span, "offset": -about["dark"] / span}
        return [{"id": "scale_linear", "kwargs": kwargs}]
    kwargs = {"axes": ["y", "x"], "min_percentile": about["low"], "max_percentile": about["high"]}
    return [{"id": "scale_range", "kwargs": kwargs}]


def _input(network: Any, scale: Scale, files: Mapping[str, bytes]) -> dict[str, Any]:
    channels = network.configuration["channels_in"]
    names = ["grey"] if channels == 1 else [f"channel{n}" for n in range(channels)]
    size = {"min": smallest(network.stride), "step": network.stride}
    return {
        "id": IMAGE,
        "description": "as the camera gave it",
        "axes": [
            {"type": "batch"},
            {"type": "channel", "channel_names": names},
            *({"type": "space", "id": axis, "size": dict(size)} for axis in ("y", "x")),
        ],
        "data": {"type": "float32"},
        "preprocessing": prepared(scale),
        "test_tensor": _file(INPUT, files),
        "sample_tensor": _file(SEEN, files),
    }


def _output(network: Any, files: Mapping[str, bytes]) -> dict[str, Any]:
    classes = network.configuration["classes"]
    one = classes == 1
    axes = [
        {
            "type": "space",
            "id": axis,
            "size": {"tensor_id": IMAGE, "axis_id": axis},
            "halo": halo(network.stride),
        }
        for axis in ("y", "x")
    ]
    return {
        "id": PROBABILITY,
        "description": "of every pixel, 0 to 1",
        "axes": [
            {"type": "batch"},
            {
                "type": "channel",
                "channel_names": ["object"] if one else [f"class{n}" for n in range(classes)],
            },
            *axes,
        ],
        "data": {"type": "float32", "range": [0.0, 1.0]},
        "postprocessing": [
            {"id": "sigmoid"} if one else {"id": "softmax", "kwargs": {"axis": "channel"}}
        ],
        "test_tensor": _file(OUTPUT, files),
        "sample_tensor": _file(FOUND, files),
    }


def _weights(network: Any, files: Mapping[str, bytes], torch: str) -> dict[str, Any]:
    architecture = {"callable": "UNet", "kwargs": dict(network.configuration)}
    return {
        "pytorch_state_dict": {
            **_file(WEIGHTS, files),
            "architecture": {**_file(ARCHITECTURE, files), **architecture},
            "pytorch_version": torch,
        },
        "torchscript": {
            **_file(SCRIPT, files),
            "parent": "pytorch_state_dict",
            "pytorch_version": torch,
        },
    }


def _file(name: str, files: Mapping[str, bytes]) -> dict[str, str]:
    return {"source": name, "sha256": hashlib.sha256(files[name]).hexdigest()}
